#include "cli/rehearse_command.hpp"

#include <cstdlib>
#include <filesystem>
#include <thread>

#include "cli/json_view.hpp"
#include "cli/rehearsal.hpp"
#include "cli/rehearsal_plans.hpp"
#include "cli/rehearsal_text.hpp"
#include "system/stop_signal.hpp"

namespace pgbaton::cli {

using base::Code;
using base::Result;

namespace {

constexpr int kInterrupted = 130;
constexpr base::Millis kSignalLook{200};

void declare_rehearse(Declaration& declaration) {
  declaration.optional_word("NAME", &Options::name, "The database to clone; without it --manifest says what is made");
  declaration.required_text("--to", "V", &Options::to, "PostgreSQL's version to arrive at: 17 or 17.12");
  declaration.text("--manifest", "FILE", &Options::manifest, "An application's manifest: scalingo.json");
  declaration.text("--test", "CMD", &Options::test, "Run in `sh -c` afterwards, with DATABASE_URL; its status counts");
  declaration.text("--mask", "FILE", &Options::mask, "SQL that is run on the clone before anybody else connects");
  declaration.text("--statements", "FILE", &Options::statements,
                   "Statements whose plans are compared; without it the top ones of pg_stat_statements");
  declaration.text("--script-limit", "TIME", &Options::script_limit,
                   "How long the test and first-deploy may take; 1h unless said");
  declaration.flag("--keep", &Options::keep, "Do not destroy the database at the end");
}

// --to is required, but for a rehearsal of nothing both are missing: the name says more.
Result<> check_words(const Options& options) {
  if (options.name.empty() == options.manifest.empty())
    return base::fail({Code::invalid_argument,
                       options.name.empty() ? "nothing was named that could be rehearsed"
                                            : "a rehearsal is of a database or of a manifest, not of both",
                       "Give the NAME of a database, or --manifest FILE."});
  if (!options.manifest.empty() && !options.mask.empty())
    return base::fail({Code::invalid_argument, "--mask is for clones of databases",
                       "What a manifest makes has no data but its own."});
  return {};
}

Result<manifest::Manifest> manifest_of(const std::string& file, const Console& console) {
  const auto json = base::in_context(file, base::parse_json(TRY(system::read_file(file))));
  if (!json) return base::fail(Code::invalid_argument, "{}", json.error().message);
  auto manifest = TRY(base::in_context(file, manifest::read_manifest(*json)));
  if (!console.json)
    for (const auto& path : manifest.ignored) console.err << fmt::format("{}: {} is not used here\n", file, path);
  return manifest;
}

Result<RehearsalWanted> wanted_by(const Options& options, const Console& console) {
  RehearsalWanted wanted{.of = options.name, .test = options.test, .keep = options.keep};
  wanted.to = TRY(model::parse_version_request(options.to));
  wanted.script_limit = TRY(base::parse_duration(options.script_limit));
  wanted.folder = std::filesystem::current_path();
  if (!options.manifest.empty()) {
    wanted.manifest = TRY(manifest_of(options.manifest, console));
    wanted.folder = std::filesystem::absolute(options.manifest).parent_path();
  }
  if (!options.mask.empty()) wanted.mask = TRY(system::read_file(options.mask));
  if (!options.statements.empty()) wanted.statements = statements_of(TRY(system::read_file(options.statements)));
  return wanted;
}

Result<int> run_rehearse(const Options& options, const Context& context) {
  TRY(check_words(options));
  const auto wanted = TRY(wanted_by(options, context.console));
  const auto api = TRY(Api::find(options, context.environment));
  const system::StopSignal signal;
  Rehearsal rehearsal{api, context.console, wanted};
  const std::jthread listening{[&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      if (!signal.wait_for(kSignalLook)) continue;
      rehearsal.interrupt();
      std::_Exit(kInterrupted);
    }
  }};
  const auto report = TRY(rehearsal.run());
  if (context.console.json)
    context.console.print(report);
  else
    context.console.out << rehearsal_text(report, context.console) << std::flush;
  return exit_status_of_rehearsal(report);
}

Result<int> run_rehearsals(const Options& options, const Context& context) {
  const auto path = TRY(database_path(options.name, "/rehearsals"));
  const auto api = TRY(Api::find(options, context.environment));
  const auto answer = TRY(api.get(path));
  if (options.json)
    context.console.print(answer);
  else
    context.console.out << rehearsals_table(answer, context.console);
  return 0;
}

constexpr std::string_view kRehearsals = "Rehearsals: an upgrade tried before it is done";

}  // namespace

std::vector<Command> rehearsal_commands() {
  return {
      {kRehearsals,
       "rehearse",
       "(NAME | --manifest FILE) --to V [--test CMD] [--mask FILE] [--statements FILE] [--script-limit TIME] [--keep]",
       "Upgrade a clone of a database, under load, test it, destroy it",
       "The clone is made from the backups with all that NAME has now, so that NAME itself has nothing to do. It is "
       "upgraded step by step as NAME would be. With --manifest the database is made as an application's manifest "
       "says, "
       "and its first-deploy script fills it. Exit status: 0 passed, 4 stopped by preflight, 5 the upgrade or the test "
       "failed.",
       {{"pgbaton rehearse shop --to 17 --test 'make check'", ""},
        {"pgbaton rehearse --manifest scalingo.json --to 17", ""}},
       declare_rehearse,
       run_rehearse},
      {kRehearsals, "rehearsals", "NAME", "What came of a database's rehearsals", "", {}, declare_name, run_rehearsals},
  };
}

}  // namespace pgbaton::cli
