#include <array>
#include <map>

#include "base/text.hpp"
#include "catalog/build_order.hpp"
#include "catalog/hazard.hpp"
#include "catalog/notes.hpp"
#include "preflight/table.hpp"

namespace pgbaton::preflight {
namespace {

// From glibc 2.35 on C.UTF-8 is upstream's own and strictly in the order of code points, whatever the version. Debian's
// patch that gave older ones the name had an order of its own.
bool is_stable_c_utf8(const std::string& locale, const Inputs& inputs) {
  constexpr std::string_view kStable = "2.35";
  const auto is_new = [&](const std::string& libc) { return catalog::compare_revisions(libc, kStable) >= 0; };
  return (locale == "C.UTF-8" || locale == "C.utf8") && is_new(inputs.from_collation.libc) &&
         is_new(inputs.target->manifest->collation.libc);
}

bool is_affected(const Row& row, const Inputs& inputs) {
  const auto& from = inputs.from_collation;
  const auto& to = inputs.target->manifest->collation;
  if (column(row, "provider") == "i") return from.icu != to.icu;
  return from.libc != to.libc && !is_stable_c_utf8(column(row, "locale"), inputs);
}

struct Affected {
  std::vector<std::string> indexes;
  std::vector<std::string> statements;
  std::vector<std::string> by_hand;
  std::vector<std::string> partitioned;
};

void collect(const Row& row, Affected& affected) {
  const auto name = catalog::quoted_name({column(row, "schema"), column(row, "name"), "", ""});
  if (column(row, "kind") == "partitions") {
    affected.partitioned.push_back(name);
    return;
  }
  if (!affected.indexes.empty() && affected.indexes.back() == name) return;  // one row per collation
  affected.indexes.push_back(name);
  // PostgreSQL rebuilds the index of an exclusion constraint only without CONCURRENTLY, which locks the table.
  if (column(row, "exclusion") == "t")
    affected.by_hand.push_back("REINDEX INDEX " + name);
  else
    affected.statements.push_back("REINDEX INDEX CONCURRENTLY " + name);
}

void add(const std::string& database, const Affected& affected, const std::string& change, Findings& findings) {
  if (!affected.indexes.empty())
    findings.push_back({.severity = Severity::act,
                        .database = database,
                        .text = fmt::format("{}: {} may be out of order then and miss rows.", change,
                                            base::counted(affected.indexes.size(), "index on text")),
                        .remedy = affected.by_hand.empty()
                                      ? "They are rebuilt after the upgrade."
                                      : "They are rebuilt after the upgrade; run the statements that lock by hand.",
                        .objects = affected.indexes,
                        .statements = affected.statements,
                        .by_hand = affected.by_hand});
  if (!affected.partitioned.empty())
    findings.push_back(
        {.severity = Severity::act,
         .database = database,
         .text = fmt::format("{}: rows may lie in the wrong partition then.", change),
         .remedy = "Check that each partition's rows still lie within its bounds, and move those that do not.",
         .objects = affected.partitioned});
}

}  // namespace

void judge_collations(const Inputs& inputs, const std::vector<Row>& rows, Findings& findings) {
  if (!inputs.target || !inputs.target->installed()) return;  // judge_target says so
  const auto changes = catalog::collation_changes(inputs.from_collation, inputs.target->manifest->collation);
  if (changes.empty()) return;
  const auto change = base::join(changes, ", ");
  std::map<std::string, Affected> by_database;
  for (const auto& row : rows)
    if (is_affected(row, inputs)) collect(row, by_database[row.database]);
  for (const auto& [database, affected] : by_database) add(database, affected, change, findings);
  if (by_database.empty())
    findings.push_back({.severity = Severity::know, .text = fmt::format("{}: nothing here depends on it.", change)});
}

}  // namespace pgbaton::preflight
