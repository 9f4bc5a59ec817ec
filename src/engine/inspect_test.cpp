#include "engine/inspect.hpp"

#include <gmock/gmock.h>

#include "engine/linker.hpp"
#include "engine/tool.hpp"

namespace pgbaton::engine {
namespace {

using base::Code;

TEST(ServerVersion, IsReadFromWhatPostgresPrints) {
  const auto debian = parse_server_version("postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)\n");
  ASSERT_TRUE(debian);
  EXPECT_EQ(debian->version, (model::Version{15, 20}));
  EXPECT_EQ(debian->package_version, "15.20-0+deb12u1");
  const auto plain = parse_server_version("postgres (PostgreSQL) 17.11\n");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->version, (model::Version{17, 11}));
  EXPECT_EQ(plain->package_version, "");
  for (const auto* text : {"", "postgres (PostgreSQL) 19beta2\n", "psql: command not found"})
    EXPECT_FALSE(parse_server_version(text)) << text;
}

TEST(ControlFile, NamesTheDefaultVersion) {
  EXPECT_EQ(parse_default_version("# hstore\ncomment = 'x'\ndefault_version = '1.8'\nrelocatable = true\n"), "1.8");
  EXPECT_EQ(parse_default_version("default_version='2.0' # newest\n"), "2.0");
  EXPECT_EQ(parse_default_version("default_version = 1.3 # bare\n"), "1.3");
  EXPECT_EQ(parse_default_version("comment = 'default_version = 9'\n"), "");
}

TEST(Linker, SaysWhereEachLibraryIsFound) {
  const auto found = parse_resolved(
      "\tlinux-vdso.so.1 (0x00007ffc1a1fe000)\n"
      "\t./plpgsql.so (0x00007f6a7c000000)\n"
      "\tlibz.so.1 => /srv/my engines/lib/libz.so.1 (0x00007f6a7bfe0000)\n"
      "\tlibicuuc.so.76 => not found\n"
      "\t/srv/lib/ld-linux-x86-64.so.2 (0x00007f6a7d000000)\n");
  ASSERT_EQ(found.size(), 3);
  EXPECT_EQ(found[0].path, "/srv/my engines/lib/libz.so.1");
  EXPECT_EQ(found[1].library, "libicuuc.so.76");
  EXPECT_TRUE(found[1].path.empty());
  EXPECT_EQ(found[2].library, "ld-linux-x86-64.so.2");
}

TEST(ToolFailure, IsClassifiedByWhatTheToolSaid) {
  const std::pair<const char*, Code> kCases[] = {
      {"dpkg-deb: error: unable to write: No space left on device", Code::no_space},
      {"E: You don't have enough free space in /x/debs/.", Code::no_space},
      {"E: Failed to fetch http://m/a.deb  Hash Sum mismatch", Code::corrupt},
      {"E: The repository 'http://m trixie InRelease' is not signed.", Code::corrupt},
      {"E: Version '17.99-1' for 'postgresql-17' was not found", Code::not_found},
      {"E: Failed to fetch http://m/InRelease  Could not resolve 'm'", Code::failed},
      {"Segmentation fault", Code::failed},
  };
  for (const auto& [said, code] : kCases) {
    const auto error = tool_failure("tool", said);
    EXPECT_EQ(error.code, code) << said;
    EXPECT_NE(std::string_view{said}.find(error.message.substr(error.message.rfind(": ") + 2)), std::string_view::npos);
    EXPECT_FALSE(error.remedy_or_default().empty()) << said;
  }
}

TEST(ToolFailure, IsOneSentence) {
  EXPECT_EQ(tool_failure("apt-get", "W: old\nE: Failed to fetch a  404\nE: Failed to fetch b  404\n").message,
            "apt-get failed: Failed to fetch a  404");
  EXPECT_EQ(tool_failure("initdb", "1\n2\n3\n4\n5\n").message, "initdb failed: 2; 3; 4; 5");
}

}  // namespace
}  // namespace pgbaton::engine
