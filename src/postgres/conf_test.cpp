#include "postgres/conf.hpp"

#include <gmock/gmock.h>

#include "base/text.hpp"
#include "postgres/initdb.hpp"

namespace pgbaton::postgres {
namespace {

using namespace base;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Not;

struct SizeRow {
  Bytes memory;
  std::vector<Setting> settings;
};

TEST(SettingsForPlan, FollowFromItsMemory) {
  const std::vector<SizeRow> rows{
      {512_MiB,
       {{"max_connections", "60"},
        {"shared_buffers", "128MB"},
        {"effective_cache_size", "384MB"},
        {"work_mem", "5MB"},
        {"maintenance_work_mem", "32MB"},
        {"max_wal_size", "1024MB"},
        {"min_wal_size", "256MB"}}},
      {4_GiB,
       {{"max_connections", "410"},
        {"shared_buffers", "1024MB"},
        {"effective_cache_size", "3072MB"},
        {"work_mem", "5MB"},
        {"maintenance_work_mem", "256MB"},
        {"max_wal_size", "4096MB"}}},
      {64_GiB, {{"max_connections", "6410"}, {"maintenance_work_mem", "1024MB"}, {"max_wal_size", "8192MB"}}},
  };
  for (const auto& [memory, settings] : rows)
    EXPECT_THAT(settings_for_plan(memory, 17), IsSupersetOf(settings)) << humanise(memory);
}

TEST(SettingsForPlan, LeaveOutWhatAMajorHasNotGotOrDoesByItself) {
  const Setting spread{"checkpoint_completion_target", "0.9"};
  const Setting sync{"recovery_init_sync_method", "syncfs"};
  EXPECT_THAT(settings_for_plan(1_GiB, 13), Contains(spread));
  EXPECT_THAT(settings_for_plan(1_GiB, 13), Not(Contains(sync)));
  EXPECT_THAT(settings_for_plan(1_GiB, 14), Not(Contains(spread)));
  EXPECT_THAT(settings_for_plan(1_GiB, 14), Contains(sync));
}

Spec spec() {
  return {.name = "shop-1",
          .folder = "/i/shop-1",
          .socket_folder = "/s/it's",
          .bindir = "/e/bin",
          .port = 6001,
          .listen_addresses = {"127.0.0.1", "::1"},
          .memory = 512_MiB,
          .superuser_os_users = {"runner"}};
}

TEST(RenderConf, QuotesEveryValueAsPostgresReadsIt) {
  const auto conf = lines(render_conf(spec(), 17));
  EXPECT_THAT(conf, IsSupersetOf({std::string{"port = '6001'"}, std::string{"listen_addresses = '127.0.0.1,::1'"},
                                  std::string{"unix_socket_directories = '/s/it''s'"}}));
}

TEST(RenderConf, NamesNoSettingTwice) {
  std::map<std::string, int> times;
  for (const auto& setting : settings_of(spec(), 13)) ++times[setting.name];
  EXPECT_THAT(times, Each(testing::Field(&std::pair<const std::string, int>::second, 1)));
}

TEST(Include, IsTheLastLineAndIsAddedOnce) {
  const auto once = with_include("port = 5432\nshared_buffers = 1MB");
  EXPECT_TRUE(once.ends_with("\ninclude 'pgbaton.conf'\n"));
  EXPECT_EQ(with_include(once), once);
  const auto later = with_include(once + "port = 1\n");
  EXPECT_TRUE(later.ends_with("\ninclude 'pgbaton.conf'\n"));
}

TEST(RenderHba, LetsTheSuperuserInByPeerAndRefusesItOverTcpBeforeAnybodyIsLetIn) {
  auto rules = lines(render_hba(spec()));
  std::erase_if(rules, [](const auto& line) { return line.starts_with('#'); });
  ASSERT_GE(rules.size(), 3U);
  EXPECT_EQ(rules[0], "local all,replication \"pgbaton\" peer map=pgbaton");
  EXPECT_EQ(rules[1], "host all,replication \"pgbaton\" all reject");
  EXPECT_THAT(rules, Each(Not(HasSubstr("trust"))));
}

TEST(RenderIdent, MapsOnlyThePlatformsUsers) {
  EXPECT_THAT(render_ident(spec()), HasSubstr("pgbaton \"runner\" \"pgbaton\"\n"));
}

struct LocaleRow {
  model::LocaleProvider provider;
  int major;
  std::vector<std::string> arguments;  // empty: refused
};

TEST(Initdb, GetsTheLocaleOfEachMajorInItsOwnWords) {
  using enum model::LocaleProvider;
  const std::vector<LocaleRow> rows{
      {libc, 13, {"--locale=X"}},
      {libc, 17, {"--locale-provider=libc", "--locale=X"}},
      {icu, 14, {}},
      {icu, 15, {"--locale-provider=icu", "--locale=C.UTF-8", "--icu-locale=X"}},
      {builtin, 16, {}},
      {builtin, 17, {"--locale-provider=builtin", "--locale=C.UTF-8", "--builtin-locale=X"}},
  };
  for (const auto& [provider, major, expected] : rows) {
    auto wanted = spec();
    wanted.locale = {.provider = provider, .name = "X"};
    const auto arguments = initdb_arguments(wanted, major, "/d");
    ASSERT_EQ(arguments.has_value(), !expected.empty()) << to_string(provider) << major;
    if (arguments)
      EXPECT_THAT(*arguments, IsSupersetOf(expected));
    else
      EXPECT_THAT(arguments.error().message, HasSubstr("has no locale provider"));
  }
}

}  // namespace
}  // namespace pgbaton::postgres
