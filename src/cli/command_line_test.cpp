#include "cli/command_line.hpp"

#include <gmock/gmock.h>

#include "base/text.hpp"
#include "cli/help.hpp"
#include "cli/run.hpp"
#include "cli/test_console.hpp"
#include "cli/text_layout.hpp"
#include "system/file.hpp"

namespace pgbaton::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> words(std::string_view line) {
  return line.empty() ? std::vector<std::string>{} : base::split(line, ' ');
}

// A machine on which no pgbaton runs.
class CommandLine : public testing::Test {
 protected:
  int run_line(std::string_view line) {
    test_.out.str("");
    test_.err.str("");
    const Environment environment{.home = folder_.path(),
                                  .runtime_dir = folder_.path(),
                                  .uid = ::geteuid() == 0 ? 1U : ::geteuid(),
                                  .system_run_folder = folder_.path() / "none"};
    return run(words(line), test_.console, environment, {});
  }
  TestConsole test_;
  system::TempDir folder_ = *system::TempDir::create("/tmp", "pgbaton-cli-test-");
};

TEST_F(CommandLine, WordsThatMakeNoSenseEndInStatusTwoWithTwoLines) {
  for (const auto* line : {"frobnicate",
                           "engines",
                           "engines frobnicate",
                           "create",
                           "create shop",
                           "create shop --plan",
                           "create shop --plan huge-4096",
                           "create shop --plan starter-100",
                           "create My-Shop --plan starter-512",
                           "create shop --plan starter-512 --version elephant",
                           "create shop --plan starter-512 --locale-provider glibc",
                           "create shop extra --plan starter-512",
                           "upgrade shop --to 9.x",
                           "upgrade shop --frobnicate",
                           "engines install",
                           "engines install 17 seventeen",
                           "show",
                           "show shop --data",
                           "operation",
                           "help frobnicate",
                           "up --listen 8432",
                           "up --gateway-ports 7000-6000",
                           "up --gateway-listen 10.0.0.5,",
                           "up --gateway-listen nonsense",
                           "witness",
                           "witness shop --duration 1",
                           "witness postgresql://localhost/x --connections 0",
                           "witness postgresql://localhost/x --duration soon",
                           "witness postgresql://localhost/x --rows-per-second -1",
                           "--frobnicate"}) {
    EXPECT_EQ(run_line(line), 2) << line;
    EXPECT_EQ(base::lines(test_.err.str()).size(), 2U) << line << "\n" << test_.err.str();
    EXPECT_EQ(test_.out.str(), "") << line;
  }
}

TEST_F(CommandLine, WithoutAnyWordItShowsTheHelpAsAnError) {
  EXPECT_EQ(run_line(""), 2);
  EXPECT_EQ(test_.out.str(), "");
  EXPECT_THAT(test_.err.str(), HasSubstr("Usage: pgbaton COMMAND"));
}

TEST_F(CommandLine, AMistypedCommandIsGuessed) {
  run_line("upgarde shop");
  EXPECT_THAT(test_.err.str(), HasSubstr("Did you mean `pgbaton upgrade`?"));
  run_line("engines instal 17");
  EXPECT_THAT(test_.err.str(), HasSubstr("Did you mean `pgbaton engines install`?"));
}

TEST_F(CommandLine, WhatIsMissingIsNamed) {
  run_line("create shop");
  EXPECT_THAT(test_.err.str(), HasSubstr("pgbaton create: --plan is missing"));
  run_line("show");
  EXPECT_THAT(test_.err.str(), HasSubstr("pgbaton show: NAME is missing"));
  run_line("create shop --plan");
  EXPECT_THAT(test_.err.str(), HasSubstr("--plan needs a value"));
  run_line("list please");
  EXPECT_THAT(test_.err.str(), HasSubstr("\"please\" is not expected here"));
}

TEST_F(CommandLine, NamesAndIdsThatCannotExistAreNotFoundWithoutAsking) {
  for (const auto* line :
       {"show ../etc", "url Shop", "operation a/b", "cancel ..", "destroy my-shop --confirm my-shop"})
    EXPECT_EQ(run_line(line), 3) << line;
}

TEST_F(CommandLine, WithoutAServerEveryCommandOfTheApiEndsInStatusSix) {
  for (const auto* line :
       {"list", "show shop", "create shop --plan starter-512", "destroy shop", "url shop", "offers shop",
        "preflight shop", "upgrade shop --plan", "operations", "operation abc", "cancel abc", "engines list",
        "engines sync", "engines install 17", "engines withdraw 17.12-deb13u1"}) {
    EXPECT_EQ(run_line(line), 6) << line;
    EXPECT_THAT(test_.err.str(), HasSubstr("pgbaton up")) << line;
  }
}

TEST_F(CommandLine, ErrorsAreJsonOnStandardErrorWhenJsonWasAskedFor) {
  EXPECT_EQ(run_line("list --json"), 6);
  EXPECT_EQ(test_.out.str(), "");
  const auto json = base::parse_json(test_.err.str());
  ASSERT_TRUE(json) << test_.err.str();
  EXPECT_EQ((*json)["error"]["code"], "unreachable");
  EXPECT_EQ(run_line("frobnicate --json"), 2);
  EXPECT_TRUE(base::parse_json(test_.err.str())) << test_.err.str();
}

TEST_F(CommandLine, HelpWinsOverEverythingElse) {
  for (const auto* line :
       {"help", "--help", "-h", "help upgrade", "help engines", "help engines install", "upgrade --help",
        "create shop --help --frobnicate", "engines --help", "engines install -h"}) {
    EXPECT_EQ(run_line(line), 0) << line;
    EXPECT_THAT(test_.out.str(), HasSubstr("Usage: pgbaton")) << line;
    EXPECT_EQ(test_.err.str(), "") << line;
  }
}

TEST_F(CommandLine, TheVersionIsPrinted) {
  EXPECT_EQ(run_line("version"), 0);
  EXPECT_EQ(test_.out.str(), "pgbaton 0.1.0\n");
  EXPECT_EQ(run_line("--version"), 0);
  EXPECT_EQ(test_.out.str(), "pgbaton 0.1.0\n");
}

TEST(ParseCommandLine, OptionsMayStandAnywhere) {
  for (const auto* line :
       {"--json --data /d upgrade shop --to 17 --wait", "upgrade --to 17 shop --wait --data /d --json",
        "upgrade shop --to=17 --data=/d --wait --json"}) {
    const auto parsed = parse_command_line(words(line));
    ASSERT_TRUE(parsed) << line << ": " << parsed.error().message;
    EXPECT_EQ(parsed->command->path, "upgrade");
    EXPECT_EQ(parsed->options.name, "shop");
    EXPECT_EQ(parsed->options.to, "17");
    EXPECT_EQ(parsed->options.data, "/d");
    EXPECT_TRUE(parsed->options.wait && parsed->options.json);
  }
}

TEST(ParseCommandLine, ADatabaseMayBeNamedLikeACommand) {
  const auto parsed = parse_command_line({"show", "list"});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->command->path, "show");
  EXPECT_EQ(parsed->options.name, "list");
}

TEST(ParseCommandLine, SeveralVersionsAreTakenInOneGo) {
  const auto parsed = parse_command_line({"engines", "install", "16", "17.12"});
  ASSERT_TRUE(parsed);
  EXPECT_THAT(parsed->options.versions, ElementsAre("16", "17.12"));
}

TEST(Help, NamesEveryCommandOnceAndFitsATerminal) {
  TestConsole test;
  const auto text = general_help(test.console);
  for (const auto& command : commands()) EXPECT_THAT(text, HasSubstr(fmt::format("\n  {}", command.path)));
  for (const auto& line : base::lines(text)) EXPECT_LE(display_width(line), 120U) << line;
}

TEST(Help, EveryCommandHasItsOwnPage) {
  TestConsole test;
  for (const auto& command : commands()) {
    const auto text = command_help(command, test.console);
    EXPECT_THAT(text, HasSubstr(fmt::format("Usage: pgbaton {}", command.path)));
    EXPECT_THAT(text, HasSubstr("--json")) << command.path;
    for (const auto& example : command.examples) EXPECT_THAT(text, HasSubstr(example.line));
  }
}

}  // namespace
}  // namespace pgbaton::cli
