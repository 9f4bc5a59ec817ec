// Where a session stands: requests counted against their answers, so that the gateway knows when nothing of it is in
// flight. Told of every message of both sides; keeps types of messages, never bytes.
//
// Safe boundary: every request has had its answer, the last ReadyForQuery said idle, nothing was sent since that waits
// for a Sync, no COPY runs. Partial messages are the FrameWalkers' matter.
//
// What makes it more than counting (src/backend/tcop/postgres.c, src/backend/commands/copyfromparse.c):
// - after an error in the extended protocol the server discards everything, simple queries too, up to the next Sync;
// - while it reads COPY data it takes Sync and Flush without an answer. When that COPY ends well, every Sync before
//   CopyDone was taken so. When it fails, nobody but the server knows which of them it had read by then: those Syncs
//   are in doubt, the session is not safe before ReadyForQuery or the answer to a later request has settled it.
#pragma once

#include <deque>
#include <optional>

#include "wire/frame.hpp"

namespace pgbaton::wire {

enum class Copy { none, in, out, both };

class SessionMachine {
 public:
  /// Requests that may be waiting for their answers; beyond it the client is not read from.
  static constexpr std::size_t kMaxOutstanding = 10'000;

  void client_sent(const Message& message);
  void server_sent(const Message& message);

  [[nodiscard]] bool is_safe() const;
  [[nodiscard]] bool is_full() const { return outstanding_.size() >= kMaxOutstanding; }
  /// I, T or E of the last ReadyForQuery; ? when it was not whole.
  [[nodiscard]] char status() const { return status_; }
  [[nodiscard]] Copy copy() const { return copy_; }
  /// Whether a request waits for its answer: a cancel can mean it.
  [[nodiscard]] bool is_busy() const { return !outstanding_.empty() || unsynced_ || skipping_; }
  /// Whether messages were sent that only a Sync, still to come, will end.
  [[nodiscard]] bool is_unsynced() const { return unsynced_ || skipping_; }
  /// How many ReadyForQuery the client waits for; absent when nobody can tell, or a COPY runs.
  [[nodiscard]] std::optional<std::size_t> owed() const;
  /// ReadyForQuery seen whose requests are answered, since the beginning.
  [[nodiscard]] std::uint64_t transactions() const { return transactions_; }
  /// The server was changed under the session at a safe boundary: it is idle there too.
  void moved();

 private:
  friend struct Image;

  void request(char type);
  void sync();
  void answer(char to);
  void complete();
  std::size_t take_copied_syncs();
  void error();
  void ready(std::string_view body);
  void pop();
  [[nodiscard]] char front() const { return outstanding_.empty() ? '\0' : outstanding_.front(); }

  std::deque<char> outstanding_;  // types of requests; c and f: where the data of a COPY may end
  bool unsynced_ = false;         // something that waits for a Sync
  bool skipping_ = false;         // the server discards what comes before the next Sync, and none was sent yet
  bool begun_ = false;            // the first of outstanding_ has had a part of its answer
  bool lost_ = false;             // what the server made of the requests cannot be told any more
  std::size_t doubtful_ = 0;      // Syncs that may or may not get a ReadyForQuery
  char status_ = 'I';
  Copy copy_ = Copy::none;
  std::uint64_t transactions_ = 0;
};

}  // namespace pgbaton::wire
