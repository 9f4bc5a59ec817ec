#include <atomic>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include "system/certificate.hpp"
#include "system/child.hpp"
#include "system/http_client.hpp"
#include "system/http_server.hpp"
#include "system/process.hpp"
#include "system/random.hpp"
#include "system/reach.hpp"
#include "system/toml_config.hpp"

namespace pgbaton::system {
namespace {

using base::Code;
using base::Deadline;
using base::Json;
using base::Result;
using std::chrono::milliseconds;
using std::chrono::seconds;

Deadline soon() { return Deadline::after(seconds{20}); }

class SystemTest : public testing::Test {
 protected:
  TempDir folder_ = *TempDir::create(std::filesystem::temp_directory_path(), "pgbaton-system-");
};

TEST_F(SystemTest, AFileIsReplacedWholeAndWithItsMode) {
  const auto file = folder_.path() / "file";
  ASSERT_TRUE(write_file_atomic(file, "one", 0644));
  ASSERT_TRUE(write_file_atomic(file, "two", 0600));
  EXPECT_EQ(read_file(file), "two");
  struct stat info{};
  ASSERT_EQ(::stat(file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  EXPECT_EQ(list_directory(folder_.path()), std::vector<std::string>{"file"});
}

TEST_F(SystemTest, AFileThatOthersReadIsNotPrivate) {
  const auto file = folder_.path() / "keys";
  EXPECT_EQ(check_private(file).error().code, Code::not_found);
  ASSERT_TRUE(write_file_atomic(file, "", 0600));
  EXPECT_TRUE(check_private(file));
  ASSERT_TRUE(write_file_atomic(file, "", 0640));
  EXPECT_EQ(check_private(file).error().code, Code::refused);
}

TEST_F(SystemTest, AFileThatIsNotThereIsNotFound) {
  EXPECT_EQ(read_file(folder_.path() / "none").error().code, Code::not_found);
}

TEST_F(SystemTest, ALockIsHeldByOneAtATime) {
  const auto path = folder_.path() / "lock";
  {
    const auto held = FileLock::acquire(path, soon());
    ASSERT_TRUE(held);
    EXPECT_EQ(FileLock::try_acquire(path).error().code, Code::busy);
    EXPECT_EQ(FileLock::acquire(path, Deadline::after(milliseconds{30})).error().code, Code::timed_out);
  }
  EXPECT_TRUE(FileLock::try_acquire(path));
}

TEST(Child, GivesBackWhatItSaidAndHowItEnded) {
  const auto output = run({.argv = {"sh", "-c", "cat; echo problem >&2; exit 3"}, .input = "hello"}, soon());
  ASSERT_TRUE(output);
  EXPECT_EQ(output->out, "hello");
  EXPECT_EQ(output->err, "problem\n");
  EXPECT_EQ(output->status, 3);
}

TEST(Child, ThatIsNotInstalledIsNamed) {
  const auto output = run({.argv = {"no-such-program-here"}}, soon());
  ASSERT_FALSE(output);
  EXPECT_NE(output.error().message.find("no-such-program-here"), std::string::npos);
}

TEST(Child, IsEndedAtTheDeadline) {
  const auto output = run({.argv = {"sleep", "1000"}}, Deadline::after(milliseconds{50}));
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().code, Code::timed_out);
}

TEST(Child, IsEndedWhenAskedToStop) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(run({.argv = {"sleep", "1000"}}, soon(), stop.get_token()).error().code, Code::cancelled);
}

TEST(Child, SaysWhatItSaidWhenItFails) {
  const auto output = run_checked({.argv = {"sh", "-c", "echo 'No space left on device' >&2; exit 1"}}, soon());
  EXPECT_EQ(output.error().code, Code::no_space);
}

TEST_F(SystemTest, ADetachedProcessHasNoDescriptorsOfOursAndItsOwnSession) {
  const Fd ours{::open("/dev/null", O_RDONLY)};  // without close-on-exec, as libraries open theirs
  const auto log = folder_.path() / "log";
  const auto pid = spawn_detached({.argv = {"sh", "-c", "ls /proc/self/fd | wc -l; exec sleep 1000"}}, log);
  ASSERT_TRUE(pid);
  const auto deadline = soon();
  while (read_file(log).value_or("").empty() && !deadline.passed()) std::this_thread::yield();
  EXPECT_EQ(::getsid(*pid), *pid);
  EXPECT_LE(std::stoi(*read_file(log)), 4);  // the three standard ones, and the folder that ls reads
  EXPECT_TRUE(is_running(*pid));
  ASSERT_TRUE(send_signal(*pid, SIGKILL));
  while (is_running(*pid) && !deadline.passed()) std::this_thread::yield();
  EXPECT_FALSE(is_running(*pid));
}

TEST(Process, StartTimeTellsTwoProcessesOfOnePidApart) {
  EXPECT_EQ(process_start(::getpid()), process_start(::getpid()));
  EXPECT_FALSE(process_start(0x7fffffff));
}

TEST(Random, SecretsDiffer) {
  EXPECT_EQ(random_secret(24).reveal().size(), 24U);
  EXPECT_NE(random_secret(24).reveal(), random_secret(24).reveal());
}

TEST(Endpoint, IsParsedAsUsersWriteIt) {
  EXPECT_EQ(parse_endpoint("[::1]:8432")->host, "::1");
  EXPECT_TRUE(parse_endpoint("localhost:1")->is_loopback());
  EXPECT_FALSE(parse_endpoint("0.0.0.0:8432")->is_loopback());
  for (const auto* text : {"", "8432", ":8432", "host:", "host:0", "host:65536", "host:x"})
    EXPECT_FALSE(parse_endpoint(text)) << text;
}

TEST_F(SystemTest, AMisspeltSettingIsNamed) {
  const auto file = folder_.path() / "a.toml";
  ASSERT_TRUE(write_file_atomic(file, "lissten = \"x\"\n", 0600));
  const auto config = TomlConfig::read(file.string(), {"listen"});
  ASSERT_FALSE(config);
  EXPECT_NE(config.error().message.find("lissten"), std::string::npos);
}

TEST_F(SystemTest, OurOwnFolderIsReachedByItsOwnPath) {
  EXPECT_EQ(reachable(current_user(), folder_.path()), std::filesystem::canonical(folder_.path()));
}

class HttpTest : public SystemTest {
 protected:
  void SetUp() override {
    target_.unix_socket = (folder_.path() / "s").string();
    server_ = *HttpServer::create({.unix_socket = target_.unix_socket});
    server_->route("GET", "/things/{name}", [](const HttpRequest& request) -> Result<HttpReply> {
      if (request.parts[0] == "none") return base::fail(Code::not_found, "there is no thing none");
      return HttpReply{.body = {{"name", request.parts[0]}, {"token", request.token}}};
    });
    server_->route("GET", "/count", [](const HttpRequest&) -> Result<HttpReply> {
      return HttpReply{.events = [](const SendEvent& send, const std::function<bool()>& stopping) {
        for (int number = 0; !stopping() && send(std::to_string(number)); ++number) std::this_thread::yield();
      }};
    });
    ASSERT_TRUE(server_->start());
  }
  HttpTarget target_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpTest, AnswersWithJson) {
  target_.token = base::Secret{"abc"};
  const auto answer = http_request(target_, "GET", "/things/x", nullptr, soon());
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, (Json{{"name", "x"}, {"token", "abc"}}));
}

TEST_F(HttpTest, AnErrorArrivesAsTheSameError) {
  const auto answer = http_request(target_, "GET", "/things/none", nullptr, soon());
  EXPECT_EQ(answer.error().code, Code::not_found);
  EXPECT_EQ(answer.error().message, "there is no thing none");
}

TEST_F(HttpTest, WhatIsNotThereIsSaidInWords) {
  EXPECT_EQ(http_request(target_, "GET", "/nothing", nullptr, soon()).error().code, Code::not_found);
}

TEST_F(HttpTest, EventsArriveUntilTheReaderHasEnough) {
  std::vector<std::string> seen;
  ASSERT_TRUE(http_events(target_, "/count", [&](std::string_view data) {
    seen.emplace_back(data);
    return seen.size() < 3;
  }));
  EXPECT_EQ(seen, (std::vector<std::string>{"0", "1", "2"}));
}

TEST_F(HttpTest, StopsWhileAnEventStreamIsBeingRead) {
  std::atomic<bool> reading = false;
  std::jthread reader{[&] {
    std::ignore = http_events(target_, "/count", [&](std::string_view) {
      reading = true;
      return true;
    });
  }};
  const auto deadline = soon();
  while (!reading && !deadline.passed()) std::this_thread::yield();
  server_->stop();
  EXPECT_EQ(http_request(target_, "GET", "/things/x", nullptr, soon()).error().code, Code::unreachable);
}

TEST_F(SystemTest, TlsIsServedWithOurOwnAuthority) {
  const auto authority = folder_.path() / "tls";
  ASSERT_TRUE(ensure_authority(authority));
  const auto certificate = authority / "server.crt";
  const auto key = authority / "server.key";
  ASSERT_TRUE(issue_certificate(authority,
                                {.common_name = "localhost", .dns_names = {"localhost"}, .addresses = {"127.0.0.1"}},
                                certificate, key));
  const auto output =
      run({.argv = {"openssl", "verify", "-CAfile", (authority / "ca.crt").string(), certificate.string()}}, soon());
  ASSERT_TRUE(output);
  EXPECT_EQ(output->status, 0) << output->tail();
}

// Server and agents of several hosts: neither talks to whom the other's authority has made no certificate for this.
TEST_F(SystemTest, OnlyClientsWithACertificateForClientsAreLetIn) {
  const auto authority = folder_.path() / "tls";
  const auto another = folder_.path() / "another";
  const auto file = [&](const char* name) { return (folder_.path() / name).string(); };
  const CertificateRequest server{"agent", {}, {"127.0.0.1"}};
  const CertificateRequest client{.common_name = "server", .dns_names = {}, .addresses = {}, .usage = Usage::client};
  for (const auto& folder : {authority, another}) ASSERT_TRUE(ensure_authority(folder));
  ASSERT_TRUE(issue_certificate(authority, server, file("s.crt"), file("s.key")));
  ASSERT_TRUE(issue_certificate(authority, client, file("c.crt"), file("c.key")));
  ASSERT_TRUE(issue_certificate(another, client, file("x.crt"), file("x.key")));
  int port = 20'000 + ::getpid() % 10'000;
  while (!can_listen({"127.0.0.1", port})) ++port;
  const auto http = *HttpServer::create({.endpoint = {"127.0.0.1", port},
                                         .certificate = file("s.crt"),
                                         .key = file("s.key"),
                                         .client_authority = (authority / "ca.crt").string()});
  http->route("GET", "/", [](const HttpRequest&) { return HttpReply{.body = Json::object()}; });
  ASSERT_TRUE(http->start());
  const auto is_let_in = [&](const char* certificate, const char* key, const Path& trusted) {
    const HttpTarget target{.endpoint = {"127.0.0.1", port},
                            .tls = true,
                            .ca_file = trusted / "ca.crt",
                            .certificate = *certificate ? file(certificate) : "",
                            .key = *key ? file(key) : ""};
    return http_request(target, "GET", "/", nullptr, soon()).has_value();
  };
  EXPECT_TRUE(is_let_in("c.crt", "c.key", authority));
  EXPECT_FALSE(is_let_in("", "", authority)) << "nobody in particular";
  EXPECT_FALSE(is_let_in("x.crt", "x.key", authority)) << "of another authority";
  EXPECT_FALSE(is_let_in("s.crt", "s.key", authority)) << "an agent is no server";
  EXPECT_FALSE(is_let_in("c.crt", "c.key", another)) << "the agent is not the one that is meant";
}

TEST(AddressRange, HoldsWhatItsBitsSay) {
  EXPECT_TRUE(is_in_range("10.1.2.3", "10.0.0.0/8"));
  EXPECT_FALSE(is_in_range("11.1.2.3", "10.0.0.0/8"));
  EXPECT_TRUE(is_in_range("192.168.1.129", "192.168.1.128/25"));
  EXPECT_FALSE(is_in_range("192.168.1.127", "192.168.1.128/25"));
  EXPECT_TRUE(is_in_range("127.0.0.1", "127.0.0.1"));
  EXPECT_TRUE(is_in_range("1.2.3.4", "0.0.0.0/0"));
  EXPECT_TRUE(is_in_range("fd00::7", "fd00::/8"));
  EXPECT_FALSE(is_in_range("10.1.2.3", "fd00::/8"));
  for (const auto* text : {"10.0.0.0/33", "10.0.0/8", "10.0.0.0/", "10.0.0.0/x", "host", "", "fd00::/129"})
    EXPECT_FALSE(is_address_range(text)) << text;
}

}  // namespace
}  // namespace pgbaton::system
