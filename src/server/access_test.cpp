#include "server/access.hpp"

#include <gtest/gtest.h>

#include "system/file.hpp"

namespace pgbaton::server {
namespace {

using base::Code;
using base::Millis;
using base::Secret;
using model::UserRole;
using system::HttpRequest;

class AccessTest : public testing::Test {
 protected:
  // What a browser sends that has signed in so.
  static HttpRequest request_of(const Access::SignedIn& signed_in, const std::string& method, const std::string& csrf) {
    HttpRequest request{.method = method};
    request.headers["cookie"] = "other=1; pgbaton_1=" + signed_in.session.reveal();
    if (!csrf.empty()) request.headers["x-csrf-token"] = csrf;
    return request;
  }

  system::TempDir folder_ = *system::TempDir::create(std::filesystem::temp_directory_path(), "pgbaton-access-");
  std::unique_ptr<store::Store> store_ = *store::open_sqlite((folder_.path() / "store.db").string());
  Records records_{*store_};
  Access access_{records_, Secret{"the token"}, "pgbaton_1"};
};

TEST_F(AccessTest, TheTokenIsAnOwners) {
  EXPECT_EQ(access_.caller({.token = "the token"})->role, UserRole::owner);
  EXPECT_EQ(access_.caller({.token = "the tokem"}).error().code, Code::unauthorized);
  EXPECT_EQ(access_.caller({}).error().code, Code::unauthorized);
}

TEST_F(AccessTest, AUserSignsInWithTheRightPasswordOnly) {
  ASSERT_TRUE(access_.add_user({{"name", "ada"}, {"role", "operator"}, {"password", "long enough"}}));
  EXPECT_EQ(access_.sign_in({{"name", "ada"}, {"password", "long enougH"}}, "a").error().code, Code::unauthorized);
  EXPECT_EQ(access_.sign_in({{"name", "eve"}, {"password", "long enough"}}, "a").error().code, Code::unauthorized);
  EXPECT_EQ(access_.sign_in({{"name", "ada"}, {"password", "long enough"}}, "a")->caller.role, UserRole::operator_);
}

TEST_F(AccessTest, ASessionReadsWithItsCookieAndChangesWithItsCsrfToken) {
  const auto signed_in = access_.sign_in({{"token", "the token"}}, "a");
  ASSERT_TRUE(signed_in);
  EXPECT_TRUE(access_.caller(request_of(*signed_in, "GET", "")));
  EXPECT_EQ(access_.caller(request_of(*signed_in, "POST", "")).error().code, Code::forbidden);
  EXPECT_EQ(access_.caller(request_of(*signed_in, "POST", "x")).error().code, Code::forbidden);
  EXPECT_TRUE(access_.caller(request_of(*signed_in, "POST", signed_in->caller.csrf.reveal())));
  ASSERT_TRUE(access_.sign_out(request_of(*signed_in, "DELETE", "")));
  EXPECT_EQ(access_.caller(request_of(*signed_in, "GET", "")).error().code, Code::unauthorized);
}

TEST_F(AccessTest, ARoleCountsAtOnceAndANewPasswordEndsTheSessions) {
  ASSERT_TRUE(access_.add_user({{"name", "ada"}, {"role", "owner"}, {"password", "long enough"}}));
  const auto signed_in = access_.sign_in({{"name", "ada"}, {"password", "long enough"}}, "a");
  ASSERT_TRUE(signed_in);
  const auto request = request_of(*signed_in, "GET", "");
  ASSERT_TRUE(access_.change_user("ada", {{"role", "read-only"}}));
  EXPECT_EQ(access_.caller(request)->role, UserRole::read_only);
  ASSERT_TRUE(access_.change_user("ada", {{"password", "another one"}}));
  EXPECT_EQ(access_.caller(request).error().code, Code::unauthorized);
}

TEST_F(AccessTest, UsersHavePlainNamesKnownRolesAndLongPasswords) {
  for (const auto& asked : std::vector<base::Json>{{{"name", "Ada"}, {"role", "owner"}, {"password", "long enough"}},
                                                   {{"name", "token"}, {"role", "owner"}, {"password", "long enough"}},
                                                   {{"name", "ada"}, {"role", "king"}, {"password", "long enough"}},
                                                   {{"name", "ada"}, {"role", "owner"}, {"password", "short"}},
                                                   {{"name", "ada"}, {"role", "owner"}},
                                                   "text"})
    EXPECT_EQ(access_.add_user(asked).error().code, Code::invalid_argument) << asked;
  ASSERT_TRUE(access_.add_user({{"name", "ada"}, {"role", "owner"}, {"password", "long enough"}}));
  EXPECT_EQ(access_.add_user({{"name", "ada"}, {"role", "owner"}, {"password", "long enough"}}).error().code,
            Code::already_exists);
}

TEST(Roles, EachReachesAsFarAsTheOnesBeforeIt) {
  using api::Access;
  const auto may = [](UserRole role, Access needed) { return check_role({.role = role}, needed).has_value(); };
  EXPECT_TRUE(may(UserRole::read_only, Access::read));
  EXPECT_FALSE(may(UserRole::read_only, Access::operate));
  EXPECT_TRUE(may(UserRole::operator_, Access::operate));
  EXPECT_FALSE(may(UserRole::operator_, Access::own));
  EXPECT_TRUE(may(UserRole::owner, Access::own));
}

TEST(Origins, APageOfAnotherOneChangesNothing) {
  const auto from = [](const std::string& method, const std::string& origin) {
    HttpRequest request{.method = method};
    request.headers = {{"host", "127.0.0.1:8432"}, {"origin", origin}};
    return check_origin(request).has_value();
  };
  EXPECT_TRUE(from("POST", "http://127.0.0.1:8432"));
  EXPECT_FALSE(from("POST", "http://127.0.0.1:8433"));
  EXPECT_FALSE(from("POST", "https://evil.example"));
  EXPECT_FALSE(from("POST", "null"));
  EXPECT_TRUE(from("GET", "https://evil.example"));
  EXPECT_TRUE(check_origin({.method = "POST"}));
}

TEST(ThrottleTest, LetsSomebodyTryAgainWhenTheWindowHasMovedOn) {
  Throttle throttle;
  const base::WallTime begin{Millis{1'000'000}};
  for (int failure = 0; failure < 8; ++failure) {
    EXPECT_EQ(throttle.wait_of("ada", begin), Millis{0});
    throttle.note_failure("ada", begin + Millis{failure});
  }
  EXPECT_EQ(throttle.wait_of("ada", begin), Millis{300'000});
  EXPECT_EQ(throttle.wait_of("otto", begin), Millis{0});
  EXPECT_EQ(throttle.wait_of("ada", begin + Millis{300'000}), Millis{0});
  throttle.forget("ada");
  EXPECT_EQ(throttle.wait_of("ada", begin), Millis{0});
}

}  // namespace
}  // namespace pgbaton::server
