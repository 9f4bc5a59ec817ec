// engines install: several at once, a bar each.
#include "cli/api.hpp"
#include "cli/engine_commands.hpp"
#include "cli/engine_text.hpp"
#include "cli/follow.hpp"
#include "cli/json_view.hpp"
#include "cli/operation_text.hpp"

namespace pgbaton::cli {

using base::Json;
using base::Result;

namespace {

struct Installation {
  std::string version;  // as asked for
  Result<Json> answer;  // the operation, or {installed: true, engine}
};

bool is_operation(const Json& answer) { return !text_at(answer, "id").empty() && answer.contains("steps"); }

std::vector<Installation> start(const Api& api, const std::vector<std::string>& versions) {
  std::vector<Installation> started;
  for (const auto& version : versions) {
    const auto path = engine_path(version, "/install");
    started.push_back({version, path ? api.post(*path) : std::unexpected(path.error())});
  }
  return started;
}

void follow_to_the_end(const Api& api, std::vector<Installation>& installations, const Console& console) {
  std::vector<ToFollow> running;
  std::vector<Installation*> waiting;
  for (auto& installation : installations) {
    if (!installation.answer || !is_operation(*installation.answer)) continue;
    const auto to = text_at(*installation.answer, "to");
    running.push_back({to.empty() ? installation.version : to, text_at(*installation.answer, "id")});
    waiting.push_back(&installation);
  }
  if (running.empty()) return;
  auto ended = follow_all(api, running, Detail::bar, console);
  for (std::size_t at = 0; at < ended.size(); ++at) waiting[at]->answer = std::move(ended[at]);
}

// The exit status of one of them, after saying how it went.
int conclude(const Installation& installation, const Console& console) {
  if (!installation.answer) {
    console.print(installation.answer.error());
    return base::traits(installation.answer.error().code).exit_status;
  }
  const auto& answer = *installation.answer;
  if (!is_operation(answer)) {
    const auto engine = part_at(answer, "engine");
    const auto name = engine.is_object() ? engine_name(engine) : installation.version;
    if (!console.json) console.out << fmt::format("{} is installed already.\n", name);
    return 0;
  }
  const auto operation = read_operation(answer);
  if (!operation) {
    console.print(operation.error());
    return base::traits(operation.error().code).exit_status;
  }
  if (operation->state != model::OperationState::finished)
    console.print(failure(*operation));
  else if (!console.json)
    console.out << fmt::format("{} is installed{}.\n", operation->to.empty() ? installation.version : operation->to,
                               took_text(*operation));
  return exit_status(operation->state);
}

}  // namespace

void declare_install(Declaration& declaration) {
  declaration.words("V", &Options::versions, "17 (its newest minor), 17.12, or one build of it like 17.12-deb13u1",
                    true);
}

Result<int> run_engines_install(const Options& options, const Context& context) {
  for (const auto& version : options.versions) TRY(check_version(version));
  const auto api = TRY(Api::find(options, context.environment));
  auto installations = start(api, options.versions);
  follow_to_the_end(api, installations, context.console);
  int worst = 0;
  Json answers = Json::array();
  for (const auto& installation : installations) {
    worst = std::max(worst, conclude(installation, context.console));
    if (installation.answer) answers.push_back(*installation.answer);
  }
  if (options.json && !answers.empty()) context.console.print(options.versions.size() == 1 ? answers[0] : answers);
  return worst;
}

}  // namespace pgbaton::cli
