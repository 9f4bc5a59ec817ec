#include <thread>

#include <fmt/format.h>

#include "postgres/instance.hpp"
#include "postgres/platform.hpp"
#include "postgres/rejoin.hpp"
#include "postgres/replication.hpp"

namespace pgbaton::postgres {
namespace {

using base::Code;
using base::Deadline;
using base::Millis;
using base::Result;

constexpr Millis kLook{10};
constexpr Millis kSuspicious{1000};
constexpr Millis kNoProgress{std::chrono::seconds{60}};

// What the standby says of itself. `streaming` is what a walreceiver calls itself before it was answered.
struct Receiving {
  int timeline = 0;
  base::Lsn flushed;
  base::Lsn replayed;
};

Result<Receiving> look_at_receiver(Connection& connection, Deadline deadline) {
  const auto rows = TRY(connection.query(
      "SELECT r.received_tli, coalesce(pg_last_wal_receive_lsn(), '0/0'), coalesce(pg_last_wal_replay_lsn(), '0/0') "
      "FROM (SELECT 1) AS one LEFT JOIN pg_stat_wal_receiver AS r ON r.status = 'streaming'",
      deadline));
  const auto& row = rows.rows.at(0);
  return Receiving{std::atoi(row[0].value_or("0").c_str()), base::parse_lsn(row[1].value_or("")).value_or(base::Lsn{}),
                   base::parse_lsn(row[2].value_or("")).value_or(base::Lsn{})};
}

// What the upstream says of whoever uses the standby's slot: "streaming" has got all there is, "catchup" is on its way.
Result<std::string> state_at_upstream(const Spec& spec, Connection& upstream, Deadline deadline) {
  return TRY(
      upstream.query("SELECT r.state FROM pg_stat_replication AS r JOIN pg_replication_slots AS s "
                     "ON s.active_pid = r.pid WHERE s.slot_name = $1 AND r.flush_lsn IS NOT NULL",
                     deadline, {spec.upstream->slot}))
  .single();
}

// The segment with the standby's next record, under the name of any timeline that the upstream's line went through.
Result<bool> has_log_from(const Spec& spec, Connection& upstream, base::Lsn next, Deadline deadline) {
  const auto now = TRY(log_position(upstream, deadline));
  if (next >= now.position) return true;
  for (int timeline = now.timeline; timeline > 0; --timeline)
    if (TRY(has_segment(upstream, segment_file(timeline, next, spec.wal_segment), deadline))) return true;
  return false;
}

class Watch {
 public:
  Watch(const Spec& spec, Connection standby, Connection upstream, Deadline deadline)
      : spec_(spec), standby_(std::move(standby)), upstream_(std::move(upstream)), deadline_(deadline) {}

  Result<bool> streams() {
    const auto now = TRY(look_at_receiver(standby_, deadline_));
    const auto timeline = TRY(log_position(upstream_, deadline_))
    .timeline;
    const auto state = TRY(state_at_upstream(spec_, upstream_, deadline_));
    const bool gets_more = first_flushed_ != base::Lsn{} && now.flushed > first_flushed_;
    if (now.timeline == timeline && (state == "streaming" || (state == "catchup" && gets_more))) return true;
    if (first_flushed_ == base::Lsn{}) first_flushed_ = now.flushed;
    if (now.replayed > replayed_ || gets_more) since_ = std::chrono::steady_clock::now();
    replayed_ = now.replayed;
    return false;
  }

  Result<> check_patience() {
    const auto waited = std::chrono::steady_clock::now() - since_;
    if (waited > kSuspicious && !TRY(has_log_from(spec_, upstream_, replayed_, deadline_)))
      return base::fail(Code::corrupt, "{} cannot follow: its upstream has no longer the log from {} on", spec_.name,
                        base::to_string(replayed_));
    if (waited > kNoProgress || deadline_.passed())
      return base::fail(Code::timed_out, "{} does not stream from its upstream, and stands at {}", spec_.name,
                        base::to_string(replayed_));
    return {};
  }

 private:
  const Spec& spec_;
  Connection standby_;
  Connection upstream_;
  Deadline deadline_;
  base::Lsn first_flushed_;
  base::Lsn replayed_;
  std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
};

}  // namespace

Result<> wait_until_streaming(const Spec& spec, Deadline deadline) {
  auto standby = TRY(connect_as_platform(spec, "postgres", deadline));
  auto upstream = TRY(connect_to_upstream(spec, deadline));
  Watch watch{spec, std::move(standby), std::move(upstream), deadline};
  while (!TRY(watch.streams())) {
    TRY(watch.check_patience());
    std::this_thread::sleep_for(kLook);
  }
  return {};
}

Result<> wait_until_detached(const Spec& standby, Deadline deadline) {
  auto connection = TRY(connect_as_platform(standby, "postgres", deadline));
  while (!TRY(connection.query("SELECT 1 FROM pg_stat_wal_receiver WHERE pid IS NOT NULL", deadline)).empty()) {
    if (deadline.passed()) return base::fail(Code::timed_out, "{} still gets log from its upstream", standby.name);
    std::this_thread::sleep_for(kLook);
  }
  return {};
}

}  // namespace pgbaton::postgres
