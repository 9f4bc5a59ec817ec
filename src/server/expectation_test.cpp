#include "server/expectation.hpp"

#include <gtest/gtest.h>

namespace pgbaton::server {
namespace {

using base::Millis;
using model::Transfer;

model::Operation past(std::int64_t usual, std::int64_t actual) {
  model::Operation operation{.request = {{"usual_ms", usual}}};
  operation.steps = {{.name = "convert", .state = model::StepState::finished, .actual_ms = actual}};
  return operation;
}

TEST(Conversion, TakesAsLongAsThereAreObjects) {
  const auto few = usual_conversion({.relations = 80, .databases = 3}, Transfer::link);
  const auto many = usual_conversion({.relations = 20'000, .databases = 3}, Transfer::link);
  EXPECT_LT(few, Millis{3'000});
  EXPECT_GT(many, Millis{10'000});
}

TEST(Conversion, TakesLongerForBytesOnlyWhenTheyAreCopied) {
  const MajorSize large{.relations = 80, .databases = 3, .bytes = 100LL << 30};
  EXPECT_EQ(usual_conversion(large, Transfer::link),
            usual_conversion({.relations = 80, .databases = 3}, Transfer::link));
  EXPECT_GT(usual_conversion(large, Transfer::copy), Millis{600'000});
}

TEST(Pace, IsThatOfTheHostsOwnUpgrades) {
  EXPECT_EQ(pace_of_host({}), 1);
  const std::vector<model::Operation> slow{past(2'000, 4'000), past(10'000, 21'000), past(1'000, 9'000)};
  EXPECT_DOUBLE_EQ(pace_of_host(slow), 2.1);
}

TEST(MajorEstimate, IsNarrowerOnceTheHostIsKnown) {
  const std::vector<operation::Row> rows{{"convert", "pg_upgrade is executed.", model::Impact::stall, Millis{2'500}}};
  const auto guess = major_estimate(rows, {}, Millis{10'000});
  EXPECT_EQ(guess.outage_low, Millis{5'000});
  EXPECT_EQ(guess.outage_high, Millis{20'000});
  const std::vector<model::Operation> known{past(2'000, 4'000)};
  const auto learnt = major_estimate(rows, known, Millis{10'000});
  EXPECT_EQ(learnt.outage_low, Millis{16'000});
  EXPECT_EQ(learnt.outage_high, Millis{25'000});
}

}  // namespace
}  // namespace pgbaton::server
