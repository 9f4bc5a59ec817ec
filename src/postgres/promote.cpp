#include <thread>

#include <fmt/format.h>

#include "postgres/future_segments.hpp"
#include "postgres/platform.hpp"
#include "postgres/replication.hpp"
#include "postgres/upstream.hpp"
#include "system/failpoint.hpp"

namespace pgbaton::postgres {
namespace {

using base::Code;
using base::Deadline;
using base::Millis;
using base::Result;

constexpr Millis kReplays{std::chrono::seconds{10}};
constexpr Millis kLookAgain{1};

std::int64_t elapsed_ms(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - since).count();
}

Result<bool> is_in_recovery(Connection& connection, Deadline deadline) {
  return TRY(connection.query("SELECT pg_is_in_recovery()", deadline))
  .single() == "t";
}

// What it has received but not replayed yet it replays in a moment; what it has not received will never come.
Result<> wait_for_replay(const Spec& spec, Connection& connection, base::Lsn at_least, Deadline deadline) {
  const auto patience = deadline.within(kReplays);
  for (;;) {
    const auto now = TRY(log_position(connection, deadline));
    if (!now.in_recovery || now.replayed >= at_least) return {};
    if (now.position < at_least || patience.passed())
      return base::fail(Code::refused,
                        "{} is not promoted: it has the log up to {} and replayed up to {}, not up to {}", spec.name,
                        base::to_string(now.position), base::to_string(now.replayed), base::to_string(at_least));
    std::this_thread::sleep_for(kLookAgain);
  }
}

// Refused by one that came out of recovery just now: by a promotion whose agent was killed, for instance.
Result<> ask_to_promote(Connection& connection, Deadline deadline) {
  system::failpoint("postgres.promote.looked");
  const auto asked = connection.query("SELECT pg_promote(false)", deadline);  // true would look again only after 100 ms
  if (!asked && TRY(is_in_recovery(connection, deadline))) return std::unexpected{asked.error()};
  return {};
}

// Where its timeline begins is the last line of the history that promotion wrote.
Result<api::PromoteAnswer> where_it_begins(const Spec& spec, Connection& connection, Deadline deadline) {
  const auto now = TRY(log_position(connection, deadline));
  api::PromoteAnswer answer{.position = now.position, .timeline = now.timeline};
  const auto text = system::read_file(spec.data() / "pg_wal" / history_file(now.timeline));
  const auto history = text ? parse_history(*text) : std::vector<TimelineSwitch>{};
  if (!history.empty()) answer.position = history.back().at;
  return answer;
}

Result<api::PromoteAnswer> in_force(const Spec& spec, Connection& connection, std::int64_t duration_ms,
                                    Deadline deadline) {
  auto answer = TRY(where_it_begins(spec, connection, deadline));
  answer.duration_ms = duration_ms;
  if (spec.replication) TRY(ensure_slots(connection, spec.replication->slots, Reserve::now, deadline));
  return answer;
}

}  // namespace

Result<api::PromoteAnswer> promote(const Spec& spec, base::Lsn at_least, Deadline deadline) {
  auto connection = TRY(connect_as_platform(spec, "postgres", deadline));
  if (!TRY(is_in_recovery(connection, deadline))) return in_force(spec, connection, {}, deadline);
  TRY(wait_for_replay(spec, connection, at_least, deadline));
  const auto begin = std::chrono::steady_clock::now();
  TRY(ask_to_promote(connection, deadline));
  system::failpoint("postgres.promote.asked");
  while (TRY(is_in_recovery(connection, deadline))) {
    if (deadline.passed()) return base::fail(Code::timed_out, "{} is still being promoted", spec.name);
    std::this_thread::sleep_for(kLookAgain);
  }
  return in_force(spec, connection, elapsed_ms(begin), deadline);
}

Result<api::ReadyAnswer> make_ready(const Spec& spec, Deadline deadline) {
  auto connection = TRY(connect_as_platform(spec, "postgres", deadline));
  const auto begin = std::chrono::steady_clock::now();
  TRY(connection.execute("CHECKPOINT", deadline));
  api::ReadyAnswer answer{.checkpoint_ms = elapsed_ms(begin)};
  if (!TRY(is_in_recovery(connection, deadline))) return answer;
  if (spec.replication) TRY(ensure_slots(connection, spec.replication->slots, Reserve::at_first_use, deadline));
  answer.segments_removed = TRY(remove_future_segments(spec, connection, deadline));
  return answer;
}

}  // namespace pgbaton::postgres
