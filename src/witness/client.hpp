// One client: writes its numbered rows, watches its session, connects again when it must. Its thread calls everything
// here; what its neighbour may touch is in its Post.
#pragma once

#include <atomic>
#include <optional>

#include "witness/end.hpp"
#include "witness/proof.hpp"
#include "witness/session.hpp"
#include "witness/tally.hpp"

namespace pgbaton::witness {

/// Where a client can be reached by its neighbour.
struct Post {
  Mailbox mailbox;
  std::atomic<std::int64_t> suspected{0};  // the session whose advisory lock the neighbour could take
};

/// What all clients of a run share.
struct Shared {
  std::string url;
  std::string run;
  std::string schema;
  Steady::duration interval{};  // between two rows of one client; 0: as fast as it can
  End& end;
  Proof& proof;
  std::vector<Post> posts;  // by client - 1
  std::atomic<std::int64_t> sessions{0};
};

class Client {
 public:
  Client(Shared& shared, int number);

  /// Its first session, before anybody writes.
  [[nodiscard]] Outcome<> open();
  /// Until the end is asked for.
  void work();
  /// After all have stopped writing: waits a while for notifications that are still on their way, then looks at its
  /// session once more.
  void look_again();
  /// After all have looked: whether what the neighbour found is true, and which notifications never came.
  void conclude();

  [[nodiscard]] const Tally& tally() const { return tally_; }

 private:
  [[nodiscard]] Post& post() const { return shared_.posts[static_cast<std::size_t>(me_.client - 1)]; }
  [[nodiscard]] Post& neighbour() const { return shared_.posts[static_cast<std::size_t>(me_.neighbour - 1)]; }
  template <typename Ask>
  auto timed(Ask ask);
  void turn();
  void write_row();
  void send_letters();
  void check();
  [[nodiscard]] bool is_suspected() const;
  void note_repeated();
  void pause();
  void reconnect();
  void deliver();
  void failed(const Failure& failure);
  void lost(StateKind kind, const std::string& description);

  Shared& shared_;
  Identity me_;
  std::optional<Session> session_;
  Tally tally_;
  std::int64_t row_ = 0;
  std::int64_t letter_ = 0;
  int rows_since_check_ = 0;
  bool stalled_ = false;  // since the last check
  Steady::time_point checked_at_;
  Steady::time_point letters_at_;
  Steady::time_point next_row_at_;
};

}  // namespace pgbaton::witness
