#include "agent/rejoining.hpp"

#include "agent/held.hpp"
#include "postgres/configure.hpp"
#include "postgres/platform.hpp"
#include "postgres/replication.hpp"
#include "postgres/standby.hpp"
#include "system/log.hpp"

namespace pgbaton::agent {

using base::Code;
using base::Result;
using postgres::InstanceState;
using postgres::Rejoin;
using postgres::RejoinPlan;

namespace {

// Whether a dearer way may help: not when nobody answers, nor when it is not about the data.
bool is_about_the_data(const base::Error& error) {
  return error.code == Code::corrupt || error.code == Code::timed_out || error.code == Code::failed ||
         error.code == Code::interrupted;
}

}  // namespace

Result<> Rejoining::check() const {
  if (postgres::status(spec_).state == InstanceState::stopped || postgres::is_standby(spec_)) return {};
  return base::fail({Code::refused, fmt::format("{} runs as a primary", spec_.name),
                     "Fence it first, when another primary is in service."});
}

Result<RejoinPlan> Rejoining::run() {
  TRY(ensure_certificate(context_.config, spec_));
  // What was cut off may not be torn down yet, and its last write to the log not be there.
  if (postgres::status(spec_).state == InstanceState::stopped)
    TRY(postgres::stop(spec_, postgres::StopMode::immediate, context_.deadline));
  auto plan = TRY(postgres::plan_rejoin(spec_, context_.deadline));
  for (;;) {
    context_.progress(to_string(plan.method), 0);
    const auto done = carry_out(plan.method);
    if (done) return plan;
    const bool may_help = is_about_the_data(done.error()) && !context_.deadline.passed();
    if (plan.method == Rejoin::rebuilt || !may_help) return std::unexpected(done.error());
    system::log_warning("a standby is made anew", {{"instance", spec_.name}, {"reason", done.error().message}});
    const auto before = plan.reason.empty() ? "" : plan.reason + "; ";
    plan = {Rejoin::rebuilt, before + done.error().message, plan.left, plan.tail};
  }
}

Result<> Rejoining::carry_out(Rejoin method) {
  if (method == Rejoin::followed) return follow();
  // What is stopped for this must stay so until it is whole.
  TRY(want("stopped"));
  if (method == Rejoin::rewound) {
    TRY(stop_within(spec_, context_.deadline));
    TRY(postgres::rewind_standby(spec_, context_.deadline, context_.stop));
  } else {
    TRY(postgres::rebuild_standby(spec_, context_.deadline, context_.stop, context_.progress));
  }
  return start_and_stream();
}

// A standby that runs goes on running: it only reads its settings again, and keeps its sessions.
Result<> Rejoining::follow() {
  const auto now = postgres::status(spec_);
  std::error_code error;
  const bool same_engine = now.bindir == std::filesystem::weakly_canonical(spec_.bindir, error);
  if (now.state != InstanceState::running || !same_engine) {
    TRY(stop_within(spec_, context_.deadline));
    auto upstream = TRY(postgres::connect_to_upstream(spec_, context_.deadline));
    TRY(postgres::ensure_own_slot(upstream, spec_.upstream->slot, postgres::InUse::end, context_.deadline));
    return start_and_stream();
  }
  auto upstream = TRY(postgres::connect_to_upstream(spec_, context_.deadline));
  TRY(postgres::ensure_own_slot(upstream, spec_.upstream->slot, postgres::InUse::leave, context_.deadline));
  TRY(postgres::mark_as_standby(spec_));
  TRY(want("running"));
  TRY(postgres::reload(spec_));
  return postgres::wait_until_streaming(spec_, context_.deadline);
}

Result<> Rejoining::start_and_stream() {
  TRY(postgres::mark_as_standby(spec_));
  TRY(want("running"));
  if (auto started = context_.instances.start(instance_, context_.deadline); !started) {
    TRY(want("stopped"));
    return started;
  }
  auto connection = TRY(postgres::connect_as_platform(spec_, "postgres", context_.deadline));
  TRY(postgres::drop_idle_slots(connection, context_.deadline));
  return postgres::wait_until_streaming(spec_, context_.deadline);
}

Result<> Rejoining::want(const char* desired) {
  instance_.desired = desired;
  return context_.journal.put(instance_);
}

}  // namespace pgbaton::agent
