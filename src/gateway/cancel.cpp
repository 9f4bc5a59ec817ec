// A client's CancelRequest: carried to the server that its session is on now, or answered here when the request that it
// means has not gone to any.
#include "gateway/session.hpp"
#include "wire/messages.hpp"
#include "wire/request.hpp"
#include "wire/startup.hpp"

namespace pgbaton::gateway {
namespace {

constexpr int kMostCancels = 8;  // on their way for one session: a storm says no more than one

// One cancel request on its way: ended by the postmaster when the signal is sent.
class CancelSender final : Leg::Owner {
 public:
  CancelSender(Loop& loop, std::move_only_function<void()> done) : leg_(loop, *this), done_(std::move(done)) {}
  void begin(system::Fd fd, const wire::CancelKey& key) {
    leg_.open(std::move(fd));
    leg_.send(wire::build_cancel(key));
  }

 private:
  void on_ready(Leg& leg) override {
    leg.fill(1024);
    if (!leg.ended && leg.flush()) return;
    leg.close();
    if (done_) std::exchange(done_, nullptr)();
  }

  Leg leg_;
  std::move_only_function<void()> done_;
};

}  // namespace

// Only a request that was sent before can be meant: what the client sent before is taken in first. No other of the
// session begins before the cancel has arrived: it would hit that one.
void Session::cancel() {
  if (!machine_.is_busy()) step();
  if (!machine_.is_busy()) return cancel_waiting();
  if (phase_ != Phase::active || !server_.is_open() || cancels_ >= kMostCancels) return;
  auto fd = sessions_.dialer().connect(served_->server());
  if (!fd) return;
  ++cancels_;
  auto sender = std::make_shared<std::unique_ptr<CancelSender>>();
  *sender = std::make_unique<CancelSender>(loop_, [this, alive = alive_, sender, &loop = loop_] {
    loop.later([sender] { sender->reset(); });
    if (!*alive) return;
    --cancels_;
    step();
  });
  (*sender)->begin(std::move(*fd), server_key_);
}

// The request waits here, for the gate, a server, or what is asked of its server, and no server knows of it.
void Session::cancel_waiting() {
  const bool waits_here = phase_ == Phase::joining || (phase_ == Phase::active && (served_->gate_closed || asking_));
  if (!waits_here || !welcomed_ || cancels_ > 0 || machine_.status() != 'I') return;
  if (!client_.walker.is_between_messages() || !server_.walker.is_between_messages()) return;
  const auto size = wire::whole_request(client_.unread);
  if (!size) return;
  client_.consume(*size);
  client_.send(wire::error_response(
                   {.severity = "ERROR", .sqlstate = "57014", .message = "canceling statement due to user request"}) +
               wire::ready_for_query('I'));
  if (client_.unread.empty()) stop_waiting();
  touched_ = Steady::now();
  step();
}

}  // namespace pgbaton::gateway
