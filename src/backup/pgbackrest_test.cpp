#include "backup/pgbackrest.hpp"

#include <filesystem>

#include <gmock/gmock.h>

#include "backup/segments.hpp"

namespace pgbaton::backup {
namespace {

using namespace std::chrono_literals;

// What a program says is kept up to a bound; the names of 40 000 segments are 3 MiB.
constexpr auto kManySegments = R"(#!/bin/sh
exec awk 'BEGIN { print "17-1"
  for (n = 1; n <= 40000; n++) {
    if (n != 3) printf "17-1/%016X/00000001%08X%08X-6d3%037d.zst\n", 1, int(n / 256), n % 256, n } }'
)";

TEST(Pgbackrest, AnArchiveOfManySegmentsIsReadToItsEnd) {
  const auto folder = *system::TempDir::create(std::filesystem::temp_directory_path(), "pgbaton-pgbackrest-");
  const auto program = folder.path() / "pgbackrest";
  const auto configuration = folder.path() / "backup.conf";
  ASSERT_TRUE(system::write_file_atomic(program, kManySegments, 0755));
  ASSERT_TRUE(system::write_file_atomic(configuration, "[global]\nlock-path=/l\n\n[shop-1]\n", 0600));
  const auto tool = Pgbackrest::open(program, configuration);
  ASSERT_TRUE(tool) << tool.error().message;
  const auto names = tool->archived("shop-1", {base::Deadline::after(30s)});
  ASSERT_TRUE(names) << names.error().message;
  EXPECT_EQ(names->size(), 40'000);
  EXPECT_THAT(gaps_in(*names), testing::ElementsAre("000000010000000000000003"));
}

}  // namespace
}  // namespace pgbaton::backup
