#include "cli/rehearsal.hpp"

#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/text.hpp"
#include "cli/follow.hpp"
#include "cli/json_view.hpp"
#include "cli/operation_text.hpp"
#include "cli/rehearsal_path.hpp"
#include "cli/rehearsal_plans.hpp"
#include "postgres/connection.hpp"
#include "system/child.hpp"
#include "system/clock.hpp"
#include "system/pause.hpp"
#include "system/random.hpp"
#include "witness/witness.hpp"

namespace pgbaton::cli {

using base::Code;
using base::Deadline;
using base::Json;
using base::Millis;
using base::Result;

namespace {

constexpr int kStaysFor = 120;  // seconds after the last word of a command that was killed
constexpr std::chrono::seconds kSayAgain{20};
constexpr Millis kMaskLimit{std::chrono::hours{1}};
constexpr std::size_t kOutputKept = 16'384;  // of a script, in the report
constexpr int kWriters = 4;
constexpr double kRowsPerSecond = 25;

std::string end_of_text(const std::string& text) {
  return text.size() <= kOutputKept ? text : "…" + text.substr(text.size() - kOutputKept);
}

/// Clients that write while the upgrade goes on, and say how long they waited.
class Load {
 public:
  explicit Load(const std::string& url)
      : thread_([this, url](const std::stop_token& stop) {
          report_ = witness::run({.url = url, .connections = kWriters, .rows_per_second = kRowsPerSecond},
                                 [&stop](Millis time) { return !system::pause(stop, time); });
        }) {}

  Json end() {
    thread_.request_stop();
    thread_.join();
    return report_ ? Json(*report_) : Json{{"error", report_.error().message}};
  }

 private:
  Result<witness::Report> report_ = base::fail(Code::failed, "");
  std::jthread thread_;
};

Json view_of_upgrade(const model::Operation& operation, Json load) {
  const auto took = duration(operation);
  return {{"operation", operation.id},
          {"from", plain_version(operation.from)},
          {"to", plain_version(operation.to)},
          {"state", operation.state},
          {"took_ms", took ? Json(took->count()) : Json{}},
          {"steps", operation.steps},
          {"clients", std::move(load)},
          {"certificate", operation.certificate},
          {"error", operation.error}};
}

}  // namespace

void Rehearsal::say(const std::string& text) const {
  if (!console_.json) console_.err << text << '\n' << std::flush;
}

Result<Json> Rehearsal::run() {
  const auto begun = std::chrono::steady_clock::now();
  report_ = {{"of", wanted_.of.empty() ? Json{} : Json(wanted_.of)},
             {"to", model::to_string(wanted_.to)},
             {"began_at", system::timestamp()},
             {"preflight", Json::array()},
             {"upgrades", Json::array()}};
  if (!wanted_.of.empty()) {
    const auto offers = TRY(api_.get(TRY(database_path(wanted_.of, "/offers"))));
    const auto first = TRY(next_hop(offers, wanted_.to));
    if (first.empty())
      return base::fail({Code::refused,
                         fmt::format("{} runs {} already", wanted_.of, text_at(part_at(offers, "current"), "version")),
                         "There is nothing to rehearse."});
    say(fmt::format("Preflight of {} for {}.", wanted_.of, first));
    if (TRY(is_stopped(wanted_.of, first))) {
      report_["outcome"] = "stopped";
      return report_;
    }
  }
  name_ = "rehearsal_" + system::random_id();
  report_["database"] = name_;
  std::jthread staying{[this](const std::stop_token& stop) { stay(stop); }};
  const auto outcome = walk();
  report_["outcome"] = outcome ? *outcome : "failed";
  if (!outcome) report_["error"] = outcome.error().message;
  report_["took_ms"] = std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - begun).count();
  record();
  staying.request_stop();
  staying.join();
  const auto cleared = clear();
  report_["kept"] = wanted_.keep;
  if (!cleared) say(fmt::format("{} is still there: {}. The server destroys it.", name_, cleared.error().message));
  return report_;
}

// Killed, we stop saying so, and the server destroys the database.
void Rehearsal::stay(const std::stop_token& stop) const {
  do {
    if (const auto there = path("/rehearsal"))
      std::ignore = system::http_request(api_.target(), "PUT", *there, {{"rehearsal_for_s", kStaysFor}},
                                         Deadline::after(kSayAgain));
  } while (system::pause(stop, kSayAgain));
}

void Rehearsal::interrupt() {
  interrupted_.request_stop();
  while (in_script_) std::this_thread::sleep_for(Millis{10});
  if (name_.empty()) return;
  say(fmt::format("Interrupted: the server destroys {} now.", name_));
  if (const auto there = path("/rehearsal"))
    std::ignore =
        system::http_request(api_.target(), "PUT", *there, {{"rehearsal_for_s", 1}}, Deadline::after(kSayAgain));
}

Result<std::string> Rehearsal::walk() {
  TRY(make());
  TRY(mask());
  if (!TRY(deploy())) return "first-deploy failed";
  keep_plans("before");
  const auto upgraded = TRY(upgrade());
  if (upgraded != "upgraded") return upgraded;
  keep_plans("after");
  return TRY(test())
  ? "passed" : "test failed";
}

Result<> Rehearsal::make() {
  Json request{{"rehearsal_for_s", kStaysFor}};
  Json begun;
  if (wanted_.manifest) {
    const auto& manifest = *wanted_.manifest;
    request["name"] = name_;
    request["plan"] = Json(manifest.plan);
    if (manifest.version) request["version"] = model::to_string(*manifest.version);
    say(fmt::format("{} is made as the manifest says.", name_));
    begun = TRY(api_.post("/api/v1/databases", request));
  } else {
    request["as"] = name_;
    request["to"] = "now";
    say(fmt::format("{} is made from the backups of {}, with all that it has now.", name_, wanted_.of));
    begun = TRY(api_.post(TRY(database_path(wanted_.of, "/restore")), request));
  }
  const auto made = TRY(follow_through(begun));
  if (made.state == model::OperationState::finished) return {};
  return std::unexpected(failure(made));
}

// Nobody else knows the new password yet.
Result<> Rehearsal::mask() const {
  if (wanted_.mask.empty()) return {};
  say("Its data are masked.");
  auto connection = TRY(connect_to_url(TRY(url())));
  return base::in_context("the masking SQL", connection.execute(wanted_.mask, Deadline::after(kMaskLimit)));
}

Result<std::string> Rehearsal::url() const { return text_at(TRY(api_.get(TRY(path("/url")))), "url"); }

Result<bool> Rehearsal::deploy() {
  if (!wanted_.manifest || wanted_.manifest->first_deploy.empty()) return true;
  say(fmt::format("first-deploy: {}", wanted_.manifest->first_deploy));
  report_["first_deploy"] = TRY(script(wanted_.manifest->first_deploy));
  return number_at(report_["first_deploy"], "status") == 0;
}

Result<std::string> Rehearsal::next_version() const {
  const auto there = TRY(path("/offers"));
  return next_hop(TRY(api_.get(there)), wanted_.to);
}

Result<std::string> Rehearsal::upgrade() {
  for (auto next = TRY(next_version()); !next.empty(); next = TRY(next_version()))
    if (auto outcome = TRY(hop(next)); outcome != "upgraded") return outcome;
  if (!upgrades_.empty()) return "upgraded";
  return base::fail({Code::refused, "the manifest's version is the one to rehearse already", "Give another --to."});
}

Result<std::string> Rehearsal::hop(const std::string& to) {
  const bool is_checked = upgrades_.empty() && !wanted_.of.empty();  // on the original
  if (!is_checked && TRY(is_stopped(name_, to))) return "stopped";
  // A major before the last one would be the way back, which nobody needs here.
  if (!part_at(TRY(api_.get(TRY(path({})))), "kept").empty())
    TRY(follow_through(TRY(api_.post(TRY(path("/finalize"))))));
  say(fmt::format("{} is upgraded to {} while {} clients write.", name_, to, kWriters));
  Load load { TRY(url()) };
  const auto begun = api_.post(TRY(path("/upgrade")), {{"to", to}});
  const auto ended = begun ? follow_through(*begun) : Result<model::Operation>{std::unexpected(begun.error())};
  auto clients = load.end();
  const auto& operation = TRY(ended);
  report_["upgrades"].push_back(view_of_upgrade(operation, std::move(clients)));
  if (operation.state != model::OperationState::finished) return "upgrade failed";
  upgrades_.push_back(operation.id);
  return "upgraded";
}

Result<bool> Rehearsal::test() {
  if (wanted_.test.empty()) return true;
  say(fmt::format("test: {}", wanted_.test));
  report_["test"] = TRY(script(wanted_.test));
  return number_at(report_["test"], "status") == 0;
}

Result<bool> Rehearsal::is_stopped(const std::string& database, const std::string& to) {
  auto found = TRY(api_.post(TRY(database_path(database, "/preflight")), {{"to", to}}));
  const bool stopped = text_at(found, "verdict") == "stop";
  report_["preflight"].push_back(std::move(found));
  return stopped;
}

Result<model::Operation> Rehearsal::follow_through(const Json& begun) {
  const auto ended = follow_all(api_, {{name_, text_at(begun, "id")}}, Detail::bar, console_);
  return read_operation(TRY(ended.front()));
}

// With what the application's own environment would have. What it prints is shown as it comes.
Result<Json> Rehearsal::script(const std::string& command) {
  const auto address = TRY(url());
  system::Command child{.argv = {"sh", "-c", command}, .directory = wanted_.folder, .reports_on_errors = true};
  if (wanted_.manifest)
    child.environment = TRY(manifest::environment_of(
        *wanted_.manifest, {.application = name_,
                            .url = fmt::format("http://{}.localhost", name_),
                            .secret = [] { return system::random_secret(32).reveal(); },
                            .inherited = [](const std::string& variable) -> std::optional<std::string> {
                              const char* const value = std::getenv(variable.c_str());
                              return value == nullptr ? std::nullopt : std::optional<std::string>{value};
                            }}));
  const char* const search = std::getenv("PATH");
  child.environment.push_back(
      fmt::format("PATH={}:{}", wanted_.folder.string(), search == nullptr ? "/usr/bin:/bin" : search));
  for (const auto* variable : {"DATABASE_URL", "SCALINGO_POSTGRESQL_URL"})
    child.environment.push_back(fmt::format("{}={}", variable, address));
  const auto begun = std::chrono::steady_clock::now();
  in_script_ = true;
  auto ended = system::run(child, Deadline::after(wanted_.script_limit), interrupted_.get_token(),
                           [&](std::string_view line) { say(fmt::format("  {}", line)); });
  in_script_ = false;
  if (!ended && ended.error().code != Code::timed_out) return std::unexpected(ended.error());
  const auto took = std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - begun).count();
  if (!ended)
    return Json{{"command", command},
                {"status", 124},
                {"output", fmt::format("ended after {}: it took too long", base::humanise(wanted_.script_limit))},
                {"took_ms", took}};
  return Json{{"command", command},
              {"status", ended->status},
              {"output", end_of_text(ended->out + ended->err)},
              {"took_ms", took}};
}

// Plans are for the report: what cannot be planned fails no rehearsal.
void Rehearsal::keep_plans(const char* when) {
  const auto address = url();
  if (!address || (wanted_.statements.empty() && wanted_.of.empty())) return;
  if (before_.is_null() && wanted_.statements.empty()) {
    const auto original = database_path(wanted_.of, "/url");
    const auto from = original ? api_.get(*original) : Result<Json>{std::unexpected(original.error())};
    if (from) wanted_.statements = top_statements(text_at(*from, "url"));
  }
  auto plans = plans_of(*address, wanted_.statements);
  if (std::string_view{when} == "before")
    before_ = std::move(plans);
  else if (!before_.empty())
    report_["plans"] = compare_plans(before_, plans);
}

void Rehearsal::record() {
  if (wanted_.of.empty()) return;
  const Json claim{
      {"clone", name_}, {"operations", upgrades_}, {"passed", report_["outcome"] == "passed"}, {"report", report_}};
  const auto there = database_path(wanted_.of, "/rehearsals");
  const auto kept = there ? api_.post(*there, claim) : Result<Json>{std::unexpected(there.error())};
  if (!kept) say("The result could not be kept: " + kept.error().message);
}

Result<> Rehearsal::clear() {
  if (!api_.get(TRY(path({})))) return {};  // it was never made
  if (wanted_.keep) {
    TRY(system::http_request(api_.target(), "PUT", TRY(path("/rehearsal")), {{"rehearsal_for_s", 0}},
                             Deadline::after(kSayAgain)));
    return {};
  }
  say(fmt::format("{} is destroyed.", name_));
  const auto begun = api_.remove(fmt::format("{}?confirm={}", TRY(path({})), name_));
  if (!begun && begun.error().code == Code::not_found) return {};
  const auto ended = TRY(follow_through(TRY(begun)));
  if (ended.state == model::OperationState::finished) return {};
  return std::unexpected(failure(ended));
}

}  // namespace pgbaton::cli
