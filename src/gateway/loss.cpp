#include "gateway/loss.hpp"

#include "gateway/door.hpp"

namespace pgbaton::gateway {
namespace {

constexpr base::Millis kKeepRound{100};
constexpr base::Millis kIdleRound{1'000};
constexpr int kKeptInARound = 16;  // a server has less than a millisecond of work with each
constexpr base::Millis kLookAgain{20};

}  // namespace

Loss::Loss(Loop& loop, std::shared_ptr<Served> served, Door& door)
    : loop_(loop), served_(std::move(served)), door_(door), probe_(loop, door.dialer()) {}

void Loss::begin_keeping() { keep(); }

void Loss::keep() {
  const bool waits = served_->waits_on_loss;
  int left = kKeptInARound;
  if (waits && !served_->gate_closed)
    door_.for_each([&](Session& session) {
      if (left > 0 && session.keep_known()) --left;
    });
  loop_.after(waits ? kKeepRound : kIdleRound, [this, alive = alive_] {
    if (*alive) keep();
  });
}

void Loss::look_for_server() {
  if (std::exchange(is_looking_, true)) return;
  const auto now = served_->settings();
  probe_.ask(now->database.server, now->database.superuser, [this](bool is_up) { found(is_up); });
}

void Loss::found(bool is_up) {
  bool any = false;
  door_.for_each([&](Session& session) {
    if (!session.is_lost()) return;
    session.server_looked_for(is_up);
    any = any || session.is_lost();
  });
  if (!any) {
    is_looking_ = false;
    return;
  }
  loop_.after(kLookAgain, [this, alive = alive_] {
    if (!*alive) return;
    is_looking_ = false;
    look_for_server();
  });
}

}  // namespace pgbaton::gateway
