#include "server/schedules.hpp"

#include "system/clock.hpp"
#include "system/failpoint.hpp"
#include "system/log.hpp"
#include "system/pause.hpp"

namespace pgbaton::server {

using base::Code;
using base::Json;
using base::Millis;
using base::Result;
using model::Database;
using model::Opening;
using model::Schedule;

namespace {

constexpr Millis kLookForWork{1'000};
constexpr Millis kBetweenAttempts{30'000};
constexpr Millis kLookForMinors{5'000};
// A time that was asked for is kept when the server was away for a while, and not on the next day.
constexpr std::chrono::hours kLatest{1};
const std::string kSchedules = "schedules/";

std::string key_of(const std::string& database) { return kSchedules + database; }

Result<std::optional<Document<Schedule>>> schedule_of(const Shop& shop, const Database& database) {
  auto found = TRY(store::get_as<Schedule>(shop.records.store(), key_of(database.name)));
  if (found && found->value.database_created_at != database.created_at) found.reset();
  return found;
}

Result<> store_schedule(const Shop& shop, const Schedule& schedule, std::optional<std::int64_t> expected) {
  TRY(shop.records.store().commit({{key_of(schedule.database), Json(schedule), expected}}));
  return {};
}

bool has_reached(const Database& database, const std::string& version) {
  const auto wanted = model::parse_version(version);
  return wanted && database.engine.version >= *wanted;
}

// The server died after it had begun the upgrade and before it had forgotten the schedule.
Result<bool> was_begun(const Shop& shop, const Schedule& schedule) {
  if (schedule.tried == 0) return false;
  const auto all = TRY(shop.records.operations());
  return std::ranges::any_of(all, [&](const model::Operation& operation) {
    return operation.database == schedule.database && operation.generation.number > schedule.tried &&
           operation.to == schedule.to;
  });
}

Schedule opened(Schedule schedule, const Opening& opening) {
  schedule.from = base::to_rfc3339(opening.from);
  schedule.until = base::to_rfc3339(opening.until);
  return schedule;
}

Result<> check_fits(const Json& plan, Millis time_left) {
  const Millis longest{plan.at("estimate").at("total_ms").at(1).get<std::int64_t>()};
  if (longest <= time_left) return {};
  return base::fail({Code::refused,
                     fmt::format("the upgrade is expected to take up to {}, and the window has {}",
                                 base::humanise(longest), base::humanise(time_left)),
                     fmt::format("Make the window longer (pgbaton configure {} --window …), or choose a time instead.",
                                 plan.at("database").get<std::string>())});
}

Result<> check(const Json& plan, Millis time_left) {
  if (plan.at("preflight").value("verdict", "") != "stop") return check_fits(plan, time_left);
  return base::fail({Code::refused, "preflight stops the upgrade",
                     fmt::format("See why, and what to do: pgbaton preflight {} --to {}",
                                 plan.at("database").get<std::string>(), plan.at("to").get<std::string>())});
}

}  // namespace

Json schedule_view(const Shop& shop, const Database& database) {
  const auto found = schedule_of(shop, database);
  if (!found || !*found || (*found)->value.declined) return nullptr;
  const auto& schedule = (*found)->value;
  return {{"to", schedule.to},
          {"from", schedule.from},
          {"until", schedule.until},
          {"in_window", schedule.in_window},
          {"automatic", schedule.automatic},
          {"problem", schedule.problem.empty() ? Json{} : Json(schedule.problem)}};
}

Result<Opening> Schedules::opening_asked(const Database& database, const Json& asked) {
  if (!asked.is_object() || !asked.contains("at") || !asked["at"].is_string())
    return base::fail(Code::invalid_argument, "\"at\" is \"window\", or a time like 2026-11-29T03:00:00Z");
  const auto at = asked["at"].get<std::string>();
  if (at == "window") {
    if (database.window.empty())
      return base::fail(
          {Code::refused, fmt::format("{} has no maintenance window", database.name),
           fmt::format("Give it one: pgbaton configure {} --window \"sun 03:00 2h Europe/Berlin\"", database.name)});
    return model::opening_after(TRY(model::parse_window(database.window)), system::now());
  }
  const auto from = TRY(base::parse_rfc3339(at));
  if (from < system::now())
    return base::fail({Code::invalid_argument, fmt::format("{} is over", base::to_rfc3339(from)),
                       "Choose a time that is to come, or leave --at out to begin now."});
  return Opening{from, from + kLatest};
}

Result<Json> Schedules::set(const std::string& name, const Json& asked) {
  const auto database = TRY(shop_.records.database(name))
  .value;
  const auto opening = TRY(opening_asked(database, asked));
  auto request = asked;
  request.erase("at");
  const auto plan = TRY(databases_.upgrade_plan(name, TRY(Databases::parse_upgrade(request))));
  const auto to = plan.at("to").get<std::string>();
  if (!request.contains("to")) request["to"] = to;  // what is newest then may be another
  const bool in_window = asked["at"] == "window";
  TRY(check(plan, in_window ? opening.until - std::max(opening.from, system::now()) : Millis::max()));
  const Schedule schedule{.database = name,
                          .database_created_at = database.created_at,
                          .to = to,
                          .request = request,
                          .in_window = in_window};
  TRY(store_schedule(shop_, opened(schedule, opening), std::nullopt));
  return schedule_view(shop_, database);
}

Result<Json> Schedules::cancel(const std::string& name) {
  const auto database = TRY(shop_.records.database(name))
  .value;
  const auto found = TRY(schedule_of(shop_, database));
  if (!found || found->value.declined) return base::fail(Code::not_found, "no upgrade of {} is scheduled", name);
  auto schedule = found->value;
  schedule.declined = true;
  if (schedule.automatic)
    TRY(store_schedule(shop_, schedule, found->revision));
  else
    TRY(forget(*found));
  return Json{{"cancelled", schedule.to}};
}

Result<> Schedules::forget(const Entry& entry) {
  TRY(shop_.records.store().commit({{key_of(entry.value.database), std::nullopt, entry.revision}}));
  return {};
}

Result<> Schedules::note(Entry entry, const std::string& problem) {
  not_before_[entry.value.database + entry.value.from] = system::now() + kBetweenAttempts;
  if (entry.value.problem == problem) return {};
  system::log_warning("a scheduled upgrade could not begin", {{"database", entry.value.database}, {"why", problem}});
  entry.value.problem = problem;
  return store_schedule(shop_, entry.value, entry.revision);
}

Result<> Schedules::put_off(Entry entry, const Database& database) {
  const auto window = model::parse_window(database.window);
  const std::string why = entry.value.problem.empty() ? "pgbaton did not run then" : entry.value.problem;
  if (!entry.value.in_window || !window) return note(std::move(entry), why);
  system::log_warning("a scheduled upgrade missed its window", {{"database", database.name}, {"why", why}});
  entry.value.problem = why;
  return store_schedule(shop_, opened(entry.value, model::opening_after(*window, system::now())), entry.revision);
}

Result<> Schedules::begin(Entry entry, const Database& database) {
  auto& schedule = entry.value;
  if (const auto wait = not_before_.find(database.name + schedule.from);
      wait != not_before_.end() && system::now() < wait->second)
    return {};
  const auto until = TRY(base::parse_rfc3339(schedule.until));
  const auto time_left = schedule.in_window ? until - system::now() : Millis::max();
  const auto request = TRY(Databases::parse_upgrade(schedule.request));
  const auto plan = databases_.upgrade_plan(database.name, request);
  if (!plan) return note(std::move(entry), plan.error().message);
  if (const auto good = check(*plan, time_left); !good) return note(std::move(entry), good.error().message);
  schedule.tried = database.generation.number;
  entry.revision = TRY(shop_.records.store().commit({{key_of(database.name), Json(schedule), entry.revision}}));
  const auto begun = databases_.upgrade(database.name, request);
  if (!begun) return note(std::move(entry), begun.error().message);
  system::log_info("a scheduled upgrade begins", {{"database", database.name}, {"operation", begun->id}});
  system::failpoint("server.schedule.begun");
  return forget(entry);
}

Result<> Schedules::consider(Entry entry) {
  const auto& schedule = entry.value;
  const auto found = shop_.records.database(schedule.database);
  if (!found && found.error().code != Code::not_found) return std::unexpected(found.error());
  if (!found || found->value.created_at != schedule.database_created_at || has_reached(found->value, schedule.to))
    return forget(entry);
  if (schedule.declined) return {};
  if (TRY(was_begun(shop_, schedule))) return forget(entry);
  switch (model::due(schedule, system::now())) {
    case model::Due::later:
      return {};
    case model::Due::missed:
      return put_off(std::move(entry), found->value);
    case model::Due::now:
      return begin(std::move(entry), found->value);
  }
  return {};
}

Result<> Schedules::schedule_minor(const Database& database) {
  if (!database.auto_minor || database.window.empty() || database.rehearsal ||
      database.state != model::DatabaseState::running)
    return {};
  const auto there = TRY(schedule_of(shop_, database));
  if (there && !there->value.automatic) return {};  // a person has decided
  const auto offered = databases_.next_offer(database);
  if (!offered || offered->kind != catalog::OfferKind::minor) return {};
  const auto to = model::to_string(offered->engine.version);
  if (there && there->value.to == to) return {};
  const Schedule schedule{.database = database.name,
                          .database_created_at = database.created_at,
                          .to = to,
                          .request = {{"to", to}},
                          .in_window = true,
                          .automatic = true};
  const auto window = TRY(model::parse_window(database.window));
  const auto noticed = opened(schedule, model::opening_with_notice(window, system::now()));
  TRY(store_schedule(shop_, noticed, there ? there->revision : 0));
  system::log_info("an automatic minor-upgrade is scheduled",
                   {{"database", database.name}, {"to", to}, {"from", noticed.from}});
  return {};
}

void Schedules::look() {
  const auto warn = [](const std::string& name, const Result<>& done) {
    if (!done && done.error().code != Code::busy)
      system::log_warning("a schedule could not be looked at", {{"database", name}, {"error", done.error().message}});
  };
  if (auto all = store::list_as<Schedule>(shop_.records.store(), kSchedules))
    for (auto& entry : *all) {
      const auto name = entry.value.database;
      warn(name, consider(std::move(entry)));
    }
  if (system::now() < next_minors_) return;
  next_minors_ = system::now() + kLookForMinors;
  if (const auto databases = shop_.records.databases())
    for (const auto& document : *databases) warn(document.value.name, schedule_minor(document.value));
}

void Schedules::run(const std::stop_token& stop) {
  do look();
  while (system::pause(stop, kLookForWork));
}

}  // namespace pgbaton::server
