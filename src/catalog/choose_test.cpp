#include <gmock/gmock.h>

#include "catalog/test_data.hpp"

namespace pgbaton::catalog {
namespace {

using base::Code;
using model::EngineRecord;
using model::EngineState;
using testing::HasSubstr;

const std::vector<EngineRecord> kHost{engine("15.18-deb12u1"), engine("15.20-deb12u1"), engine("17.11-deb13u1"),
                                      engine("17.12-deb13u1"), engine("18.6-3"),        not_installed("18.7-1")};

std::optional<model::VersionRequest> request(std::string_view text) {
  if (text.empty()) return std::nullopt;
  return model::parse_version_request(text).value();
}

base::Result<Offer> choose_at(std::string_view current, std::string_view to, Direct direct = Direct::no) {
  return choose(request(to), direct,
                offers(id_of(current), {"2.36", "72.1"}, kHost, real_catalog(), day("2026-11-22")));
}

struct Taken {
  const char* current;
  const char* to;
  Direct direct;
  const char* engine;
};

TEST(Choose, ByVersionByMajorOrByNothing) {
  for (const auto& [current, to, direct, engine] : std::to_array<Taken>({
           {"15.18-deb12u1", "", Direct::no, "15.20-deb12u1"},
           {"15.18-deb12u1", "15", Direct::no, "15.20-deb12u1"},
           {"15.18-deb12u1", "15.20", Direct::no, "15.20-deb12u1"},
           {"15.20-deb12u1", "", Direct::no, "17.12-deb13u1"},
           {"15.20-deb12u1", "", Direct::yes, "17.12-deb13u1"},
           {"15.20-deb12u1", "17", Direct::no, "17.12-deb13u1"},
           {"15.20-deb12u1", "18", Direct::yes, "18.6-3"},
           {"15.20-deb12u1", "18.6", Direct::yes, "18.6-3"},
       })) {
    const auto offer = choose_at(current, to, direct);
    ASSERT_TRUE(offer) << current << " to " << to << ": " << offer.error().message;
    EXPECT_EQ(model::to_string(offer->engine), engine);
  }
}

struct Refused {
  const char* current;
  const char* to;
  Direct direct;
  Code code;
  const char* says;
  const char* remedy;
};

TEST(Choose, WhatCannotBeTakenSaysWhyAndWhatToDo) {
  for (const auto& [current, to, direct, code, says, remedy] : std::to_array<Refused>({
           {"18.6-3", "", Direct::no, Code::refused, "18.6-3 is the newest that is available", "engines sync"},
           {"15.20-deb12u1", "18", Direct::no, Code::refused, "is not the next major after 15",
            "17.12 first, say --to 18"},
           {"15.18-deb12u1", "17", Direct::no, Code::refused, "not the latest of PostgreSQL 15 yet",
            "15.20-deb12u1 first"},
           {"15.18-deb12u1", "17", Direct::yes, Code::refused, "not the latest of PostgreSQL 15 yet",
            "15.20-deb12u1 first"},
           {"15.20-deb12u1", "17.11", Direct::no, Code::refused, "17.11: it is passed over: 17.12", "Take 17.12."},
           {"17.12-deb13u1", "17", Direct::no, Code::refused, "this is what runs", ""},
           {"17.12-deb13u1", "17.12", Direct::no, Code::refused, "this is what runs", ""},
           {"17.12-deb13u1", "17.11", Direct::no, Code::refused, "downgrade", ""},
           {"17.12-deb13u1", "15", Direct::no, Code::refused, "downgrade", ""},
           {"17.12-deb13u1", "13", Direct::no, Code::refused, "PostgreSQL 13: this would be a downgrade", ""},
           {"17.12-deb13u1", "17.5", Direct::no, Code::refused, "17.5: this would be a downgrade", ""},
           {"17.12-deb13u1", "18.7", Direct::no, Code::refused, "18.7-1 is not installed", "engines install 18.7-1"},
           {"17.12-deb13u1", "17.99", Direct::no, Code::not_found, "no source here has PostgreSQL 17.99",
            "engines sync"},
           {"17.12-deb13u1", "42", Direct::no, Code::not_found, "no source here has PostgreSQL 42", "engines sync"},
       })) {
    const auto offer = choose_at(current, to, direct);
    ASSERT_FALSE(offer) << current << " to " << to;
    EXPECT_EQ(offer.error().code, code) << offer.error().message;
    EXPECT_THAT(offer.error().message, HasSubstr(says));
    EXPECT_THAT(offer.error().remedy, HasSubstr(remedy));
  }
}

TEST(Choose, TheCurrentVersionIsKnownEvenWhenItsEngineIsGone) {
  const auto offer = choose_at("16.15-1", "16.15");
  ASSERT_FALSE(offer);
  EXPECT_THAT(offer.error().message, HasSubstr("this is what runs"));
}

struct Created {
  const char* request;
  const char* engine;
};

TEST(PickForCreate, TakesTheNewestThatWasAskedFor) {
  for (const auto& [asked, engine] : std::to_array<Created>(
           {{"", "18.6-3"}, {"17", "17.12-deb13u1"}, {"17.11", "17.11-deb13u1"}, {"15", "15.20-deb12u1"}})) {
    const auto picked = pick_for_create(request(asked), kHost);
    ASSERT_TRUE(picked) << asked;
    EXPECT_EQ(model::to_string(*picked), engine);
  }
}

TEST(PickForCreate, WithoutARequestTheDefaultWins) {
  const std::vector<EngineRecord> engines{engine("17.12-deb13u1", EngineState::default_), engine("18.6-3")};
  EXPECT_EQ(pick_for_create(std::nullopt, engines), id_of("17.12-deb13u1"));
  EXPECT_EQ(pick_for_create(request("18"), engines), id_of("18.6-3"));
}

TEST(PickForCreate, RefusesWithTheReason) {
  const std::vector<EngineRecord> engines{not_installed("18.7-1"), engine("17.12-deb13u1", EngineState::withdrawn),
                                          engine("16.1-1", EngineState::qualified)};
  EXPECT_THAT(pick_for_create(std::nullopt, engines).error().message, HasSubstr("18.7-1 is not installed"));
  EXPECT_THAT(pick_for_create(request("17"), engines).error().message, HasSubstr("withdrawn"));
  EXPECT_THAT(pick_for_create(request("16"), engines).error().remedy, HasSubstr("engines release 16.1-1"));
  EXPECT_EQ(pick_for_create(request("12"), engines).error().code, Code::not_found);
  EXPECT_EQ(pick_for_create(std::nullopt, {}).error().code, Code::not_found);
}

}  // namespace
}  // namespace pgbaton::catalog
