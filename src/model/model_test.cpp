#include <gtest/gtest.h>

#include "model/database.hpp"
#include "model/engine.hpp"
#include "model/operation.hpp"
#include "model/rehearsal.hpp"

namespace pgbaton::model {
namespace {

TEST(Version, IsParsedAsUsersWriteIt) {
  EXPECT_EQ(parse_version("17.12"), (Version{17, 12}));
  EXPECT_EQ(parse_version("14.6.0"), (Version{14, 6}));
  EXPECT_EQ(parse_version_request("17")->minor, std::nullopt);
  for (const auto* text : {"", "17.", ".5", "9.6", "17.x", "17.1.2", "17.1.0.0", "-17", "17 "})
    EXPECT_FALSE(parse_version_request(text)) << text;
}

TEST(Version, MinorsAreOrderedAsNumbers) { EXPECT_LT((Version{17, 9}), (Version{17, 10})); }

TEST(EngineId, RoundTrips) {
  const auto id = parse_engine_id("17.12-deb13u1");
  ASSERT_TRUE(id);
  EXPECT_EQ(to_string(*id), "17.12-deb13u1");
  EXPECT_FALSE(parse_engine_id("17.12"));
  EXPECT_FALSE(parse_engine_id("17.12-"));
}

TEST(Plan, BothSpellingsAreTheSamePlan) {
  EXPECT_EQ(parse_plan("starter-4096"), parse_plan("postgresql-dr-starter-4096"));
  EXPECT_EQ(to_string(*parse_plan("enterprise-8192")), "enterprise-8192");
}

TEST(Plan, WhatIsNoPlanIsRefused) {
  for (const auto* text : {"", "starter", "starter-", "starter-x", "starter-511", "starter--4096", "huge-4096",
                           "starter-99999999999999999999", "starter-4096 "})
    EXPECT_FALSE(parse_plan(text)) << text;
}

TEST(DatabaseName, IsAPlainIdentifier) {
  for (const auto* name : {"shop", "shop_2", "_x", "a"}) EXPECT_TRUE(check_database_name(name)) << name;
  for (const auto* name : {"", "2shop", "Shop", "my-shop", "shop;drop", "../x", "pg_shop", "postgres", "caf\xc3\xa9",
                           "a_name_that_is_longer_than_what_postgres_would_take_with_our_suffixes"})
    EXPECT_FALSE(check_database_name(name)) << name;
}

TEST(Operation, SurvivesTheStore) {
  Operation operation;
  operation.id = "op1";
  operation.state = OperationState::user_error;
  operation.steps.push_back({.name = "stop", .impact = Impact::down, .actual_ms = 12});
  operation.error = Failure{"refused", "no", "the old version", "do this"};
  const auto copy = base::from_json_text<Operation>(base::Json(operation).dump());
  ASSERT_TRUE(copy);
  EXPECT_EQ(base::Json(*copy), base::Json(operation));
}

TEST(Operation, AnUnknownStateIsAnErrorInWords) {
  const auto result = base::from_json_text<Operation>(R"({"state":"flying"})");
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message.find("flying"), std::string::npos);
}

TEST(Binding, AResultHoldsUntilWhatItWasFoundOutForChanges) {
  const Binding then{{{15, 20}, "deb12u1"}, base::WallTime{}, "schema", "settings"};
  const std::chrono::hours counts{24};
  EXPECT_EQ(expired(then, then, counts), std::nullopt);
  auto now = then;
  now.at += counts;
  EXPECT_EQ(expired(then, now, counts), std::nullopt);
  now.configuration = "others";
  EXPECT_EQ(expired(then, now, counts), Expired::configuration);
  now.schema = "another";
  EXPECT_EQ(expired(then, now, counts), Expired::schema);
  now.at += std::chrono::seconds{1};
  EXPECT_EQ(expired(then, now, counts), Expired::age);
  now.from.build = "deb12u2";
  EXPECT_EQ(expired(then, now, counts), Expired::engine);
}

}  // namespace
}  // namespace pgbaton::model
