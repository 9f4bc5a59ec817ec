// A database that the gateway serves: what it was told of it, its gate and its counters. Shared by the loops and the
// control threads. The data path looks at atomics only.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "api/gateway.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"
#include "gateway/histogram.hpp"
#include "gateway/tls.hpp"

namespace pgbaton::gateway {

/// The path of a server's Unix socket.
[[nodiscard]] inline std::string socket_of(const api::ServerAddress& server) {
  return fmt::format("{}/.s.PGSQL.{}", server.socket_folder, server.port);
}

/// For logs.
[[nodiscard]] inline std::string words_for(const api::ServerAddress& server) {
  return server.socket_folder.empty() ? fmt::format("{} port {}", server.address, server.port) : socket_of(server);
}

/// Only ever added to; read by /metrics.
struct Counters {
  std::atomic<std::uint64_t> connections{0};
  std::atomic<std::uint64_t> refused{0};
  std::atomic<std::uint64_t> transactions{0};
  std::atomic<std::uint64_t> bytes_from_clients{0};
  std::atomic<std::uint64_t> bytes_to_clients{0};
  std::atomic<std::uint64_t> holds{0};
  std::atomic<std::uint64_t> moved{0};
  std::atomic<std::uint64_t> swapped{0};
  std::atomic<std::uint64_t> parked{0};
  std::atomic<std::uint64_t> losses{0};  // of the server, while nobody was held
  std::atomic<std::uint64_t> waited{0};  // sessions that such a loss let wait
  Histogram latency;
};

/// Told by sessions that something a hold may wait for has changed; waited for by the thread that carries the hold out.
class Bell {
 public:
  void ring() {
    {
      const std::scoped_lock lock{mutex_};
      ++rung_;
    }
    changed_.notify_all();
  }
  /// Until it has rung since the last wait, or for `longest`.
  void wait(base::Millis longest) {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, longest, [&] { return rung_ != heard_; });
    heard_ = rung_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t rung_ = 0;
  std::uint64_t heard_ = 0;
};

class Served {
 public:
  /// What may be replaced while sessions run; those that have begun keep what they began with.
  struct Settings {
    api::ServedDatabase database;
    std::shared_ptr<const Tls> tls;
  };

  Served(std::string name, base::Secret mock) : name(std::move(name)), mock_secret(std::move(mock)) {}

  [[nodiscard]] std::shared_ptr<const Settings> settings() const {
    const std::scoped_lock lock{mutex_};
    return settings_;
  }
  void replace(Settings settings) {
    const std::scoped_lock lock{mutex_};
    waits_on_loss = settings.database.on_loss == api::OnLoss::wait;
    in_maintenance = settings.database.maintenance.has_value();
    settings_ = std::make_shared<const Settings>(std::move(settings));
  }
  [[nodiscard]] api::ServerAddress server() const { return settings()->database.server; }
  /// The coming server, on which sessions wait already; absent: there is none.
  [[nodiscard]] std::optional<api::ServerAddress> candidate() const {
    const std::scoped_lock lock{mutex_};
    return candidate_;
  }
  void set_candidate(std::optional<api::ServerAddress> candidate) {
    const std::scoped_lock lock{mutex_};
    candidate_ = std::move(candidate);
  }

  /// A session's server has died, and it waits for the next one.
  void session_waits() {
    const std::scoped_lock lock{mutex_};
    if (lost_sessions_++ == 0) {
      lost_since_ = std::chrono::system_clock::now();
      ++counters.losses;
    }
    ++counters.waited;
  }
  void session_goes_on() {
    const std::scoped_lock lock{mutex_};
    --lost_sessions_;
  }
  /// How many sessions wait for the next server, and since when the first does.
  [[nodiscard]] std::pair<int, std::chrono::system_clock::time_point> lost() const {
    const std::scoped_lock lock{mutex_};
    return {lost_sessions_, lost_since_};
  }

  /// A session that was ended by a hold or could not be carried, in words; the first hundred are kept.
  void note_ended(std::string why) {
    const std::scoped_lock lock{mutex_};
    ++ended_;
    if (problems_.size() < kMaxProblems) problems_.push_back(std::move(why));
  }
  /// Those since the last call.
  [[nodiscard]] std::pair<int, std::vector<std::string>> take_ended() {
    const std::scoped_lock lock{mutex_};
    return {std::exchange(ended_, 0), std::exchange(problems_, {})};
  }

  const std::string name;
  const base::Secret mock_secret;  // what the salts of roles that do not exist are made from
  std::atomic<bool> gate_closed{false};
  std::atomic<bool> waits_on_loss{false};
  std::atomic<bool> in_maintenance{false};
  std::atomic<int> sessions{0};
  Counters counters;
  Bell bell;

 private:
  static constexpr std::size_t kMaxProblems = 100;
  mutable std::mutex mutex_;
  std::shared_ptr<const Settings> settings_;
  std::optional<api::ServerAddress> candidate_;
  int lost_sessions_ = 0;
  std::chrono::system_clock::time_point lost_since_;
  int ended_ = 0;
  std::vector<std::string> problems_;
};

}  // namespace pgbaton::gateway
