#include "manifest/manifest.hpp"

#include <gmock/gmock.h>

#include "base/text.hpp"

namespace pgbaton::manifest {
namespace {

using base::Json;
using testing::ElementsAre;
using testing::HasSubstr;

Json usual() {
  return Json::parse(R"({
    "addons": [{"plan": "postgresql-ng:postgresql-dr-starter-4096", "options": {"version": "14.6.0"}}],
    "env": {"CANONICAL_HOST_URL": {"generator": "url"}},
    "scripts": {"first-deploy": "bash -c db-seed.sh"}
  })");
}

TEST(Manifest, IsReadAsPlatformsWriteIt) {
  const auto manifest = read_manifest(usual());
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(manifest->plan.topology, model::Topology::starter);
  EXPECT_EQ(manifest->plan.memory.count, std::int64_t{4096} << 20);
  EXPECT_TRUE(manifest->version->matches({14, 6}));
  EXPECT_EQ(manifest->first_deploy, "bash -c db-seed.sh");
  EXPECT_THAT(manifest->ignored, ElementsAre());
}

TEST(Manifest, TakesEitherSpellingOfAPlan) {
  for (const auto* plan :
       {"postgresql-ng:postgresql-dr-business-1024", "postgresql-dr-business-1024", "business-1024"}) {
    auto json = usual();
    json["addons"][0]["plan"] = plan;
    const auto manifest = read_manifest(json);
    ASSERT_TRUE(manifest) << plan << ": " << manifest.error().message;
    EXPECT_EQ(manifest->plan.topology, model::Topology::business);
  }
}

TEST(Manifest, NamesWhatItDoesNotKnow) {
  auto json = usual();
  json["formation"] = {{"web", {{"amount", 1}}}};
  json["addons"].push_back({{"plan", "redis:redis-starter-256"}});
  json["addons"][0]["options"]["colour"] = "red";
  json["scripts"]["postdeploy"] = "true";
  const auto manifest = read_manifest(json);
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_THAT(manifest->ignored,
              ElementsAre("addons[0].options.colour", "addons[1]", "scripts.postdeploy", "formation"));
}

struct Wrong {
  const char* pointer;
  Json value;
  const char* says;
};

TEST(Manifest, SaysWhereItIsWrong) {
  const Wrong rows[] = {
      {"/addons", "postgresql", "addons: is a list, not string"},
      {"/addons", Json::array(), "addons: has no PostgreSQL database"},
      {"/addons/0", 7, "addons[0]: is an object, not number"},
      {"/addons/0/plan", 7, "addons[0].plan: is a text, not number"},
      {"/addons/0/plan", "postgresql-ng:huge", "addons[0].plan: "},
      {"/addons/0/options/version", "fourteen", "addons[0].options.version: "},
      {"/addons/0/options", "14", "addons[0].options: is an object, not string"},
      {"/env", Json::array(), "env: is an object, not array"},
      {"/env/CANONICAL_HOST_URL/generator", "dice", "env.CANONICAL_HOST_URL.generator: is url, secret or template"},
      {"/env/A=B", "x", "env: \"A=B\" is no name of a variable"},
      {"/scripts/first-deploy", Json::array(), "scripts.first-deploy: is a text, not array"},
  };
  for (const auto& row : rows) {
    auto json = usual();
    json[Json::json_pointer{row.pointer}] = row.value;
    const auto manifest = read_manifest(json);
    ASSERT_FALSE(manifest) << row.pointer;
    EXPECT_THAT(manifest.error().message, HasSubstr(row.says));
    EXPECT_EQ(manifest.error().code, base::Code::invalid_argument);
  }
}

TEST(Manifest, MakesTheEnvironment) {
  auto json = usual();
  json["env"] = Json::parse(R"({
    "A": "literal", "B": {"value": "given"}, "C": {"generator": "secret"}, "D": {"generator": "url"},
    "E": {"generator": "url", "template": "%URL%/auth/%APP%"}, "F": {"description": "of yours", "required": true}})");
  const auto manifest = read_manifest(json);
  ASSERT_TRUE(manifest) << manifest.error().message;
  Surroundings surroundings{.application = "shop",
                            .url = "http://shop.localhost",
                            .secret = [] { return std::string{"s3cret"}; },
                            .inherited = [](const std::string& name) -> std::optional<std::string> {
                              return name == "F" ? std::optional<std::string>{"ours"} : std::nullopt;
                            }};
  EXPECT_EQ(base::join(*environment_of(*manifest, surroundings), " "),
            "A=literal B=given C=s3cret D=http://shop.localhost E=http://shop.localhost/auth/shop F=ours");
  surroundings.inherited = [](const std::string&) { return std::optional<std::string>{}; };
  EXPECT_THAT(environment_of(*manifest, surroundings).error().message, HasSubstr("env.F: is required"));
}

}  // namespace
}  // namespace pgbaton::manifest
