// Runs jobs: each on its own thread, journaled before it begins and after it ended. At most 64 at once.
#pragma once

#include <condition_variable>
#include <list>
#include <map>
#include <thread>

#include "agent/job.hpp"

namespace pgbaton::agent {

class Jobs {
 public:
  Jobs(const Config& config, Journal& journal, Instances& instances, const std::vector<engine::Source>& sources)
      : config_(config), journal_(journal), instances_(instances), sources_(sources) {}

  /// Begins the job unless one of this id is known, and returns it. Code::busy at the limit.
  [[nodiscard]] base::Result<api::Job> submit(const api::JobRequest& request);
  /// The job as soon as it has ended, or after its next progress, or at the deadline.
  [[nodiscard]] base::Result<api::Job> wait(const std::string& id, base::Deadline deadline);
  /// Asks all to stop and waits for them. What they had not finished is interrupted at the next start.
  void stop();

 private:
  struct Running {
    api::Job job;
    int changes = 0;
    bool ended = false;  // and kept: its thread has nothing left to do
    std::jthread thread;
  };
  void run(const api::JobRequest& request, Running& running, const std::stop_token& stop);
  [[nodiscard]] base::Result<base::Json> carry_out(const api::JobRequest& request, Running& running,
                                                   const std::stop_token& stop);
  void reap();

  const Config& config_;
  Journal& journal_;
  Instances& instances_;
  const std::vector<engine::Source>& sources_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Running> running_;
  bool stopping_ = false;
};

}  // namespace pgbaton::agent
