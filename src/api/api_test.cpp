#include <set>

#include <gtest/gtest.h>

#include "api/problem.hpp"
#include "api/routes.hpp"

namespace pgbaton::api {
namespace {

using base::Code;
using base::Error;

TEST(Problem, CarriesTheErrorToTheOtherSide) {
  const Error error{Code::refused, "this would be a downgrade", "Choose 17.12."};
  EXPECT_EQ(from_problem(409, to_problem(error).dump()), error);
}

TEST(Problem, AnAnswerThatIsNoneIsAFailureThatNamesTheStatus) {
  const auto error = from_problem(503, "<html>");
  EXPECT_EQ(error.code, Code::failed);
  EXPECT_NE(error.message.find("503"), std::string::npos);
}

TEST(Routes, AreEachDescribedOnce) {
  const auto description = openapi("1");
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const auto& route : routes()) {
    EXPECT_TRUE(seen.emplace(route.method, route.path).second) << route.path;
    EXPECT_TRUE(description.at("paths").contains(std::string{route.path})) << route.path;
  }
}

TEST(Routes, AskWhoIsThereButForHealthMetricsTheDescriptionMaintenanceAndSigningIn) {
  for (const auto& route : routes()) {
    const bool open = route.path == "/healthz" || route.path == "/metrics" || route.path == "/api/v1/openapi.json" ||
                      route.path == "/maintenance/{name}" ||
                      (route.path == "/api/v1/session" && route.method == "POST");
    EXPECT_EQ(route.access == Access::open, open) << route.path;
  }
}

TEST(Routes, LetReadersLookAndNothingElse) {
  for (const auto& route : routes())
    if (route.access == Access::read && route.method != "GET") {
      EXPECT_EQ(route.path, "/api/v1/session") << route.method;
    }
}

TEST(Routes, NameThePartsOfTheirPathsAsParameters) {
  const auto parameters = openapi("1").at("paths").at("/api/v1/engines/{version}/install").at("post").at("parameters");
  ASSERT_EQ(parameters.size(), 1U);
  EXPECT_EQ(parameters[0].at("name"), "version");
  EXPECT_EQ(parameters[0].at("in"), "path");
}

}  // namespace
}  // namespace pgbaton::api
