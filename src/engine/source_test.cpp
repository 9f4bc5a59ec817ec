#include "engine/source.hpp"

#include <gmock/gmock.h>

#include "system/file.hpp"

namespace pgbaton::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Sources, OfTheRepositoryAreUnderstood) {
  const auto sources = parse_sources(*system::read_file("catalog/sources.toml"));
  ASSERT_TRUE(sources) << sources.error().message;
  std::vector<std::string> names;
  for (const auto& source : *sources) names.push_back(source.name);
  EXPECT_THAT(names, ElementsAre("bullseye", "bookworm", "trixie", "forky", "host"));
}

TEST(Sources, KeepWhatTheFileSays) {
  const auto sources = parse_sources(R"(
[[source]]
name = "stable"
kind = "debian"
codename = "trixie"
security = true
majors = [16, 17]
extensions = ["pgvector", "postgis-3"]
[[source]]
name = "mine"
kind = "host"
path = "/opt/postgresql"
)");
  ASSERT_TRUE(sources) << sources.error().message;
  ASSERT_EQ(sources->size(), 2);
  const auto& [stable, mine] = std::tie(sources->at(0), sources->at(1));
  EXPECT_EQ(stable.kind, SourceKind::debian);
  EXPECT_EQ(stable.codename, "trixie");
  EXPECT_TRUE(stable.security);
  EXPECT_THAT(stable.majors, ElementsAre(16, 17));
  EXPECT_THAT(stable.extensions, ElementsAre("pgvector", "postgis-3"));
  EXPECT_EQ(mine.kind, SourceKind::host);
  EXPECT_EQ(mine.path, "/opt/postgresql");
}

TEST(Sources, AnEmptyFileHasNone) { EXPECT_EQ(parse_sources("# nothing yet\n")->size(), 0); }

struct Bad {
  const char* toml;
  const char* line;
  const char* says;
};

class BadSources : public testing::TestWithParam<Bad> {};

TEST_P(BadSources, AreRefusedWithLineAndKey) {
  const auto sources = parse_sources(GetParam().toml);
  ASSERT_FALSE(sources);
  EXPECT_EQ(sources.error().code, base::Code::invalid_argument);
  EXPECT_THAT(sources.error().message, HasSubstr(GetParam().line));
  EXPECT_THAT(sources.error().message, HasSubstr(GetParam().says));
}

constexpr Bad kBad[] = {
    {"[[source]]\nname = \n", "line 2", ""},
    {"title = \"x\"\n", "line 1", "title"},
    {"[source]\nname = \"a\"\n", "line 1", "[[source]]"},
    {"[[source]]\nkind = \"host\"\npath = \"/x\"\n", "line 1", "name"},
    {"[[source]]\nname = \"a\"\npath = \"/x\"\n", "line 1", "kind"},
    {"[[source]]\nname = \"a\"\nkind = \"rpm\"\n", "line 3", "kind"},
    {"[[source]]\nname = \"a\"\nkind = 7\n", "line 3", "kind"},
    {"[[source]]\nname = \"a\"\nkind = \"host\"\n", "line 1", "path"},
    {"[[source]]\nname = \"a\"\nkind = \"host\"\npath = \"opt\"\n", "line 4", "path"},
    {"[[source]]\nname = \"a\"\nkind = \"debian\"\nmajors = [17]\n", "line 1", "codename"},
    {"[[source]]\nname = \"a\"\nkind = \"debian\"\ncodename = \"trixie\"\n", "line 1", "majors"},
    {"[[source]]\nname = \"a\"\nmajors = [17, 9]\n", "line 3", "majors"},
    {"[[source]]\nname = \"a\"\nmajors = [\"17\"]\n", "line 3", "majors"},
    {"[[source]]\nname = \"a\"\nmajors = 17\n", "line 3", "majors"},
    {"[[source]]\nname = \"a\"\nsecurity = \"yes\"\n", "line 3", "security"},
    {"[[source]]\nname = \"a\"\ncolour = \"red\"\n", "line 3", "colour"},
    {"[[source]]\nname = \"../a\"\n", "line 2", "name"},
    {"[[source]]\nname = \"a\"\ncodename = \"trixie main evil\"\n", "line 3", "codename"},
    {"[[source]]\nname = \"a\"\nextensions = [\"-o=Dir::x\"]\n", "line 3", "extensions"},
    {"[[source]]\nname = \"a\"\nkind = \"host\"\npath = \"/x\"\n[[source]]\nname = \"a\"\nkind = \"host\"\npath = "
     "\"/y\"\n",
     "line 5", "twice"},
};
INSTANTIATE_TEST_SUITE_P(All, BadSources, testing::ValuesIn(kBad));

}  // namespace
}  // namespace pgbaton::engine
