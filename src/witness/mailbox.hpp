// The notifications of one client: which must arrive, which did. Its own thread and its neighbour's use it.
//
// It expects what was sent to a session and acknowledged while that session lived; of a session that broke it expects
// nothing.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pgbaton::witness {

/// One notification, as its payload says: "session.sender.number".
struct Letter {
  std::int64_t session = 0;  // the receiver's, for which it was sent
  int sender = 0;
  std::int64_t number = 0;
  auto operator<=>(const Letter&) const = default;
};
[[nodiscard]] std::string to_payload(const Letter& letter);
/// A Letter of session 0 when it is none of ours.
[[nodiscard]] Letter parse_payload(std::string_view payload);

class Mailbox {
 public:
  /// A session listens from now on; what was expected before is forgotten. 0: none listens.
  void open(std::int64_t session);
  [[nodiscard]] std::int64_t session() const;
  /// It was sent and the server acknowledged it.
  void expect(const Letter& letter);
  void arrived(const Letter& letter);
  /// Expected and not there (yet).
  [[nodiscard]] std::vector<Letter> missing() const;
  [[nodiscard]] std::vector<Letter> repeated() const;

 private:
  mutable std::mutex mutex_;
  std::int64_t session_ = 0;
  std::set<Letter> expected_;
  std::map<Letter, int> arrived_;  // one per second and sender: small
};

}  // namespace pgbaton::witness
