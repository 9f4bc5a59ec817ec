#include <algorithm>

#include "catalog/build_order.hpp"
#include "catalog/refusal.hpp"
#include "preflight/table.hpp"

namespace pgbaton::preflight {

using model::to_string;

namespace {

// A minor-upgrade writes no data of its own; the checkpoint before the stop and the first start need room for WAL and
// logs, and a server without room does not start at all.
constexpr base::Bytes kRoom{256LL << 20};

const model::Extension* extension_of(const Inputs& inputs, const std::string& name) {
  const auto& known = inputs.target->manifest->extensions;
  const auto found = std::ranges::find(known, name, &model::Extension::name);
  return found == known.end() ? nullptr : &*found;
}

Finding missing(const Inputs& inputs, const Row& row, const std::string& name) {
  return {.severity = Severity::stop,
          .database = row.database,
          .text = fmt::format("The extension {} is in use and engine {} does not have it.", name, to_string(inputs.to)),
          .remedy = fmt::format(
              "Add its package to the engine's source and install the engine again, or DROP EXTENSION {}.", name),
          .objects = {name}};
}

Finding other_version(const Row& row, const model::Extension& brought, const std::string& installed) {
  if (catalog::compare_revisions(brought.version, installed) > 0)
    return {.severity = Severity::know,
            .database = row.database,
            .text = fmt::format("The extension {} is updated from {} to {} after the restart.", brought.name, installed,
                                brought.version),
            .objects = {brought.name}};
  return {.severity = Severity::act,
          .database = row.database,
          .text = fmt::format("The extension {} is at {} and the target engine brings the older {}.", brought.name,
                              installed, brought.version),
          .remedy = "Install an engine with that version or a newer one: an older library may lack functions.",
          .objects = {brought.name}};
}

}  // namespace

void judge_target(const Inputs& inputs, const std::vector<Row>&, Findings& findings) {
  const auto stop = [&](std::string text, std::string remedy) {
    findings.push_back({.severity = Severity::stop,
                        .text = std::move(text),
                        .remedy = std::move(remedy),
                        .objects = {to_string(inputs.to)}});
  };
  if (!inputs.target)
    return stop(fmt::format("{} is not known here.", to_string(inputs.to)), "`pgbaton engines list` shows all.");
  if (!catalog::is_newer(inputs.to, inputs.from))
    stop(fmt::format("{} is not newer than {}, which runs.", to_string(inputs.to), to_string(inputs.from)), "");
  if (const auto refusal = catalog::refuse_by_life(*inputs.target)) stop(refusal->reason + '.', refusal->remedy);
}

void judge_disk(const Inputs& inputs, const std::vector<Row>&, Findings& findings) {
  constexpr std::string_view kRemedy = "Free disk space where the database's data is.";
  if (!inputs.disk_free)
    findings.push_back(
        {.severity = Severity::stop, .text = "The free disk space is not known.", .remedy = std::string{kRemedy}});
  else if (const auto needed = kRoom + inputs.needed.value_or(base::Bytes{}); *inputs.disk_free < needed)
    findings.push_back(
        {.severity = Severity::stop,
         .text = fmt::format("{} are free on the disk, {} are needed to {}.", base::humanise(*inputs.disk_free),
                             base::humanise(needed), inputs.is_major() ? "upgrade" : "stop and start safely"),
         .remedy = std::string{kRemedy}});
}

void judge_extensions(const Inputs& inputs, const std::vector<Row>& rows, Findings& findings) {
  if (!inputs.target || !inputs.target->installed()) return;  // judge_target says so
  for (const auto& row : rows) {
    const auto name = column(row, "name");
    const auto installed = column(row, "version");
    const auto* brought = extension_of(inputs, name);
    if (brought == nullptr)
      findings.push_back(missing(inputs, row, name));
    else if (brought->version != installed)
      findings.push_back(other_version(row, *brought, installed));
  }
}

}  // namespace pgbaton::preflight
