// Who may come in, how, and what they may do then.
#include <gmock/gmock.h>

#include "postgres/configure.hpp"
#include "postgres/extension.hpp"
#include "postgres/test_instance.hpp"

namespace pgbaton::postgres {
namespace {

using base::Code;
using base::Secret;
using testing::HasSubstr;

/// One instance per engine for all of these tests, with the database `shop` of the owner `shop`.
class Access : public testing::TestWithParam<system::Path> {
 protected:
  void SetUp() override {
    auto& kept = instances_[GetParam()];
    if (!kept) {
      kept = std::make_unique<TestInstance>(GetParam());
      ASSERT_OK(kept->initialise_and_start());
      ASSERT_OK(provision(kept->spec, {"shop", "shop", Secret{"pass word's"}}, soon()));
    }
    instance_ = kept.get();
  }
  static void TearDownTestSuite() { instances_.clear(); }

  [[nodiscard]] static ConnectOptions owner() {
    auto options = instance_->over_tcp("shop", "pass word's");
    options.database = "shop";
    options.sslmode = "verify-full";
    options.ssl_root_certificate = instance_->spec.tls() / "ca.crt";
    return options;
  }
  [[nodiscard]] static base::Result<Connection> as_owner() { return Connection::open(owner(), soon()); }

  static std::map<system::Path, std::unique_ptr<TestInstance>> instances_;
  static TestInstance* instance_;
};
std::map<system::Path, std::unique_ptr<TestInstance>> Access::instances_;
TestInstance* Access::instance_ = nullptr;
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Access);
INSTANTIATE_TEST_SUITE_P(Of, Access, testing::ValuesIn(test_engines()));

TEST_P(Access, SuperuserIsRefusedOverTcp) {
  for (const auto* sslmode : {"require", "disable"}) {
    auto options = instance_->over_tcp("pgbaton", "whatever");
    options.sslmode = sslmode;
    const auto connection = Connection::open(options, soon());
    ASSERT_FALSE(connection) << sslmode;
    EXPECT_TRUE(has_sqlstate(connection.error(), "28000")) << connection.error().message;
    EXPECT_THAT(connection.error().message, HasSubstr("pg_hba.conf rejects connection"));
  }
}

TEST_P(Access, SuperuserIsOnlyWhoTheSpecNames) {
  auto spec = instance_->spec;
  spec.superuser_os_users = {"somebody-else"};
  ASSERT_EQ(configure(spec), true);
  ASSERT_OK(reload(spec));
  const auto refused = [&] { return !connect_as_platform(spec, "postgres", soon()); };
  for (const auto deadline = soon(); !refused();) ASSERT_FALSE(deadline.passed());
  ASSERT_EQ(configure(instance_->spec), true);
  ASSERT_OK(reload(spec));
  for (const auto deadline = soon(); refused();) ASSERT_FALSE(deadline.passed());
}

TEST_P(Access, OwnerComesOverTcpWithPasswordAndTls) {
  const auto connection = as_owner();
  ASSERT_OK(connection);
  EXPECT_TRUE(connection->is_encrypted());
  auto wrong = owner();
  wrong.password = Secret{"wrong"};
  EXPECT_TRUE(has_sqlstate(Connection::open(wrong, soon()).error(), "28P01"));
}

TEST_P(Access, OwnerNeedsThePasswordOnTheUnixSocketToo) {
  auto options = owner();
  options.host = instance_->spec.socket_folder;
  options.sslmode = "disable";
  ASSERT_OK(Connection::open(options, soon()));
  options.password = Secret{"wrong"};
  EXPECT_FALSE(Connection::open(options, soon()));
}

TEST_P(Access, OwnerCannotEnterThePlatformsDatabases) {
  for (const auto* database : {"postgres", "template1"}) {
    auto options = owner();
    options.database = database;
    const auto connection = Connection::open(options, soon());
    ASSERT_FALSE(connection) << database;
    EXPECT_TRUE(has_sqlstate(connection.error(), "42501")) << connection.error().message;
  }
}

TEST_P(Access, OwnerCannotBecomeMoreNorReachTheHost) {
  auto connection = as_owner();
  ASSERT_OK(connection);
  for (const auto* sql : {"ALTER ROLE shop SUPERUSER",
                          "ALTER ROLE shop CREATEROLE",
                          "CREATE ROLE other",
                          "CREATE DATABASE other",
                          "SET ROLE pgbaton",
                          "SET SESSION AUTHORIZATION pgbaton",
                          "GRANT pg_execute_server_program TO shop",
                          "GRANT pgbaton TO shop",
                          "ALTER ROLE pgbaton PASSWORD 'x'",
                          "SELECT pg_read_file('/etc/passwd')",
                          "SELECT pg_ls_dir('/')",
                          "CREATE TABLE f(t text); COPY f FROM '/etc/passwd'",
                          "CREATE TABLE g(t text); COPY g FROM PROGRAM 'id'",
                          "SELECT lo_import('/etc/passwd')",
                          "ALTER SYSTEM SET shared_buffers = '1MB'",
                          "SELECT pg_reload_conf()",
                          "LOAD '/tmp/x.so'",
                          "CREATE FUNCTION f() RETURNS int LANGUAGE c AS '/tmp/x.so'",
                          "ALTER DATABASE shop SET session_preload_libraries = 'x'",
                          "SET log_statement = 'none'"}) {
    const auto result = connection->execute(sql, soon());
    ASSERT_FALSE(result) << sql;
    EXPECT_TRUE(has_sqlstate(result.error(), "42501")) << sql << ": " << result.error().message;
  }
}

TEST_P(Access, OwnerUsesTheDatabaseItsPublicSchemaAndTrustedExtensions) {
  auto connection = as_owner();
  ASSERT_OK(connection);
  ASSERT_OK(connection->execute("CREATE TABLE t(n int); INSERT INTO t VALUES (1); DROP TABLE t", soon()));
  ASSERT_OK(connection->execute("CREATE SCHEMA s; DROP SCHEMA s; CREATE EXTENSION pg_trgm", soon()));
  ASSERT_OK(connection->execute("DROP EXTENSION pg_trgm", soon()));
  const auto others = connection->query("SELECT has_schema_privilege('pg_monitor', 'public', 'CREATE')", soon());
  EXPECT_EQ(others->single(), "f");
}

// A search_path or a transaction mode of the owner's making must not become the superuser's.
TEST_P(Access, WhatTheOwnerSetsForTheDatabaseDoesNotReachThePlatform) {
  auto connection = as_owner();
  ASSERT_OK(connection);
  ASSERT_OK(
      connection->execute("ALTER DATABASE shop SET search_path = public, pg_catalog;"
                          "ALTER DATABASE shop SET default_transaction_read_only = on",
                          soon()));
  EXPECT_EQ(instance_->value("SHOW search_path", "shop"), "pg_catalog");
  EXPECT_EQ(instance_->value("SHOW transaction_read_only", "shop"), "off");
  ASSERT_OK(connection->execute("ALTER DATABASE shop RESET ALL", soon()));
}

TEST_P(Access, ProvisioningAgainKeepsTheDataAndSetsThePassword) {
  ASSERT_OK(instance_->query("CREATE TABLE IF NOT EXISTS public.kept()", "shop"));
  ASSERT_OK(provision(instance_->spec, {"shop", "shop", Secret{"another"}}, soon()));
  EXPECT_FALSE(as_owner());
  ASSERT_OK(provision(instance_->spec, {"shop", "shop", Secret{"pass word's"}}, soon()));
  ASSERT_OK(as_owner());
  ASSERT_OK(instance_->query("TABLE public.kept", "shop"));
}

TEST_P(Access, PlatformsOwnRoleIsNoOwner) {
  const auto result = provision(instance_->spec, {"shop", "pgbaton", Secret{"x"}}, soon());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::refused);
}

TEST_P(Access, PasswordIsKeptAsScramVerifier) {
  const auto kept = instance_->query("SELECT rolpassword FROM pg_authid WHERE rolname = 'shop'");
  ASSERT_OK(kept);
  EXPECT_TRUE(kept->single().starts_with("SCRAM-SHA-256$")) << kept->single();
}

TEST_P(Access, ExtensionsAreUpdatedToTheEnginesDefaultAndWhatCannotBeIsAFinding) {
  ASSERT_OK(instance_->query("CREATE EXTENSION pg_trgm WITH SCHEMA public VERSION '1.3'", "shop"));
  ASSERT_OK(instance_->query("CREATE EXTENSION citext WITH SCHEMA public", "shop"));
  ASSERT_OK(instance_->query("UPDATE pg_extension SET extversion = '0.1' WHERE extname = 'citext'", "shop"));
  const auto updates = update_extensions(instance_->spec, soon());
  ASSERT_OK(updates);
  ASSERT_EQ(updates->size(), 2U) << base::Json(*updates).dump();
  EXPECT_EQ((*updates)[0].name, "citext");
  EXPECT_THAT((*updates)[0].error, HasSubstr("no way from 0.1"));
  EXPECT_EQ((*updates)[1].name, "pg_trgm");
  EXPECT_EQ((*updates)[1].error, "");
  const auto version =
      "SELECT extversion = default_version FROM pg_extension JOIN pg_available_extensions ON name = "
      "extname WHERE name = 'pg_trgm'";
  EXPECT_EQ(instance_->value(version, "shop"), "t");
  EXPECT_EQ(update_extensions(instance_->spec, soon())->size(), 1U) << "only what cannot be updated";
  ASSERT_OK(instance_->query("DROP EXTENSION pg_trgm, citext", "shop"));
}

TEST_P(Access, RowsBecomeJsonByTheirColumns) {
  const auto rows = instance_->query("SELECT 1 AS n, NULL AS nothing, 'x' AS t");
  ASSERT_OK(rows);
  EXPECT_EQ(base::Json(*rows).dump(), R"([{"n":"1","nothing":null,"t":"x"}])");
}

}  // namespace
}  // namespace pgbaton::postgres
