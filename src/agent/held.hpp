// What every job about one instance begins with.
#pragma once

#include "agent/job.hpp"
#include "api/restore.hpp"

namespace pgbaton::agent {

template <typename Parameters>
struct Held {
  Parameters parameters;
  std::unique_lock<std::mutex> lock;
};

template <typename Parameters>
const std::string& instance_of(const Parameters& parameters) {
  return parameters.instance;
}
inline const std::string& instance_of(const api::CreateStandby& parameters) { return parameters.instance.instance; }
inline const std::string& instance_of(const api::RestoreInstance& parameters) { return parameters.instance.instance; }

/// The job's parameters and its instance's lock. Once it has the lock it checks that no newer driver of the database
/// has spoken meanwhile: a job that waited for the lock may be a dead server's.
template <typename Parameters>
base::Result<Held<Parameters>> hold(const JobContext& context) {
  auto parameters = TRY(base::convert<Parameters>(context.request.parameters));
  auto lock = context.instances.lock(instance_of(parameters));
  TRY(context.journal.check_generation(context.request));
  return Held<Parameters>{std::move(parameters), std::move(lock)};
}

class Stopwatch {
 public:
  [[nodiscard]] std::int64_t elapsed_ms() const {
    return std::chrono::duration_cast<base::Millis>(std::chrono::steady_clock::now() - begin_).count();
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

/// A fast stop; an immediate one when that takes too long.
[[nodiscard]] base::Result<> stop_within(const postgres::Spec& spec, base::Deadline deadline);

}  // namespace pgbaton::agent
