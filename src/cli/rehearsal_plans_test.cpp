#include "cli/rehearsal_plans.hpp"

#include <gmock/gmock.h>

namespace pgbaton::cli {
namespace {

using base::Json;
using testing::ElementsAre;

Json planned(const char* statement, const char* shape, double run_ms) {
  return {{"statement", statement}, {"shape", shape}, {"run_ms", run_ms}, {"error", nullptr}};
}

TEST(RehearsalPlans, StatementsOfAFileEndWithALine) {
  EXPECT_THAT(statements_of("-- top\nSELECT 1;\n\nSELECT ';'\n  FROM t;\nSELECT 3"),
              ElementsAre("SELECT 1", "SELECT ';'\nFROM t", "SELECT 3"));
}

TEST(RehearsalPlans, TheGreatestLossComesFirstAndNoiseIsLeftOut) {
  Json before = {planned("a", "Seq Scan t", 10), planned("b", "Index Scan t", 10), planned("c", "Seq Scan u", 10),
                 planned("d", "Seq Scan u", 10), planned("e", "Seq Scan u", 10)};
  Json after = {planned("a", "Seq Scan t", 11), planned("b", "Seq Scan t", 90), planned("c", "Seq Scan u", 200),
                planned("d", "Index Scan u", 9), planned("e", "Seq Scan u", 10)};
  after[4]["error"] = "no such function";
  const auto changed = compare_plans(before, after);
  EXPECT_EQ(changed["compared"], 5);
  std::vector<std::string> rows;
  for (const auto& row : changed["changed"])
    rows.push_back(row["statement"].get<std::string>() + ": " + row["change"].get<std::string>());
  EXPECT_THAT(rows, ElementsAre("c: slower", "b: another plan, slower", "e: fails", "d: another plan"));
}

}  // namespace
}  // namespace pgbaton::cli
