#include <algorithm>
#include <array>

#include "wire/messages.hpp"
#include "wire/one_statement.hpp"
#include "wire/snapshot.hpp"

namespace pgbaton::wire {
namespace {

constexpr std::string_view kStepStatement = "__pgbaton_restore";
constexpr std::string_view kSetConfig = "select pg_catalog.set_config($1, $2, false)";
constexpr std::uint32_t kText = 25, kBigint = 20, kInteger = 23;

constexpr auto kLate = std::to_array<std::string_view>({"lock_timeout", "statement_timeout", "transaction_timeout"});

using Settings = std::vector<Setting>;
using Values = std::vector<std::optional<std::string>>;

/// Steps one after the other. The statement used has a name, because the client may have an unnamed one; it is closed
/// first because a step that failed has left it there.
class Steps {
 public:
  /// One statement, run once for each of `rows`; nothing when there are none.
  void run(std::string_view sql, const std::vector<std::uint32_t>& types, const std::vector<Values>& rows) {
    if (rows.empty()) return;
    restore_.bytes += close_statement(kStepStatement) + parse(kStepStatement, sql, types);
    for (const auto& values : rows) restore_.bytes += bind(kStepStatement, values) + execute();
    restore_.bytes += close_statement(kStepStatement);
    end();
  }
  void run(std::string_view sql) { run(sql, {}, {Values{}}); }

  void set(const Settings& settings) {
    std::vector<Values> rows;
    for (const auto& [name, value] : settings) rows.push_back({name, value});
    run(kSetConfig, {kText, kText}, rows);
  }

  void add(std::string_view messages) {
    restore_.bytes += messages;
    end();
  }

  [[nodiscard]] Restore take() && { return std::move(restore_); }

 private:
  void end() {
    restore_.bytes += sync();
    ++restore_.syncs;
  }

  Restore restore_;
};

/// What could end the steps that come after it. A session's owner may always set these, whatever the role.
bool is_late(const Setting& setting) { return std::ranges::find(kLate, setting.name) != kLate.end(); }

bool is_refused_in_recovery(const Setting& setting) {
  return setting.name == "default_transaction_isolation" && setting.value == "serializable";
}

/// In the order in which they are set: the encoding of all the others comes first.
Settings early_settings(const SessionState& state, During during) {
  Settings settings;
  for (const auto& setting : state.settings)
    if (const bool is_refused = during == During::recovery && is_refused_in_recovery(setting);
        !is_late(setting) && !is_refused)
      settings.push_back(setting);
  std::ranges::stable_partition(settings, [](const Setting& setting) { return setting.name == "client_encoding"; });
  return settings;
}

Settings late_settings(const SessionState& state) {
  Settings settings;
  std::ranges::copy_if(state.settings, std::back_inserter(settings), is_late);
  return settings;
}

void prepare(Steps& steps, const PreparedStatement& statement) {
  if (!statement.from_sql)
    steps.add(parse(statement.name, statement.sql, statement.types));
  else if (is_one_prepare(statement.sql))
    steps.run(statement.sql);
}

/// False of pg_try_advisory_lock becomes an error, a division by zero: waiting for a lock would hold up everything.
void lock(Steps& steps, const AdvisoryLock& lock) {
  const bool is_bigint = lock.objsubid == 1;
  const auto sql = fmt::format("select pg_catalog.int4div(1, pg_catalog.pg_try_advisory_lock{}({})::pg_catalog.int4)",
                               lock.shared ? "_shared" : "", is_bigint ? "$1" : "$1, $2");
  if (is_bigint) {
    const auto key = static_cast<std::int64_t>(std::uint64_t{lock.classid} << 32 | lock.objid);
    return steps.run(sql, {kBigint}, {{fmt::to_string(key)}});
  }
  const auto half = [](std::uint32_t key) { return fmt::to_string(static_cast<std::int32_t>(key)); };
  steps.run(sql, {kInteger, kInteger}, {{half(lock.classid), half(lock.objid)}});
}

std::string identifier(std::string_view name) {
  std::string text = "\"";
  for (const char byte : name) text.append(byte == '"' ? 2 : 1, byte);
  return text + '"';
}

void listen(Steps& steps, const SessionState& state) {
  for (const auto& channel : state.channels) steps.run("LISTEN " + identifier(channel));
}

}  // namespace

Restore restore(const SessionState& state, std::string_view unnamed, During during) {
  Steps steps;
  steps.set(early_settings(state, during));
  steps.set(state.placeholders);
  if (!state.login_user.empty() && state.login_user != state.session_user)
    steps.set({{"session_authorization", state.session_user}});
  if (!state.role.empty() && state.role != "none") steps.set({{"role", state.role}});
  for (const auto& statement : state.statements) prepare(steps, statement);
  for (const auto& each : state.locks) lock(steps, each);
  if (during == During::writable) listen(steps, state);
  steps.set(late_settings(state));
  if (!unnamed.empty()) steps.add(unnamed);
  return std::move(steps).take();
}

Restore restore_after_recovery(const SessionState& state) {
  Steps steps;
  Settings refused;
  std::ranges::copy_if(state.settings, std::back_inserter(refused), is_refused_in_recovery);
  steps.set(refused);
  listen(steps, state);
  return std::move(steps).take();
}

}  // namespace pgbaton::wire
