// What the tests against real engines share: which engines there are, and an instance in a folder of its own that is
// gone with the object, server and all.
#pragma once

#include <cstdlib>
#include <map>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/text.hpp"
#include "postgres/instance.hpp"
#include "postgres/platform.hpp"
#include "system/certificate.hpp"
#include "system/user.hpp"

namespace pgbaton::postgres {

inline base::Deadline soon() { return base::Deadline::after(std::chrono::seconds{60}); }

/// The bin folders below DIR/*/lib/postgresql, where pgbaton's own engines have them: the newest of each major.
inline std::vector<system::Path> engines_below(const system::Path& folder) {
  std::map<std::string, system::Path> of_major;
  for (const auto& engine : system::list_directory(folder))
    for (const auto& major : system::list_directory(folder / engine / "lib/postgresql"))
      of_major[major] = folder / engine / "lib/postgresql" / major / "bin";
  std::vector<system::Path> found;
  for (const auto& [major, bindir] : of_major) found.push_back(bindir);
  return found;
}

/// Folders of engines: those that PGBATON_TEST_BINDIR names (separated by ':'), else the installed ones below
/// PGBATON_TEST_ENGINES, else those of the host.
inline std::vector<system::Path> test_engines() {
  std::vector<system::Path> engines;
  if (const char* named = std::getenv("PGBATON_TEST_BINDIR"); named != nullptr)
    for (const auto& folder : base::split(named, ':')) engines.emplace_back(folder);
  if (const char* kept = std::getenv("PGBATON_TEST_ENGINES"); kept != nullptr && engines.empty())
    engines = engines_below(kept);
  if (engines.empty())
    for (const auto& major : system::list_directory("/usr/lib/postgresql"))
      engines.emplace_back(system::Path{"/usr/lib/postgresql"} / major / "bin");
  std::error_code error;
  std::erase_if(engines, [&](const auto& folder) { return !std::filesystem::exists(folder / "initdb", error); });
  return engines;
}

constexpr auto kNoEngine =
    "no PostgreSQL engine: set PGBATON_TEST_BINDIR to the bin folders of some, or install the package postgresql";

/// A socket that listens on a port of 127.0.0.1 that nobody else has.
class Listener {
 public:
  Listener() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(fd_.get(), any, size) != 0 || ::listen(fd_.get(), 1) != 0 || ::getsockname(fd_.get(), any, &size) != 0)
      ADD_FAILURE() << "cannot listen on 127.0.0.1";
    port_ = ntohs(address.sin_port);
  }
  [[nodiscard]] int port() const { return port_; }

 private:
  system::Fd fd_;
  int port_ = 0;
};

inline int free_port() { return Listener{}.port(); }

/// Where instances of tests lie: in memory when there is room, since initdb spends most of its time waiting for disks.
/// PGBATON_TEST_FOLDER names another place, to measure on it.
inline system::Path test_folder() {
  if (const char* named = std::getenv("PGBATON_TEST_FOLDER"); named != nullptr) return named;
  constexpr base::Bytes kRoom{std::int64_t{2} << 30};
  const auto room = system::free_space("/dev/shm");
  return room && *room >= kRoom && ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
}

class TestInstance {
 public:
  explicit TestInstance(const system::Path& bindir)
      : folder_(system::TempDir::create(test_folder(), "pgbaton-test-").value()) {
    spec = {.name = "shop-1",
            .folder = folder_.path() / "shop-1",
            .socket_folder = folder_.path() / "s",
            .bindir = bindir,
            .port = free_port(),
            .listen_addresses = {"127.0.0.1"},
            .memory = {std::int64_t{512} << 20},
            .superuser_os_users = {system::current_user().name}};
    const auto authority = folder_.path() / "ca";
    const system::CertificateRequest request{.common_name = "shop", .dns_names = {}, .addresses = {"127.0.0.1"}};
    const bool made =
        system::make_directory(authority, 0700) && system::make_directory(spec.tls(), 0700) &&
        system::ensure_authority(authority) &&
        system::issue_certificate(authority, request, spec.tls() / "server.crt", spec.tls() / "server.key");
    EXPECT_TRUE(made) << "no certificate";
    std::filesystem::copy_file(authority / "ca.crt", spec.tls() / "ca.crt");
  }
  ~TestInstance() { static_cast<void>(stop(spec, StopMode::immediate, soon())); }
  TestInstance(const TestInstance&) = delete;
  TestInstance& operator=(const TestInstance&) = delete;

  [[nodiscard]] base::Result<> initialise_and_start() const {
    TRY(initialise(spec, soon()));
    return start(spec, soon());
  }
  [[nodiscard]] base::Result<Rows> query(const std::string& sql, const std::string& database = "postgres") const {
    auto connection = TRY(connect_as_platform(spec, database, soon()));
    return connection.query(sql, soon());
  }
  /// The query's only value, or what went wrong.
  [[nodiscard]] std::string value(const std::string& sql, const std::string& database = "postgres") const {
    const auto rows = query(sql, database);
    return rows ? rows->single() : rows.error().message;
  }
  [[nodiscard]] ConnectOptions over_tcp(const std::string& user, const std::string& password) const {
    return {.host = "127.0.0.1",
            .port = spec.port,
            .user = user,
            .password = base::Secret{password},
            .database = "postgres"};
  }

  Spec spec;

 private:
  system::TempDir folder_;
};

/// Skips where there is no engine; `engine()` is the newest of them.
class WithEngine : public testing::Test {
 protected:
  void SetUp() override {
    if (test_engines().empty()) GTEST_SKIP() << kNoEngine;
  }
  [[nodiscard]] static system::Path engine() { return test_engines().back(); }
};

}  // namespace pgbaton::postgres

#define ASSERT_OK(...)                                                           \
  do {                                                                           \
    const auto& asserted_result = (__VA_ARGS__);                                 \
    ASSERT_TRUE(asserted_result.has_value()) << asserted_result.error().message; \
  } while (false)
#define EXPECT_OK(...)                                                           \
  do {                                                                           \
    const auto& expected_result = (__VA_ARGS__);                                 \
    EXPECT_TRUE(expected_result.has_value()) << expected_result.error().message; \
  } while (false)
