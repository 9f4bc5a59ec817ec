// With the real mirror and real engines. PGBATON_TEST_ENGINES=DIR keeps an engines folder between runs: what is
// installed and downloaded there already makes them quick.
#include <thread>

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "base/text.hpp"
#include "engine/apt_text.hpp"
#include "engine/engine.hpp"
#include "engine/host.hpp"
#include "engine/linker.hpp"
#include "engine/sha256.hpp"
#include "system/process.hpp"

namespace pgbaton::engine {
namespace {

namespace fs = std::filesystem;
using base::Code;
using base::Result;
using system::Path;
using testing::Contains;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

const std::vector<Source> kSources{
    {.name = "trixie", .codename = "trixie", .security = true, .majors = {17}},
    {.name = "host", .kind = SourceKind::host, .path = "/usr/lib/postgresql"},
};

base::Deadline soon() { return base::Deadline::after(std::chrono::minutes{2}); }

template <typename Condition>
bool eventually(Condition condition) {
  for (const auto deadline = soon(); !deadline.passed(); std::this_thread::yield())
    if (condition()) return true;
  return false;
}

// A folder that `nobody` can enter too: as root, the self-test runs as that user.
system::TempDir open_folder() {
  auto folder = *system::TempDir::create(testing::TempDir(), "engines-");
  fs::permissions(folder.path(), fs::perms{0755});
  return folder;
}

class Mirror : public testing::Test {
 protected:
  // Once for all: a process looks for its failpoints in one folder only.
  static void SetUpTestSuite() {
    if (suite_) return;
    suite_ = std::make_unique<system::TempDir>(open_folder());
    const char* const kept = std::getenv("PGBATON_TEST_ENGINES");
    shared_ = *prepare({kept != nullptr ? Path{kept} : suite_->path() / "shared"});
    failpoints_ = suite_->path() / "failpoints";
    fs::create_directory(failpoints_);
    ::setenv("PGBATON_FAILPOINTS", failpoints_.c_str(), 1);
    found_ = sync(shared_, kSources, soon(), {});
  }
  void SetUp() override { ASSERT_TRUE(found_) << found_.error().message; }

  static model::FoundEngine newest(std::string_view source) {
    for (const auto& engine : found_->engines)
      if (engine.source == source) return engine;
    return {};
  }
  static model::FoundEngine quickest() {
    const auto host = newest("host");
    return host.source.empty() ? newest("trixie") : host;
  }
  static Result<model::EngineManifest> get(const Folder& folder, const model::FoundEngine& engine,
                                           std::stop_token stop = {}) {
    return install(folder, kSources, engine, soon(), stop, {});
  }
  // An engines folder of the test's own, with the downloads of the shared one.
  static Folder with_shared_downloads(const Path& root) {
    fs::create_directory_symlink(shared_.root / ".apt", root / ".apt");
    return *prepare({root});
  }
  static std::vector<std::string> trees(const Folder& folder) { return system::list_directory(folder.trees()); }

  static void arm(const std::string& name) {
    ASSERT_TRUE(system::write_file_atomic(failpoints_ / (name + ".armed"), "", 0644));
  }
  static bool is_hit(const std::string& name) {
    return eventually([&] { return fs::exists(failpoints_ / (name + ".hit")); });
  }
  static void let_go(const std::string& name) { fs::remove(failpoints_ / (name + ".hit")); }

  // Kills a process at the failpoint of its install.
  static void kill_at(const std::string& failpoint, const Folder& folder, const model::FoundEngine& engine) {
    arm(failpoint);
    const pid_t child = ::fork();
    if (child == 0) {
      (void)get(folder, engine);
      ::_exit(0);
    }
    bool ended = false;
    const bool hit = eventually([&] {
      ended = ended || ::waitpid(child, nullptr, WNOHANG) == child;
      return ended || fs::exists(failpoints_ / (failpoint + ".hit"));
    });
    const bool reached = hit && !ended;
    if (!ended) {
      ::kill(child, SIGKILL);
      ::waitpid(child, nullptr, 0);
    }
    let_go(failpoint);
    ASSERT_TRUE(reached) << failpoint << " was not reached";
  }

  static inline std::unique_ptr<system::TempDir> suite_;
  static inline Folder shared_;
  static inline Path failpoints_;
  static inline Result<Found> found_;
};

TEST_F(Mirror, OffersEnginesOfTheSuiteNewestFirst) {
  EXPECT_THAT(found_->warnings, IsEmpty());
  std::vector<model::FoundEngine> suite;
  std::ranges::copy_if(found_->engines, std::back_inserter(suite), [](const auto& e) { return e.source == "trixie"; });
  ASSERT_THAT(suite, testing::Not(IsEmpty()));
  for (const auto& engine : suite) {
    EXPECT_EQ(engine.id.version.major, 17);
    EXPECT_EQ(engine_of(engine.package_version), engine.id);
  }
  EXPECT_TRUE(std::ranges::is_sorted(found_->engines, std::greater{}, &model::FoundEngine::id));
}

TEST_F(Mirror, DownloadsThatTheSuiteNoLongerHasAreDropped) {
  const Path debs = shared_.apt("trixie") / "debs";
  ASSERT_TRUE(system::write_file_atomic(debs / "libpq5_0.1-1_amd64.deb", "outdated", 0644));
  ASSERT_TRUE(sync(shared_, {kSources[0]}, soon(), {}));
  EXPECT_FALSE(fs::exists(debs / "libpq5_0.1-1_amd64.deb"));
}

TEST_F(Mirror, ASuiteThatDoesNotExistHidesNoOther) {
  const auto root = open_folder();
  auto sources = kSources;
  sources.push_back({.name = "gone", .codename = "nosuchsuite", .security = true, .majors = {17}});
  const auto found = sync(with_shared_downloads(root.path()), sources, soon(), {});
  fs::remove_all(shared_.apt("nosuchsuite"));
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->engines.size(), found_->engines.size());
  EXPECT_THAT(found->warnings, ElementsAre(HasSubstr("gone")));
}

TEST_F(Mirror, AnInstalledEngineStandsOnItsOwn) {
  const auto manifest = get(shared_, newest("trixie"));
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(Path{manifest->bindir}, shared_.link(manifest->id) / "lib/postgresql/17/bin");
  EXPECT_THAT(manifest->packages, Contains(testing::Field(&model::Package::name, "libc6")));
  for (const auto& package : manifest->packages) EXPECT_THAT(package.sha256, SizeIs(64)) << package.name;
  EXPECT_THAT(manifest->extensions, Contains(testing::Field(&model::Extension::name, "pg_stat_statements")));
  EXPECT_THAT(manifest->collation.libc, StartsWith("2."));
  EXPECT_THAT(manifest->collation.icu, HasSubstr("."));
  EXPECT_GT(manifest->size, base::Bytes{50LL << 20});
  const Patience patience{soon(), {}};
  const auto resolved = resolve_libraries(fs::canonical(manifest->bindir) / "psql", {}, patience);
  ASSERT_TRUE(resolved) << resolved.error().message;
  ASSERT_THAT(*resolved, testing::Not(IsEmpty()));
  for (const auto& [library, path] : *resolved)
    EXPECT_THAT(path.string(), StartsWith(shared_.trees().string())) << library;
  EXPECT_FALSE(fs::exists(shared_.link(manifest->id) / "unpacked"));
  EXPECT_FALSE(fs::exists(shared_.link(manifest->id) / "self-test"));
}

TEST_F(Mirror, ASecondInstallDoesNoWork) {
  const auto first = get(shared_, newest("trixie"));
  ASSERT_TRUE(first) << first.error().message;
  const auto before = trees(shared_);
  bool worked = false;
  const auto second = install(shared_, kSources, newest("trixie"), soon(), {}, [&](auto, auto) { worked = true; });
  ASSERT_TRUE(second);
  EXPECT_FALSE(worked);
  EXPECT_EQ(base::Json(*second), base::Json(*first));
  EXPECT_EQ(trees(shared_), before);
}

TEST_F(Mirror, OneOfTwoInstallsAtOnceDoesTheWork) {
  const auto root = open_folder();
  const auto folder = with_shared_downloads(root.path());
  Result<model::EngineManifest> other;
  {
    const std::jthread thread{[&] { other = get(folder, quickest()); }};
    const auto one = get(folder, quickest());
    ASSERT_TRUE(one) << one.error().message;
  }
  ASSERT_TRUE(other) << other.error().message;
  EXPECT_THAT(trees(folder), SizeIs(1));
}

TEST_F(Mirror, AnEngineOfTheHostIsUsedWhereItIs) {
  if (newest("host").source.empty()) GTEST_SKIP() << "this host has no engine of its own";
  const auto root = open_folder();
  const auto folder = *prepare({root.path()});
  const auto manifest = get(folder, newest("host"));
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_THAT(manifest->bindir, StartsWith("/usr/lib/postgresql/"));
  EXPECT_THAT(model::to_string(manifest->id), EndsWith("host"));
  EXPECT_THAT(installed(folder), SizeIs(1));
}

enum class Of { suite, host_or_suite };  // the host's own takes less time, where there is one
struct Kill {
  const char* name;
  const char* failpoint;
  Of which;
};
class MirrorKilled : public Mirror, public testing::WithParamInterface<Kill> {};

TEST_P(MirrorKilled, PublishesNothingAndTheNextOneSweeps) {
  const auto engine = GetParam().which == Of::suite ? newest("trixie") : quickest();
  const auto root = open_folder();
  const auto folder = with_shared_downloads(root.path());
  ASSERT_NO_FATAL_FAILURE(kill_at(GetParam().failpoint, folder, engine));
  EXPECT_THAT(installed(folder), IsEmpty());
  EXPECT_FALSE(fs::is_symlink(folder.link(engine.id)));
  ASSERT_THAT(trees(folder), SizeIs(1));
  const auto pid_file = system::read_file(folder.trees() / trees(folder)[0] / "self-test/data/postmaster.pid");
  ASSERT_TRUE(sync(folder, {}, soon(), {}));
  EXPECT_THAT(trees(folder), IsEmpty());
  if (!pid_file) return;
  const auto postmaster = static_cast<pid_t>(std::stol(base::lines(*pid_file)[0]));
  EXPECT_TRUE(eventually([&] { return !system::is_running(postmaster); }));
}

constexpr Kill kKills[] = {{"Unpacked", "engine-unpacked", Of::suite},
                           {"InItsSelfTest", "engine-self-test", Of::host_or_suite},
                           {"BeforeTheLink", "engine-publish", Of::host_or_suite}};
INSTANTIATE_TEST_SUITE_P(At, MirrorKilled, testing::ValuesIn(kKills), [](const auto& test) { return test.param.name; });

// Both ways in which a download can turn out damaged: right after apt verified it, and left so in the cache.
TEST_F(Mirror, ADamagedDownloadIsNeitherUnpackedNorKept) {
  const auto root = open_folder();
  const auto folder = with_shared_downloads(root.path());
  const Path debs = folder.apt("trixie") / "debs";
  Result<model::EngineManifest> outcome;
  arm("engine-fetched");
  {
    const std::jthread thread{[&] { outcome = get(folder, newest("trixie")); }};
    ASSERT_TRUE(is_hit("engine-fetched"));
    for (const auto& name : system::list_directory(debs))
      if (name.starts_with("libpq5_")) {
        auto content = *system::read_file(debs / name);
        content[content.size() / 2] ^= 1;
        ASSERT_TRUE(system::write_file_atomic(debs / name, content, 0644));
      }
    let_go("engine-fetched");
  }
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Code::corrupt) << outcome.error().message;
  EXPECT_THAT(outcome.error().message, HasSubstr("libpq5"));
  EXPECT_THAT(trees(folder), IsEmpty());

  std::stop_source stop;
  arm("engine-fetched");
  {
    const std::jthread thread{[&] { outcome = get(folder, newest("trixie"), stop.get_token()); }};
    ASSERT_TRUE(is_hit("engine-fetched"));  // so the file has been fetched again and verified
    stop.request_stop();
    let_go("engine-fetched");
  }
  EXPECT_EQ(outcome.error().code, Code::cancelled) << outcome.error().message;
  EXPECT_THAT(trees(folder), IsEmpty());
}

TEST_F(Mirror, AFullDiskEndsInNoSpaceAndLeavesNothing) {
  const auto root = open_folder();
  if (::mount("tmpfs", root.path().c_str(), "tmpfs", 0, "size=64m,mode=0755") != 0)
    GTEST_SKIP() << "only root may mount a small disk";
  const auto folder = with_shared_downloads(root.path());
  const auto too_small = get(folder, newest("trixie"));
  EXPECT_THAT(trees(folder), IsEmpty());

  // It seems big enough at first, then somebody else fills it.
  ::mount("tmpfs", root.path().c_str(), "tmpfs", MS_REMOUNT, "size=4g");
  Result<model::EngineManifest> filled;
  arm("engine-fetched");
  {
    const std::jthread thread{[&] { filled = get(folder, newest("trixie")); }};
    EXPECT_TRUE(is_hit("engine-fetched"));
    ::mount("tmpfs", root.path().c_str(), "tmpfs", MS_REMOUNT, "size=24m");
    let_go("engine-fetched");
  }
  EXPECT_THAT(trees(folder), IsEmpty());
  ::umount2(root.path().c_str(), MNT_DETACH);
  for (const auto& outcome : {too_small, filled}) {
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, Code::no_space) << outcome.error().message;
    EXPECT_THAT(outcome.error().remedy_or_default(), HasSubstr("Free disk space"));
  }
}

}  // namespace
}  // namespace pgbaton::engine
