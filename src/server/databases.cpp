#include "server/databases.hpp"

#include "api/major.hpp"
#include "runbooks/cluster.hpp"
#include "runbooks/health.hpp"
#include "runbooks/hops.hpp"
#include "runbooks/resize_choice.hpp"
#include "server/backups.hpp"
#include "server/expectation.hpp"
#include "server/maintenance.hpp"
#include "server/majors.hpp"
#include "server/rehearsals.hpp"
#include "server/schedules.hpp"
#include "system/clock.hpp"
#include "system/random.hpp"

namespace pgbaton::server {

using base::Code;
using base::Json;
using base::Result;
using model::Database;

namespace {

constexpr std::int64_t kLongestStall = 600'000;

// Byte order by code point: it never changes with the operating system, so no upgrade can break an index. The builtin
// provider has it from 17 on, libc before.
model::Locale usual_locale(int major) {
  return major >= 17 ? model::Locale{model::LocaleProvider::builtin, "C.UTF-8"}
                     : model::Locale{model::LocaleProvider::libc, "C.UTF-8"};
}

Result<model::Locale> locale_asked_for(const Json& asked, int major) {
  auto locale = usual_locale(major);
  if (!asked.is_object()) return locale;
  const auto provider = asked.value("provider", std::string{to_string(locale.provider)});
  const auto known = model::parse_LocaleProvider(provider);
  if (!known)
    return base::fail({Code::invalid_argument, fmt::format("there is no locale provider \"{}\"", provider),
                       "It is libc, icu or builtin."});
  locale.provider = *known;
  const bool is_icu = locale.provider == model::LocaleProvider::icu;
  locale.name = asked.value("name", is_icu ? "und" : locale.name);
  const int needed = is_icu ? 15 : locale.provider == model::LocaleProvider::builtin ? 17 : 0;
  if (major < needed)
    return base::fail({Code::invalid_argument,
                       fmt::format("PostgreSQL {} has no locale provider {} for a whole database", major, provider),
                       fmt::format("It came with {}; choose libc, or a newer version.", needed)});
  return locale;
}

Result<std::string> text_field(const Json& asked, const char* name) {
  if (!asked.is_object() || !asked.contains(name) || !asked[name].is_string())
    return base::fail(Code::invalid_argument, "the field \"{}\" is missing, or no text", name);
  return asked[name].get<std::string>();
}

Result<std::optional<model::VersionRequest>> version_field(const Json& asked, const char* name) {
  if (!asked.is_object() || !asked.contains(name) || asked[name].is_null()) return std::nullopt;
  return TRY(model::parse_version_request(TRY(text_field(asked, name))));
}

// Of an enterprise database no acknowledged commit depends on one disk.
Result<model::Replication> replication_asked_for(const Json& asked, model::Topology topology) {
  if (!asked.contains("replication") || asked["replication"].is_null()) return runbooks::usual_replication(topology);
  const auto wanted = model::parse_Replication(TRY(text_field(asked, "replication")));
  if (!wanted) return base::fail(Code::invalid_argument, "\"replication\" is \"synchronous\" or \"asynchronous\"");
  if (*wanted == model::Replication::synchronous && topology == model::Topology::starter)
    return base::fail({Code::invalid_argument, "a starter database has no standby to wait for",
                       "Choose a business or an enterprise plan."});
  return *wanted;
}

}  // namespace

namespace {

const runbooks::Observed* observed(const std::vector<runbooks::Observed>& seen, const std::string& name) {
  const auto found = std::ranges::find(seen, name, [](const auto& one) { return one.node.name; });
  return found == seen.end() || !found->status ? nullptr : &*found;
}

// Of a standby: what of the primary's log is not on its disk.
Json lag_view(const std::vector<runbooks::Observed>& seen, const model::Node& node) {
  const auto primary = std::ranges::find(seen, model::Role::primary, [](const auto& one) { return one.node.role; });
  const auto* one = observed(seen, node.name);
  if (node.role == model::Role::primary || one == nullptr || primary == seen.end() || !primary->status) return nullptr;
  return runbooks::lag_of(*primary, *one);
}

Json replication_view(const std::vector<runbooks::Observed>& seen, const model::Node& node) {
  const auto* one = observed(seen, node.name);
  if (one == nullptr) return nullptr;
  const auto& status = *one->status;
  Json view{{"timeline", status.timeline},
            {"position_lsn", base::to_string(status.position)},
            {"streaming", node.role == model::Role::standby ? Json(status.is_streaming) : Json{}},
            {"sync_state", nullptr},
            {"trouble", nullptr},
            {"replicas", status.replicas},
            {"slots", status.slots}};
  const auto primary = std::ranges::find(seen, model::Role::primary, [](const auto& other) { return other.node.role; });
  if (node.role == model::Role::primary || primary == seen.end()) return view;
  if (const auto state = runbooks::sync_state_of(*one, *primary); !state.empty()) view["sync_state"] = state;
  if (const auto trouble = runbooks::sentence_about(runbooks::trouble_of(*one, *primary)); !trouble.empty())
    view["trouble"] = trouble;
  return view;
}

}  // namespace

Result<bool> flag_field(const Json& asked, const char* name) {
  if (!asked.is_object() || !asked.contains(name)) return false;
  if (!asked[name].is_boolean()) return base::fail(Code::invalid_argument, "\"{}\" is true or false", name);
  return asked[name].get<bool>();
}

Result<> check_idle(const Database& database) {
  if (database.current_operation.empty()) return {};
  return base::fail(
      {Code::busy,
       fmt::format("database {} has a running operation already: {}", database.name, database.current_operation),
       fmt::format("Wait for it (pgbaton operation {} --follow), or cancel it.", database.current_operation)});
}

Json Databases::view(const Database& database) {
  Json nodes = Json::array();
  Json size = nullptr;
  std::vector<runbooks::Observed> seen;
  if (database.nodes.size() > 1) seen = runbooks::observe(shop_.agents, database);
  for (const auto& node : database.nodes) {
    const auto status = shop_.agents.of(node).instance(node.name);
    const auto version = status && !status->version.empty() ? status->version : model::to_string(node.engine.version);
    nodes.push_back({{"name", node.name},
                     {"role", node.role},
                     {"version", version},
                     {"state", status ? status->state : "unknown"},
                     {"lag_bytes", lag_view(seen, node)},
                     {"host", node.host},
                     {"replication", replication_view(seen, node)},
                     {"limits", status ? Json(status->limits) : Json{}}});
    if (status && node.role == model::Role::primary) size = status->size;
  }
  const auto next = next_offer(database);
  return {{"name", database.name},
          {"plan", database.plan},
          {"topology", database.plan.topology},
          {"version", model::to_string(database.engine.version)},
          {"build", database.engine.build},
          {"state", database.state},
          {"replication", database.replication},
          {"port", database.port == 0 ? Json{} : Json(database.port)},
          {"nodes", nodes},
          {"current_operation", database.current_operation.empty() ? Json{} : Json(database.current_operation)},
          {"next_upgrade", next ? Json(model::to_string(next->engine.version)) : Json{}},
          {"revert_until", revert_until(database)},
          {"kept", kept_view(database)},
          {"locale", database.locale},
          {"size_bytes", size},
          {"park_after_ms", database.park_after_ms},
          {"allow", database.allow},
          {"requires_rehearsal", database.requires_rehearsal},
          {"window", database.window.empty() ? Json{} : Json(database.window)},
          {"auto_minor", database.auto_minor},
          {"scheduled", schedule_view(shop_, database)},
          {"rehearsal", rehearsal_view(shop_, database)},
          {"maintenance", maintenance_view(shop_, database)},
          {"created_at", database.created_at}};
}

Result<Json> Databases::list() {
  Json all = Json::array();
  for (const auto& document : TRY(shop_.records.databases())) all.push_back(view(document.value));
  return Json{{"databases", all}};
}

Result<Json> Databases::show(const std::string& name) {
  const auto database = TRY(shop_.records.database(name))
  .value;
  auto shown = view(database);
  shown["backups"] = backups_in_short(shop_.agents, database);
  return shown;
}

Result<Json> Databases::url(const std::string& name) {
  const auto database = TRY(shop_.records.database(name))
  .value;
  if (database.port == 0)
    return base::fail({Code::refused, fmt::format("database {} has no address yet: it is being created", name),
                       fmt::format("Wait for it: pgbaton operation {} --follow", database.current_operation)});
  return Json{{"url", fmt::format("postgresql://{}:{}@{}/{}", database.owner, database.password.reveal(),
                                  system::to_string(system::Endpoint{shop_.config.gateway_host, database.port}),
                                  database.name)}};
}

Result<Json> Databases::sessions(const std::string& name) {
  TRY(shop_.records.database(name));
  return Json{{"sessions", TRY(shop_.gateway.sessions(name))}};
}

// One whose host does not answer keeps nobody from the others.
Result<> Databases::serve_all() {
  Result<> outcome;
  for (const auto& document : TRY(shop_.records.databases())) {
    const auto& database = document.value;
    if (!database.current_operation.empty() || database.nodes.empty()) continue;  // its operation does that
    const auto wanted = runbooks::served(shop_.agents, database);
    if (const auto told = wanted ? shop_.gateway.serve(*wanted) : Result<>{std::unexpected(wanted.error())}; !told)
      outcome = told;
  }
  return outcome;
}

Result<model::Operation> Databases::create(const Json& asked) {
  const auto name = TRY(text_field(asked, "name"));
  TRY(model::check_database_name(name));
  const auto plan = TRY(model::parse_plan(TRY(text_field(asked, "plan"))));
  const auto version = TRY(version_field(asked, "version"));
  if (shop_.records.database(name)) return base::fail(Code::already_exists, "there is a database \"{}\" already", name);
  const auto engine = TRY(catalog::pick_for_create(version, TRY(shop_.records.engines())));
  const auto locale = TRY(locale_asked_for(asked.value("locale", Json{}), engine.version.major));
  const auto generation = TRY(shop_.records.generation_before(name));
  const auto& runbook = plan.topology == model::Topology::starter ? runbooks::kCreateSingle : runbooks::kCreateCluster;
  const auto replication = TRY(replication_asked_for(asked, plan.topology));
  Database database{.name = name,
                    .plan = plan,
                    .engine = engine,
                    .locale = locale,
                    .owner = name,
                    .password = system::random_secret(24),
                    .replication = replication,
                    .replication_password = system::random_secret(24),
                    .generation = generation,
                    .created_at = system::timestamp(),
                    .backup_key = system::random_secret(43)};
  if (asked.contains("rehearsal_for_s")) {
    const auto until = TRY(rehearsal_end(asked["rehearsal_for_s"]));
    database.rehearsal = model::Rehearsal{.until = until};
  }
  return operations_.begin({database, 0}, {.runbook = runbook, .to = model::to_string(engine)});
}

Result<model::Operation> Databases::destroy(const std::string& name, const std::string& confirm) {
  auto document = TRY(shop_.records.database(name));
  if (confirm != name)
    return base::fail({Code::refused, fmt::format("database {} and all its data would be deleted for good", name),
                       fmt::format("If that is what you want: pgbaton destroy {} --confirm {}", name, name)});
  TRY(check_idle(document.value));
  return operations_.begin(std::move(document), {.runbook = runbooks::kDestroy});
}

Result<catalog::Offers> Databases::offers_for(const Database& database) {
  const auto engines = TRY(shop_.records.engines());
  const auto current = std::ranges::find(engines, database.engine, &model::EngineRecord::id);
  const auto collation =
      current != engines.end() && current->manifest ? current->manifest->collation : model::CollationVersions{};
  return catalog::offers(database.engine, collation, engines, shop_.catalog, system::now());
}

std::optional<catalog::Offer> Databases::next_offer(const Database& database) {
  const auto possible = offers_for(database);
  if (!possible || possible->offers.empty() || possible->offers[0].direct) return std::nullopt;
  return possible->offers[0];
}

Result<catalog::Offer> Databases::chosen(const Database& database, const UpgradeRequest& asked) {
  return catalog::choose(asked.to, asked.direct, TRY(offers_for(database)));
}

Result<Json> Databases::offers(const std::string& name) {
  const auto database = TRY(shop_.records.database(name))
  .value;
  const auto possible = TRY(offers_for(database));
  Json offered = Json::array();
  for (const auto& offer : possible.offers) {
    const auto& runbook = runbooks::runbook_for(database, offer.kind);
    const auto past = TRY(operations_.history(runbook.kind));
    const auto rows = runbooks::rows_of(runbook);
    offered.push_back({{"version", model::to_string(offer.engine.version)},
                       {"build", offer.engine.build},
                       {"kind", offer.kind},
                       {"direct", offer.direct},
                       {"text", offer.text},
                       {"estimate", operation::estimate(rows, past)},
                       {"notes", offer.notes}});
  }
  Json refused = Json::array();
  for (const auto& refusal : possible.refused)
    refused.push_back({{"version", model::to_string(refusal.engine.version)},
                       {"build", refusal.engine.build},
                       {"reason", refusal.reason},
                       {"remedy", refusal.remedy}});
  return Json{{"current", {{"version", model::to_string(database.engine.version)}, {"build", database.engine.build}}},
              {"offers", offered},
              {"refused", refused}};
}

Result<Databases::UpgradeRequest> Databases::parse_upgrade(const Json& asked) {
  UpgradeRequest request;
  request.to = TRY(version_field(asked, "to"));
  request.direct = TRY(flag_field(asked, "direct"))
  ? catalog::Direct::yes : catalog::Direct::no;
  request.hold.end_sessions = TRY(flag_field(asked, "end_sessions"));
  if (asked.is_object() && asked.contains("max_stall_ms")) {
    const auto& stall = asked["max_stall_ms"];
    if (!stall.is_number_integer() || stall < 0 || stall > kLongestStall)
      return base::fail(Code::invalid_argument, "\"max_stall_ms\" is a number of milliseconds up to {}", kLongestStall);
    request.hold.max_stall_ms = stall.get<std::int64_t>();
    request.budget_ms = request.hold.max_stall_ms;
  }
  if (asked.is_object() && asked.contains("digest")) {
    request.digest = TRY(text_field(asked, "digest"));
    if (request.digest != "sample" && request.digest != "whole")
      return base::fail(Code::invalid_argument, "\"digest\" is sample or whole");
  }
  if (asked.is_object() && asked.contains("check")) request.check = TRY(text_field(asked, "check"));
  if (asked.is_object() && asked.contains("transfer")) {
    const auto transfer = model::parse_Transfer(TRY(text_field(asked, "transfer")));
    if (!transfer) return base::fail(Code::invalid_argument, "\"transfer\" is link, clone or copy");
    request.transfer = transfer;
  }
  return request;
}

Result<Json> Databases::upgrade_plan(const std::string& name, const UpgradeRequest& asked) {
  const auto database = TRY(shop_.records.database(name))
  .value;
  TRY(check_idle(database));
  if (const auto hops = TRY(path_to(database, asked)); hops.size() > 1) return plan_of_hops(database, hops, asked);
  const auto offer = TRY(chosen(database, asked));
  const auto& runbook = runbooks::runbook_for(database, offer.kind);
  const auto past = TRY(operations_.history(runbook.kind));
  const auto rows = runbooks::rows_of(runbook);
  Json plan{{"database", name},
            {"kind", runbook.kind},
            {"title", runbook.title},
            {"from", model::to_string(database.engine.version)},
            {"to", model::to_string(offer.engine.version)},
            {"text", offer.text},
            {"notes", offer.notes},
            {"steps", operation::plan_steps(rows, past)},
            {"estimate", operation::estimate(rows, past)},
            {"preflight", preflight_view(TRY(check(database, offer.engine, runbooks::Rehearse::no)))}};
  if (offer.kind == catalog::OfferKind::minor) return plan;
  const auto major = TRY(runbooks::major_request(shop_.agents, database, offer.engine, wish_of(asked)));
  const auto target = TRY(base::convert<api::MajorTarget>(major.at("major")));
  plan["transfer"] = target.transfer;
  plan["way_back"] = sentence_about(target.transfer, database.nodes.size() > 1);
  const auto usual = usual_conversion(TRY(measure(shop_.agents.of(database), target.instance)), target.transfer);
  plan["estimate"] = major_estimate(rows, past, usual);
  for (auto& step : plan["steps"])
    if (step.at("name") == "convert")
      step["estimate_ms"] = std::llround(static_cast<double>(usual.count()) * pace_of_host(past));
  return plan;
}

Result<model::Operation> Databases::upgrade(const std::string& name, const UpgradeRequest& asked) {
  auto document = TRY(shop_.records.database(name));
  const auto& database = document.value;
  TRY(check_idle(database));
  if (const auto hops = TRY(path_to(database, asked)); hops.size() > 1) {
    TRY(check_rehearsed(shop_, database, hops.back().engine));
    return upgrade_by_hops(std::move(document), hops, asked);
  }
  const auto offer = TRY(chosen(database, asked));
  TRY(check_rehearsed(shop_, database, offer.engine));
  Operations::Wanted wanted{
      .runbook = runbooks::runbook_for(database, offer.kind),
      .from = model::to_string(database.engine.version),
      .to = model::to_string(offer.engine.version),
      .request = {{"engine", offer.engine}, {"from_engine", database.engine}, {"hold", asked.hold}},
  };
  if (offer.kind == catalog::OfferKind::major) {
    wanted.request.update(TRY(runbooks::major_request(shop_.agents, database, offer.engine, wish_of(asked))));
    const auto target = TRY(base::convert<api::MajorTarget>(wanted.request.at("major")));
    const auto usual = usual_conversion(TRY(measure(shop_.agents.of(database), target.instance)), target.transfer);
    const auto pace = pace_of_host(TRY(operations_.history(wanted.runbook.kind)));
    wanted.request["usual_ms"] = usual.count();
    wanted.expected["convert"] = base::Millis{static_cast<std::int64_t>(static_cast<double>(usual.count()) * pace)};
  }
  return operations_.begin(std::move(document), wanted);
}

Result<model::Operation> Databases::switchover(const std::string& name, const Json& asked) {
  auto document = TRY(shop_.records.database(name));
  const auto& database = document.value;
  TRY(check_idle(database));
  if (database.nodes.size() < 2)
    return base::fail({Code::refused, fmt::format("database {} has no standby to switch to", name),
                       "Databases of business and enterprise plans have."});
  const auto request = TRY(parse_upgrade(asked));
  const auto version = model::to_string(database.engine.version);
  return operations_.begin(
      std::move(document),
      {.runbook = runbooks::kSwitchover, .from = version, .to = version, .request = {{"hold", request.hold}}});
}

}  // namespace pgbaton::server
