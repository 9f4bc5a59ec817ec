// Carries operations out: one thread per running operation, taking turn after turn until it has ended.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "server/turn.hpp"

namespace pgbaton::server {

class Executor {
 public:
  explicit Executor(const Shop& shop) : shop_(shop) {}

  /// Begins an operation that has just been stored, or goes on with one that was.
  void begin(const std::string& operation_id);
  /// Takes over every operation that has not ended, under a new generation.
  [[nodiscard]] base::Result<> recover();
  /// Makes the step that runs look up: the operation was cancelled.
  void nudge(const std::string& operation_id);
  /// What the running step says of itself; absent when there is nothing to say.
  [[nodiscard]] std::optional<api::Progress> progress(const std::string& operation_id);
  /// Leaves running operations where they are and waits for their threads.
  void stop();

 private:
  struct Running {
    std::stop_source turn;
    std::optional<api::Progress> progress;
    bool ended = false;
    std::jthread thread;
  };
  void carry_out(const std::string& id, const std::stop_token& stop);
  [[nodiscard]] TurnOptions options_for(const std::string& id, int attempt, bool agent_may_be_away);

  const Shop& shop_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::map<std::string, Running> running_;
  bool stopping_ = false;
};

}  // namespace pgbaton::server
