#include "store/store.hpp"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "system/file.hpp"

namespace pgbaton::store {
namespace {

using base::Code;
using base::Json;

class StoreTest : public testing::Test {
 protected:
  std::unique_ptr<Store> open() { return std::move(*open_sqlite((folder_.path() / "store.db").string())); }
  system::TempDir folder_ = *system::TempDir::create(std::filesystem::temp_directory_path(), "pgbaton-store-");
};

TEST_F(StoreTest, KeepsWhatWasCommittedAcrossAReopening) {
  ASSERT_TRUE(open()->commit({{"a/1", Json{{"x", 1}}, 0}}));
  EXPECT_EQ(open()->get("a/1").value()->value, (Json{{"x", 1}}));
  EXPECT_FALSE(open()->get("a/2").value());
}

TEST_F(StoreTest, ListsByPrefixInOrderUpToALimit) {
  const auto store = open();
  for (const auto* key : {"b/1", "a/2", "a/1", "a/3", "aa/1"}) ASSERT_TRUE(store->commit({{key, Json{}, 0}}));
  const auto found = store->list("a/", 2).value();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].key, "a/1");
  EXPECT_EQ(found[1].key, "a/2");
}

TEST_F(StoreTest, TellsWhatWasChangedSinceARevision) {
  const auto store = open();
  const auto before = store->commit({{"a/1", Json(1), 0}, {"b/1", Json(1), 0}}).value();
  ASSERT_TRUE(store->commit({{"a/3", Json(3), 0}}));
  ASSERT_TRUE(store->commit({{"a/2", Json(2), 0}, {"b/2", Json(2), 0}}));
  ASSERT_TRUE(store->commit({{"a/1", Json(4), {}}}));
  const auto changed = store->changed_since("a/", before, 10).value();
  ASSERT_EQ(changed.size(), 3U);
  EXPECT_EQ(changed[0].key, "a/3");
  EXPECT_EQ(changed[1].key, "a/2");
  EXPECT_EQ(changed[2].key, "a/1");
  EXPECT_EQ(store->changed_since("a/", before, 1).value().size(), 1U);
  EXPECT_TRUE(store->changed_since("a/", changed[2].revision, 10).value().empty());
}

TEST_F(StoreTest, RefusesACommitWhoseExpectationDoesNotHoldAndChangesNothing) {
  const auto store = open();
  const auto revision = store->commit({{"a", Json(1), 0}}).value();
  EXPECT_EQ(store->commit({{"b", Json(2), {}}, {"a", Json(2), 0}}).error().code, Code::busy);
  EXPECT_FALSE(store->get("b").value());
  EXPECT_TRUE(store->commit({{"a", Json(2), revision}}));
  EXPECT_EQ(store->commit({{"a", Json(3), revision}}).error().code, Code::busy);
}

TEST_F(StoreTest, RemovesKeys) {
  const auto store = open();
  const auto revision = store->commit({{"a", Json(1), 0}}).value();
  ASSERT_TRUE(store->commit({{"a", std::nullopt, revision}}));
  EXPECT_FALSE(store->get("a").value());
}

TEST_F(StoreTest, WakesWhoWaitsForAChange) {
  const auto store = open();
  const auto before = store->commit({{"a", Json(1), 0}}).value();
  std::jthread writer{[&] { std::ignore = store->commit({{"a", Json(2), {}}}); }};
  EXPECT_GT(store->wait_for_change(before, base::Deadline::after(std::chrono::seconds{10})), before);
}

TEST_F(StoreTest, OneOfManyThreadsWinsEachRevision) {
  const auto store = open();
  ASSERT_TRUE(store->commit({{"n", Json(0), 0}}));
  std::atomic<int> won = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread)
      threads.emplace_back([&] {
        for (int attempt = 0; attempt < 25; ++attempt) {
          const auto entry = store->get("n").value();
          won += store->commit({{"n", Json(entry->value.get<int>() + 1), entry->revision}}).has_value() ? 1 : 0;
        }
      });
  }
  EXPECT_EQ(store->get("n").value()->value.get<int>(), won.load());
  EXPECT_GT(won.load(), 0);
}

TEST_F(StoreTest, IsReadableByItsOwnerOnly) {
  open();
  struct stat info{};
  ASSERT_EQ(::stat((folder_.path() / "store.db").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
}

TEST_F(StoreTest, AFileThatIsNoStoreIsAnErrorInWords) {
  ASSERT_TRUE(system::write_file_atomic(folder_.path() / "store.db", std::string(8192, 'x'), 0600));
  const auto opened = open_sqlite((folder_.path() / "store.db").string());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::corrupt);
}

}  // namespace
}  // namespace pgbaton::store
