// One instance becoming its upstream's standby: the cheapest way that works. Under the instance's lock, on a job's
// thread.
#pragma once

#include "agent/job.hpp"
#include "postgres/rejoin.hpp"

namespace pgbaton::agent {

class Rejoining {
 public:
  /// `instance` has its new upstream already.
  Rejoining(const JobContext& context, Instance& instance, postgres::Spec spec)
      : context_(context), instance_(instance), spec_(std::move(spec)) {}

  /// Code::refused for one that runs as a primary.
  [[nodiscard]] base::Result<> check() const;
  /// What was done, when it streams.
  [[nodiscard]] base::Result<postgres::RejoinPlan> run();

 private:
  [[nodiscard]] base::Result<> carry_out(postgres::Rejoin method);
  [[nodiscard]] base::Result<> follow();
  [[nodiscard]] base::Result<> start_and_stream();
  [[nodiscard]] base::Result<> want(const char* desired);

  const JobContext& context_;
  Instance& instance_;
  postgres::Spec spec_;
};

}  // namespace pgbaton::agent
