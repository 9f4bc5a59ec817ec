// One side of a session: its stream, what epoll last said of it, and bytes on their way. Strings have memory only while
// they hold bytes; what passes straight through never is in them.
#pragma once

#include <optional>
#include <string>

#include "gateway/loop.hpp"
#include "gateway/stream.hpp"
#include "wire/frame.hpp"

namespace pgbaton::gateway {

class Leg final : public Watcher {
 public:
  /// Told after each event; the owner outlives the leg.
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void on_ready(Leg& leg) = 0;
  };

  Leg(Loop& loop, Owner& owner) : loop_(loop), owner_(owner) {}
  Leg(const Leg&) = delete;
  Leg& operator=(const Leg&) = delete;
  ~Leg() override { close(); }

  void open(system::Fd fd);
  void open(Stream opened);
  /// Watches it no more; it stays as it is.
  [[nodiscard]] Stream release();
  void close();
  /// The other's stream with what was received of it, at the boundary of a message.
  void take_over(Leg& other);
  [[nodiscard]] bool is_open() const { return stream.is_open(); }
  void on_events(std::uint32_t events) override;

  /// Reads once, as much as is there and fits; 0: nothing came.
  std::size_t receive(std::span<char> into);
  /// Appends what there is to `unread`, up to `limit` bytes in it; false: nothing came.
  bool fill(std::size_t limit);
  /// Sends what is queued as far as the peer takes it. False: the peer has gone.
  bool flush();
  bool send(std::string_view bytes);
  /// Writes once, past what is queued; when the peer takes less, on_ready comes as soon as it takes more.
  Stream::Moved write(std::string_view bytes);
  [[nodiscard]] base::Result<> begin_tls(SSL_CTX& context);
  /// The first message of `unread`; absent while it is not whole.
  [[nodiscard]] std::optional<wire::Message> next_message() const;
  /// Takes bytes off the front of `unread`.
  void consume(std::size_t bytes);

  Stream stream;
  std::string unread;        // received, not passed on
  std::string unsent;        // to be sent; while it is not empty nothing is read from the other side
  wire::FrameWalker walker;  // over what passes from here
  bool readable = false;
  bool ended = false;  // the peer sends no more

 private:
  void watch();
  void await_room(bool wanted);

  Loop& loop_;
  Owner& owner_;
  bool hung_up_ = false;      // the peer sends no more than what is there
  bool awaits_room_ = false;  // epoll tells of room to write
};

}  // namespace pgbaton::gateway
