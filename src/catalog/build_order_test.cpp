#include "catalog/build_order.hpp"

#include <array>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <spawn.h>
#include <sys/wait.h>

#include "catalog/test_data.hpp"

namespace pgbaton::catalog {
namespace {

struct Pair {
  const char* older;
  const char* newer;
};

constexpr auto kPairs = std::to_array<Pair>({
    {"0+deb12u1", "0+deb12u2"},
    {"0+deb12u9", "0+deb12u10"},
    {"0+deb11u4", "0+deb12u1"},
    {"0+deb13u1", "1"},
    {"1~rc1", "1"},
    {"1", "1+b1"},
    {"1~~", "1~"},
    {"1a", "1+"},
    {"2", "10"},
    {"a", "b"},
});

TEST(Builds, AreOrderedAsDebianOrdersRevisions) {
  for (const auto& [older, newer] : kPairs) {
    EXPECT_TRUE(compare_revisions(older, newer) < 0) << older << ' ' << newer;
    EXPECT_TRUE(compare_revisions(newer, older) > 0) << older << ' ' << newer;
  }
  EXPECT_TRUE(compare_revisions("1.01", "1.1") == 0);
}

TEST(Builds, TheVersionComesFirstThenThePackagesRevision) {
  EXPECT_TRUE(is_newer(id_of("17.12-deb13u1"), id_of("17.9-deb13u1")));
  EXPECT_TRUE(is_newer(id_of("17.12-deb13u2"), id_of("17.12-deb13u1")));
  EXPECT_TRUE(is_newer(id_of("18.6-3"), id_of("18.6-deb14u1")));  // 18.6-3 is newer than 18.6-0+deb14u1
  EXPECT_FALSE(is_newer(id_of("17.12-deb13u1"), id_of("17.12-deb13u1")));
}

/// Runs dpkg --compare-versions; -1 where there is no dpkg.
int dpkg_says_less(const std::string& a, const std::string& b) {
  std::string older = "0-" + a;
  std::string newer = "0-" + b;
  std::array<char*, 6> arguments{const_cast<char*>("dpkg"),
                                 const_cast<char*>("--compare-versions"),
                                 older.data(),
                                 const_cast<char*>("lt"),
                                 newer.data(),
                                 nullptr};
  pid_t child = 0;
  if (posix_spawnp(&child, "dpkg", nullptr, nullptr, arguments.data(), environ) != 0) return -1;
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) < 2 ? static_cast<int>(WEXITSTATUS(status) == 0) : -1;
}

RC_GTEST_PROP(Builds, AgreeWithDpkg, ()) {
  const auto sign = rc::gen::elementOf(std::string{"0129abu~+."});
  const auto a = "1" + *rc::gen::container<std::string>(sign);
  const auto b = "1" + *rc::gen::container<std::string>(sign);
  const int says = dpkg_says_less(a, b);
  RC_PRE(says >= 0);
  RC_ASSERT((compare_revisions(a, b) < 0) == (says == 1));
}

}  // namespace
}  // namespace pgbaton::catalog
