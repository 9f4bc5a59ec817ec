// One session of a client: a connection with the client's state in it. Used by the client's thread.
#pragma once

#include "witness/link.hpp"
#include "witness/mailbox.hpp"
#include "witness/session_state.hpp"

namespace pgbaton::witness {

class Session {
 public:
  /// Connects and makes the state. `number` is that of the session: no other of this run has it.
  [[nodiscard]] static Outcome<Session> open(const std::string& url, Identity identity, std::int64_t number,
                                             GiveUp give_up);

  [[nodiscard]] std::int64_t number() const { return number_; }
  [[nodiscard]] Outcome<> insert(std::int64_t row);
  /// Makes the statement of insert() again.
  [[nodiscard]] Outcome<> prepare_insert();
  /// One statement for all of them: receiver and letter.
  [[nodiscard]] Outcome<> notify(const std::vector<std::pair<int, Letter>>& letters);
  [[nodiscard]] Outcome<> listen(base::Millis time) { return link_->listen(time); }
  /// What came since the last call.
  [[nodiscard]] std::vector<Letter> take_letters();

  struct Checkup {
    std::vector<Loss> losses;
    bool neighbours_lock_free = false;
  };
  [[nodiscard]] Outcome<Checkup> check();

 private:
  Session(std::unique_ptr<Link> link, Identity identity, std::int64_t number)
      : link_(std::move(link)), identity_(std::move(identity)), number_(number) {}
  [[nodiscard]] Outcome<> execute_prepared(std::vector<Loss>& losses);

  std::unique_ptr<Link> link_;
  Identity identity_;
  std::int64_t number_;
};

}  // namespace pgbaton::witness
