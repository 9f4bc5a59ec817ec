#include <gtest/gtest.h>

#include "server/databases.hpp"
#include "server/engines.hpp"
#include "server/schedules.hpp"

namespace pgbaton::server {
namespace {

using base::Code;
using base::Json;
using model::OperationState;

// A server whose agent is away: what it decides and stores without one.
class ServerTest : public testing::Test {
 protected:
  void TearDown() override { executor_.stop(); }

  model::EngineRecord add_engine(const std::string& id, model::EngineState state) {
    model::EngineRecord engine{.id = *model::parse_engine_id(id), .source = "test", .state = state};
    engine.manifest = model::EngineManifest{.id = engine.id, .source = "test"};
    EXPECT_TRUE(store_->commit({put(engine, 0)}));
    return engine;
  }
  base::Result<model::Operation> create(const std::string& name, const std::string& version = "17") {
    return databases_.create({{"name", name}, {"plan", "starter-512"}, {"version", version}});
  }

  system::TempDir folder_ = *system::TempDir::create(std::filesystem::temp_directory_path(), "pgbaton-server-");
  std::unique_ptr<store::Store> store_ = *store::open_sqlite((folder_.path() / "store.db").string());
  Config config_{.data = folder_.path(),
                 .agents = {{"local", {.unix_socket = (folder_.path() / "nobody.sock").string()}}},
                 .gateway = {.unix_socket = (folder_.path() / "nobody.sock").string()},
                 .gateway_host = "127.0.0.1",
                 .gateway_ports = "6001-6002"};
  Records records_{*store_};
  runbooks::Agents agents_{config_.agents, folder_.path() / "tls"};
  runbooks::LeaseBook leases_;
  catalog::Catalog catalog_;
  runbooks::GatewayClient gateway_{config_.gateway};
  Shop shop_{config_, records_, agents_, gateway_, leases_, catalog_};
  Executor executor_{shop_};
  Operations operations_{shop_, executor_};
  Databases databases_{shop_, operations_};
  Engines engines_{shop_, operations_};
};

TEST_F(ServerTest, AnOperationWaitsForAnAgentThatIsAway) {
  add_engine("17.12-deb13u1", model::EngineState::available);
  const auto operation = create("shop");
  ASSERT_TRUE(operation);
  EXPECT_FALSE(model::has_ended(records_.operation(operation->id)->value.state));
  EXPECT_EQ(records_.database("shop")->value.current_operation, operation->id);
}

TEST_F(ServerTest, ADatabaseHasOneOperationAtATime) {
  add_engine("17.12-deb13u1", model::EngineState::available);
  ASSERT_TRUE(create("shop"));
  EXPECT_EQ(databases_.destroy("shop", "shop").error().code, Code::busy);
  EXPECT_EQ(databases_.upgrade("shop", {}).error().code, Code::busy);
  EXPECT_EQ(create("shop").error().code, Code::already_exists);
}

TEST_F(ServerTest, ACancelledOperationGoesBackAndANewNameIsFreeAgain) {
  add_engine("17.12-deb13u1", model::EngineState::available);
  const auto operation = create("shop");
  ASSERT_TRUE(operations_.cancel(operation->id));
  const auto deadline = base::Deadline::after(std::chrono::seconds{20});
  std::int64_t revision = 0;
  while (!model::has_ended(records_.operation(operation->id)->value.state) && !deadline.passed())
    revision = store_->wait_for_change(revision, deadline.within(std::chrono::milliseconds{200}));
  EXPECT_EQ(records_.operation(operation->id)->value.state, OperationState::cancelled);
  EXPECT_EQ(records_.database("shop").error().code, Code::not_found);
}

TEST_F(ServerTest, OnlyWhatIsReleasedIsTakenForANewDatabase) {
  add_engine("17.12-deb13u1", model::EngineState::qualified);
  add_engine("15.20-deb12u1", model::EngineState::withdrawn);
  EXPECT_FALSE(create("shop", "17"));
  EXPECT_FALSE(create("shop", "15"));
  EXPECT_TRUE(records_.databases()->empty());
}

struct BadCreate {
  Json asked;
  Code code;
};
TEST_F(ServerTest, BadInputIsRefusedInWordsAndChangesNothing) {
  add_engine("17.12-deb13u1", model::EngineState::available);
  const std::vector<BadCreate> table{
      {Json::object(), Code::invalid_argument},
      {Json::array(), Code::invalid_argument},
      {{{"name", 7}, {"plan", "starter-512"}}, Code::invalid_argument},
      {{{"name", "a b"}, {"plan", "starter-512"}}, Code::invalid_argument},
      {{{"name", "shop"}, {"plan", "huge"}}, Code::invalid_argument},
      {{{"name", "shop"}, {"plan", "starter-512"}, {"version", "x"}}, Code::invalid_argument},
      {{{"name", "shop"}, {"plan", "starter-512"}, {"locale", {{"provider", "x"}}}}, Code::invalid_argument},
      {{{"name", "shop"}, {"plan", "starter-512"}, {"replication", "synchronous"}}, Code::invalid_argument},
      {{{"name", "shop"}, {"plan", "business-512"}, {"replication", "perhaps"}}, Code::invalid_argument},
  };
  for (const auto& row : table) {
    const auto refused = databases_.create(row.asked);
    ASSERT_FALSE(refused) << row.asked;
    EXPECT_EQ(refused.error().code, row.code) << row.asked << refused.error().message;
  }
  EXPECT_TRUE(records_.databases()->empty());
  EXPECT_TRUE(records_.operations()->empty());
}

TEST_F(ServerTest, AnEngineIsReleasedOnlyAfterItPassedAQualification) {
  auto engine = add_engine("17.12-deb13u1", model::EngineState::found);
  EXPECT_EQ(engines_.release("17.12", Engines::Default::no).error().code, Code::refused);
  engine.qualifications.push_back({.level = "short", .passed = true});
  ASSERT_TRUE(store_->commit({put(engine, records_.engine(engine.id)->revision)}));
  EXPECT_EQ(engines_.release("17", Engines::Default::no)->at("state"), "available");
}

TEST_F(ServerTest, ThereIsOneDefaultEngineAtMost) {
  for (const auto* id : {"17.12-deb13u1", "15.20-deb12u1"}) {
    auto engine = add_engine(id, model::EngineState::available);
    engine.qualifications.push_back({.level = "short", .passed = true});
    ASSERT_TRUE(store_->commit({put(engine, records_.engine(engine.id)->revision)}));
    ASSERT_TRUE(engines_.release(id, Engines::Default::yes));
  }
  int defaults = 0;
  const auto all = records_.engines().value();
  for (const auto& engine : all) defaults += engine.state == model::EngineState::default_ ? 1 : 0;
  EXPECT_EQ(defaults, 1);
}

TEST_F(ServerTest, AnEngineThatIsRunIsNamedWhenItIsWithdrawn) {
  add_engine("17.12-deb13u1", model::EngineState::available);
  ASSERT_TRUE(create("shop"));
  EXPECT_EQ(engines_.withdraw("17.12")->at("used_by"), (Json{"shop"}));
}

TEST_F(ServerTest, ANewerMinorIsScheduledADayAheadAndNotAgainWhenItWasTakenBack) {
  add_engine("17.11-deb13u1", model::EngineState::available);
  add_engine("17.12-deb13u1", model::EngineState::available);
  model::Database database{.name = "shop", .engine = *model::parse_engine_id("17.11-deb13u1")};
  database.state = model::DatabaseState::running;
  database.window = "daily 03:00 1h UTC";
  database.created_at = "2026-11-27T00:00:00.000Z";
  ASSERT_TRUE(store_->commit({put(database, 0)}));
  Schedules{shop_, databases_}.look();
  EXPECT_EQ(schedule_view(shop_, database), Json{});  // nobody has asked for that

  database.auto_minor = true;
  ASSERT_TRUE(store_->commit({put(database, records_.database("shop")->revision)}));
  Schedules{shop_, databases_}.look();
  const auto scheduled = schedule_view(shop_, database);
  ASSERT_TRUE(scheduled.is_object());
  EXPECT_EQ(scheduled.at("to"), "17.12");
  EXPECT_TRUE(scheduled.at("automatic").get<bool>());

  ASSERT_TRUE(Schedules(shop_, databases_).cancel("shop"));
  Schedules{shop_, databases_}.look();
  EXPECT_EQ(schedule_view(shop_, database), Json{});
  add_engine("17.13-deb13u1", model::EngineState::available);
  Schedules{shop_, databases_}.look();
  EXPECT_EQ(schedule_view(shop_, database).at("to"), "17.13");  // that one nobody has seen
}

TEST_F(ServerTest, AScheduleThatWasMissedWaitsForTheNextWindowOrSaysSo) {
  model::Database database{.name = "shop", .engine = *model::parse_engine_id("17.11-deb13u1")};
  database.window = "daily 03:00 1h UTC";
  ASSERT_TRUE(store_->commit({put(database, 0)}));
  model::Schedule missed{.database = "shop",
                         .to = "17.12",
                         .from = "2026-01-01T03:00:00.000Z",
                         .until = "2026-01-01T04:00:00.000Z",
                         .in_window = true};
  ASSERT_TRUE(store_->commit({{"schedules/shop", Json(missed), 0}}));
  Schedules{shop_, databases_}.look();
  auto now = schedule_view(shop_, database);
  EXPECT_GT(now.at("from"), missed.from);
  EXPECT_EQ(now.at("problem"), "pgbaton did not run then");

  missed.in_window = false;
  ASSERT_TRUE(store_->commit({{"schedules/shop", Json(missed), {}}}));
  Schedules{shop_, databases_}.look();
  now = schedule_view(shop_, database);
  EXPECT_EQ(now.at("from"), missed.from);
  EXPECT_EQ(now.at("problem"), "pgbaton did not run then");
}

TEST_F(ServerTest, AScheduleOfADatabaseThatIsGoneOrWasMadeAnewIsForgotten) {
  const model::Schedule old{.database = "shop",
                            .database_created_at = "2026-01-01T00:00:00.000Z",
                            .to = "17.12",
                            .from = "2099-01-01T00:00:00.000Z",
                            .until = "2099-01-01T01:00:00.000Z"};
  ASSERT_TRUE(store_->commit({{"schedules/shop", Json(old), 0}}));
  model::Database database{.name = "shop", .engine = *model::parse_engine_id("17.11-deb13u1")};
  database.created_at = "2026-11-27T00:00:00.000Z";
  ASSERT_TRUE(store_->commit({put(database, 0)}));
  EXPECT_EQ(schedule_view(shop_, database), Json{});
  Schedules{shop_, databases_}.look();
  EXPECT_FALSE(store_->get("schedules/shop").value());
}

}  // namespace
}  // namespace pgbaton::server
