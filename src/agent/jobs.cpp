#include "agent/jobs.hpp"

#include "api/problem.hpp"
#include "system/clock.hpp"
#include "system/failpoint.hpp"
#include "system/log.hpp"

namespace pgbaton::agent {

using api::Job;
using api::JobState;
using base::Code;
using base::Json;
using base::Result;

namespace {
constexpr std::size_t kAtOnce = 64;
}

Result<Job> Jobs::submit(const api::JobRequest& request) {
  if (request.id.empty()) return base::fail(Code::invalid_argument, "a job needs an id");
  const std::scoped_lock lock{mutex_};
  reap();
  if (stopping_ || running_.size() >= kAtOnce)
    return base::fail(Code::busy, "the agent runs {} jobs already", running_.size());
  auto accepted = TRY(journal_.accept(request));
  if (!accepted.is_new) return accepted.job;
  auto& running = running_[request.id];
  running.job = accepted.job;
  running.thread =
      std::jthread([this, request, &running](const std::stop_token& stop) { run(request, running, stop); });
  return accepted.job;
}

// Threads that have come to their end: joined here, so that none is joined by itself.
void Jobs::reap() {
  std::erase_if(running_, [](const auto& entry) { return entry.second.ended; });
}

Result<Json> Jobs::carry_out(const api::JobRequest& request, Running& running, const std::stop_token& stop) {
  const auto& row = row_of(request.kind);
  const auto progress = [&](std::string_view phase, double fraction) {
    const std::scoped_lock lock{mutex_};
    running.job.progress = {std::string{phase}, fraction};
    ++running.changes;
    changed_.notify_all();
  };
  return row.run(JobContext{.config = config_,
                            .journal = journal_,
                            .instances = instances_,
                            .sources = sources_,
                            .request = request,
                            .deadline = base::Deadline::after(row.limit),
                            .stop = stop,
                            .progress = progress});
}

void Jobs::run(const api::JobRequest& request, Running& running, const std::stop_token& stop) {
  const auto kind = std::string{to_string(request.kind)};
  system::failpoint("agent." + kind + ".started");
  auto outcome = carry_out(request, running, stop);
  system::failpoint("agent." + kind + ".ran");
  Job job{.id = request.id,
          .kind = request.kind,
          .state = outcome ? JobState::finished : JobState::failed,
          .progress = {},
          .result = outcome ? *outcome : Json{},
          .problem = outcome ? Json{} : api::to_problem(outcome.error()),
          .started_at = running.job.started_at,
          .ended_at = system::timestamp()};
  if (!outcome)
    system::log_warning("job failed", {{"job", job.id}, {"kind", kind}, {"error", outcome.error().message}});
  // Asked to stop, it has not failed: the journal keeps it as running, and the next start calls it interrupted.
  const bool asked_to_stop = !outcome && stop.stop_requested();
  {
    // Told before it is kept: clients may be waiting for what comes next. Whoever was told does not ask again under
    // this id, and whoever was not is told "interrupted" should we die just now.
    const std::scoped_lock lock{mutex_};
    running.job = job;
    ++running.changes;
    changed_.notify_all();
  }
  if (!asked_to_stop)
    if (auto kept = journal_.put(job); !kept)
      system::log_error("the journal cannot be written", {{"error", kept.error().message}});
  const std::scoped_lock lock{mutex_};
  running.ended = true;
}

Result<Job> Jobs::wait(const std::string& id, base::Deadline deadline) {
  {
    std::unique_lock lock{mutex_};
    const auto seen = running_.contains(id) ? running_[id].changes : 0;
    changed_.wait_for(lock, deadline.remaining(), [&] {
      const auto found = running_.find(id);
      return found == running_.end() || found->second.job.state != JobState::running || found->second.changes > seen ||
             stopping_;
    });
    if (const auto found = running_.find(id); found != running_.end()) return found->second.job;
  }
  auto known = TRY(journal_.job(id));
  if (!known) return base::fail(Code::not_found, "the agent knows no job {}", id);
  return *known;
}

void Jobs::stop() {
  {
    const std::scoped_lock lock{mutex_};
    stopping_ = true;  // from here on the map gains nothing, and only this thread takes from it
    for (auto& [id, running] : running_) running.thread.request_stop();
    changed_.notify_all();
  }
  for (auto& [id, running] : running_)
    if (running.thread.joinable()) running.thread.join();
}

}  // namespace pgbaton::agent
