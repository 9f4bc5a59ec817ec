#include "engine/folder.hpp"

#include <gmock/gmock.h>

#include "engine/engine.hpp"
#include "engine/unpack.hpp"

namespace pgbaton::engine {
namespace {

using base::Code;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const model::EngineId kOne{{17, 12}, "deb13u1"};
const model::EngineId kOther{{15, 18}, "deb12u1"};

class EnginesFolder : public testing::Test {
 protected:
  // A published engine without programs: the folder does not care what is in a tree.
  void publish(const model::EngineId& id) {
    auto tree = Tree::create(folder_, id);
    ASSERT_TRUE(tree);
    const auto published = std::move(*tree).publish(folder_, {.id = id, .source = "test"});
    ASSERT_TRUE(published) << published.error().message;
  }
  void leave_unfinished(const std::string& name) {
    ASSERT_TRUE(system::make_directory(folder_.trees() / name / "lib", 0755));
  }
  [[nodiscard]] std::vector<std::string> trees() const { return system::list_directory(folder_.trees()); }

  system::TempDir parent_ = *system::TempDir::create(testing::TempDir(), "engines-");
  Folder folder_ = *prepare({parent_.path() / "engines"});
};

TEST_F(EnginesFolder, ListsWhatIsPublishedAndNothingElse) {
  publish(kOne);
  publish(kOther);
  leave_unfinished("17.11-deb13u1-0123");
  const auto engines = installed(folder_);
  ASSERT_THAT(engines, SizeIs(2));
  EXPECT_EQ(engines[0].id, kOther);
  EXPECT_EQ(engines[1].id, kOne);
}

TEST_F(EnginesFolder, ATreeThatIsNotPublishedIsRemovedWithItsOwner) {
  {
    const auto tree = Tree::create(folder_, kOne);
  }
  EXPECT_THAT(trees(), IsEmpty());
}

TEST_F(EnginesFolder, SweepingRemovesWhatNobodyMakesAndNobodyPublished) {
  publish(kOne);
  const auto kept = trees();
  leave_unfinished(model::to_string(kOne) + "-0123");
  leave_unfinished(model::to_string(kOther) + "-0456");
  sweep(folder_, nullptr);
  EXPECT_EQ(trees(), kept);
}

TEST_F(EnginesFolder, SweepingLeavesATreeThatIsBeingMade) {
  const auto lock = system::FileLock::try_acquire(folder_.lock(kOther));
  ASSERT_TRUE(lock);
  leave_unfinished("15.18-deb12u1-0456");
  sweep(folder_, nullptr);
  EXPECT_THAT(trees(), ElementsAre("15.18-deb12u1-0456"));
  sweep(folder_, &kOther);  // by the holder of that lock: left by an earlier attempt
  EXPECT_THAT(trees(), IsEmpty());
}

TEST_F(EnginesFolder, ARemovedEngineIsGone) {
  publish(kOne);
  ASSERT_TRUE(remove(folder_, kOne));
  EXPECT_THAT(installed(folder_), IsEmpty());
  EXPECT_THAT(trees(), IsEmpty());
  EXPECT_EQ(remove(folder_, kOne).error().code, Code::not_found);
}

TEST_F(EnginesFolder, WaitingForALockEndsWhenCancelled) {
  const auto lock = system::FileLock::try_acquire(folder_.lock(kOne));
  std::stop_source stop;
  stop.request_stop();
  const auto second = lock_engine(folder_, kOne, {base::Deadline::after(std::chrono::minutes{1}), stop.get_token()});
  EXPECT_EQ(second.error().code, Code::cancelled);
}

TEST_F(EnginesFolder, AFileThatIsNotWhatTheIndexSaysIsNotUnpacked) {
  const auto file = folder_.root / "a_1_all.deb";
  ASSERT_TRUE(system::write_file_atomic(file, "hello", 0644));
  Deb deb{.package = "a",
          .version = "1",
          .file = "a_1_all.deb",
          .size = 5,
          .sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"};
  EXPECT_TRUE(verify(deb, file));
  deb.sha256[0] = '3';
  const Patience patience{base::Deadline::after(std::chrono::seconds{10}), {}};
  EXPECT_EQ(unpack({deb}, folder_.root, folder_.root / "out", patience, {}).error().code, Code::corrupt);
  EXPECT_FALSE(std::filesystem::exists(folder_.root / "out"));
}

TEST_F(EnginesFolder, WordsThatAreNotTheEngineOfThatPackageAreRefused) {
  const std::vector<Source> sources{{.name = "trixie", .codename = "trixie", .majors = {17}}};
  const auto attempt = [&](const model::FoundEngine& engine) {
    return install(folder_, sources, engine, base::Deadline::after(std::chrono::seconds{10}), {}, {}).error().code;
  };
  EXPECT_EQ(attempt({kOne, "nowhere", "17.12-0+deb13u1"}), Code::not_found);
  EXPECT_EQ(attempt({kOne, "trixie", "17.11-0+deb13u1"}), Code::invalid_argument);
  EXPECT_EQ(attempt({kOne, "trixie", "17.12-0+deb13u1 -o Dir=/"}), Code::invalid_argument);
  EXPECT_EQ(attempt({{{17, 12}, "../../x"}, "trixie", ""}), Code::invalid_argument);
  EXPECT_THAT(trees(), IsEmpty());
}

}  // namespace
}  // namespace pgbaton::engine
