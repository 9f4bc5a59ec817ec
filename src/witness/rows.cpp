#include "witness/rows.hpp"

#include <charconv>
#include <thread>

#include "witness/link.hpp"

namespace pgbaton::witness {

using base::Deadline;
using base::Result;

namespace {

constexpr base::Millis kBetweenAttempts{100};

constexpr auto kCreate = "CREATE TABLE pgbaton_witness (run text, client int, number bigint)";
constexpr auto kIsThere = "SELECT to_regclass('pgbaton_witness') IS NOT NULL";
constexpr auto kSchema =
    "SELECT quote_ident(nspname) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace "
    "WHERE pg_class.oid = 'pgbaton_witness'::regclass";

template <typename T>
T number_in(const std::string& text) {
  T number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

Row row_of(const Values& values) { return {number_in<int>(values[0]), number_in<std::int64_t>(values[1])}; }

GiveUp until(Deadline deadline) {
  return [deadline] { return deadline.passed(); };
}

Outcome<std::string> make_table(const std::string& url, Deadline deadline) {
  auto link = Link::open(url, until(deadline));
  if (!link) return std::unexpected(std::move(link).error());
  auto there = (*link)->ask(kIsThere);
  if (there && there->front().front() == "f") there = (*link)->ask(kCreate);
  if (there) there = (*link)->ask(kSchema);
  if (!there) return std::unexpected(std::move(there).error());
  return there->front().front();
}

Outcome<Verdict> read_once(const std::string& url, const std::string& sql, const Ledger& ledger, Deadline deadline) {
  auto link = Link::open(url, until(deadline));
  if (!link) return std::unexpected(std::move(link).error());
  Audit audit{ledger};
  if (auto read = (*link)->ask_each(sql, [&](const Values& row) { audit.see(row_of(row)); }); !read)
    return std::unexpected(std::move(read).error());
  return audit.verdict();
}

}  // namespace

base::Error to_error(const Failure& failure) {
  const bool nobody = failure.sqlstate == kNobodyAnswers || failure.sqlstate == kConnectionLost;
  auto message = nobody ? failure.message : fmt::format("{} (SQLSTATE {})", failure.message, failure.sqlstate);
  std::erase(message, '\t');
  std::ranges::replace(message, '\n', ' ');
  if (nobody)
    return {base::Code::unreachable, std::move(message),
            "Look whether the server runs and the address is right: `pgbaton url NAME` prints that of a database."};
  constexpr auto kTooMany = "53300";
  return {
      base::Code::postgres, std::move(message),
      failure.sqlstate == kTooMany ? "Ask for fewer with --connections, or raise max_connections of the server." : ""};
}

Result<std::string> prepare_table(const std::string& url, Deadline deadline) {
  auto schema = make_table(url, deadline);
  if (!schema) return base::fail(to_error(schema.error()).with_context("the witness cannot begin"));
  return *schema;
}

Result<Verdict> read_back(const std::string& url, const std::string& schema, const std::string& run,
                          const Ledger& ledger, Deadline deadline) {
  const auto sql = fmt::format("SELECT client, number FROM {}.pgbaton_witness WHERE run = '{}'", schema, run);
  for (;;) {
    auto verdict = read_once(url, sql, ledger, deadline);
    if (verdict) return *verdict;
    if (deadline.passed()) return base::fail(to_error(verdict.error()).with_context("the rows cannot be read back"));
    std::this_thread::sleep_for(kBetweenAttempts);
  }
}

Result<> remove_rows(const std::string& url, const std::string& schema, const std::string& run, Deadline deadline) {
  const auto sql = fmt::format("DELETE FROM {}.pgbaton_witness WHERE run = '{}'", schema, run);
  const auto link = Link::open(url, until(deadline));
  if (!link) return base::fail(to_error(link.error()));
  if (const auto gone = (*link)->ask(sql); !gone) return base::fail(to_error(gone.error()));
  return {};
}

}  // namespace pgbaton::witness
