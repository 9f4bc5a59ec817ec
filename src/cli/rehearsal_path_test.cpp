#include "cli/rehearsal_path.hpp"

#include <gtest/gtest.h>

namespace pgbaton::cli {
namespace {

using base::Json;

Json offers(const std::string& current, const std::vector<std::string>& next, const std::vector<std::string>& direct) {
  Json all{{"current", {{"version", current}}}, {"offers", Json::array()}, {"refused", Json::array()}};
  for (const auto& version : next) all["offers"].push_back({{"version", version}, {"direct", false}});
  for (const auto& version : direct) all["offers"].push_back({{"version", version}, {"direct", true}});
  all["refused"].push_back({{"version", "13.16"}, {"reason", "it is older"}});
  return all;
}

std::string hop(const Json& offered, const std::string& to) {
  const auto next = next_hop(offered, model::parse_version_request(to).value());
  return next ? *next : next.error().message;
}

TEST(RehearsalPath, GoesOverTheNewestMinorAndOneMajorAfterAnother) {
  EXPECT_EQ(hop(offers("13.16", {"13.23"}, {}), "17"), "13.23");
  EXPECT_EQ(hop(offers("13.23", {"15.20"}, {"17.12"}), "17"), "15.20");
  EXPECT_EQ(hop(offers("15.20", {"17.12"}, {"18.6"}), "17"), "17.12");
  EXPECT_EQ(hop(offers("17.12", {"18.6"}, {}), "17"), "");
}

TEST(RehearsalPath, StopsAtTheMinorThatWasAskedFor) {
  EXPECT_EQ(hop(offers("15.18", {"15.20", "15.19"}, {}), "15.19"), "15.19");
  EXPECT_EQ(hop(offers("15.19", {"15.20"}, {}), "15.19"), "");
}

TEST(RehearsalPath, SaysWhyNoWayLeadsThere) {
  EXPECT_EQ(hop(offers("17.12", {"18.6"}, {}), "13.16"), "it is older");
  EXPECT_EQ(hop(offers("18.6", {}, {}), "19"), "no upgrade leads from 18.6 to 19");
}

}  // namespace
}  // namespace pgbaton::cli
