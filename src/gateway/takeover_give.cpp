#include "gateway/takeover_give.hpp"

#include <latch>

#include <sys/socket.h>

#include "gateway/frozen.hpp"
#include "gateway/takeover_format.hpp"
#include "system/failpoint.hpp"
#include "system/log.hpp"

namespace pgbaton::gateway {

using base::Code;
using base::Deadline;
using base::Json;
using base::Millis;
using base::Result;

namespace {

constexpr Millis kLockPatience{500};  // the deadlines' thread has them now and again
constexpr Millis kLockAgain{1};
constexpr Millis kPassageAgain{5};

void pause(Millis time) { std::this_thread::sleep_for(time); }

}  // namespace

Result<> Giving::begin(const system::Path& path, std::function<void()> given) {
  listening_ = TRY(listen_for_takeover(path));
  given_ = std::move(given);
  thread_ = std::jthread{[this] { serve(); }};
  return {};
}

void Giving::stop() {
  stopping_ = true;
  if (listening_.valid()) ::shutdown(listening_.get(), SHUT_RDWR);  // wakes accept
  thread_ = {};
}

void Giving::serve() {
  while (!stopping_ && !has_given_) {
    system::Fd peer{::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    if (!peer.valid()) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      return;
    }
    Channel channel{std::move(peer)};
    if (const auto answered = answer(channel); !answered)
      system::log_warning("another process did not take over; this one goes on",
                          {{"reason", answered.error().message}});
  }
}

Result<> Giving::answer(Channel& channel) {
  const auto peer = TRY(channel.peer());
  if (peer.uid != ::geteuid()) return base::fail(Code::unauthorized, "it belongs to another user ({})", peer.uid);
  TRY(agree(channel));
  return give(channel);
}

// Nothing has happened until the new one says go: a format that it does not know is the end of it.
Result<> Giving::agree(Channel& channel) {
  const auto deadline = Deadline::after(kTakeoverAnswer);
  TRY(channel.receive(deadline));
  TRY(channel.send({{"format", kTakeoverFormat}}, {}, deadline));
  TRY(channel.receive(deadline));
  return {};
}

Result<> Giving::give(Channel& channel) {
  const std::scoped_lock lock{gateway_.mutex_};
  const auto holds = lock_holds();
  if (!holds) {
    refuse(channel, holds.error());
    return std::unexpected(holds.error());
  }
  for_each_listener([](Listener& listener) { listener.pause(); });
  const struct Reopened {
    Giving& giving;
    ~Reopened() {
      if (!giving.has_given_) giving.for_each_listener([](Listener& listener) { listener.begin(); });
    }
  } reopened{*this};
  await_passages();
  const Frozen frozen{loops_};
  frozen_since_ = std::chrono::steady_clock::now();
  auto given = hand_over(channel);
  // Told before anything goes on here: from a death without a word the other one concludes that nobody serves.
  if (!given) refuse(channel, given.error());
  return given;
}

void Giving::refuse(Channel& channel, const base::Error& why) {
  const Json refusal{{"refused", why.message}, {"remedy", why.remedy}};
  std::ignore = channel.send(refusal, {}, Deadline::after(kLockPatience));  // it may have gone
}

Result<> Giving::hand_over(Channel& channel) {
  system::failpoint("gateway.give.frozen");
  TRY(check_sessions());
  const auto deadline = Deadline::after(kTakeoverAnswer);
  TRY(send_databases(channel, deadline));
  auto packed = TRY(send_sessions(channel, deadline));
  system::failpoint("gateway.give.sent");
  TRY(channel.receive(Deadline::after(kTakeoverAnswer)));
  system::failpoint("gateway.give.ready");
  // The decision. If we die before it nobody else serves; once it is sent we never do.
  TRY(channel.send({{"yours", true}}, {}, Deadline::after(kTakeoverAnswer)));
  has_given_ = true;
  const auto stood_still =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - frozen_since_);
  system::failpoint("gateway.give.given");
  let_go(packed);
  // Up to the decision: what it tears down here afterwards keeps no client waiting.
  system::log_info(
      "another process serves now",
      {{"sessions", packed.size()}, {"inside_tls", pumps_.count()}, {"stood_still_us", stood_still.count()}});
  given_();
  return {};
}

// A hold, a preparation or a resume has them. While a gate is not open sessions may be without a server, and its
// deadline is ours to keep.
Result<Giving::Locks> Giving::lock_holds() {
  Locks locks;
  const auto deadline = Deadline::after(kLockPatience);
  for (const auto& [name, held] : gateway_.databases_) {
    auto& control = locks.emplace_back(held->control_, std::try_to_lock);
    for (; !control.owns_lock() && !deadline.passed(); pause(kLockAgain)) std::ignore = control.try_lock();
    const std::scoped_lock lock{held->mutex_};
    if (control.owns_lock() && held->gate_ == Held::Gate::open) continue;
    return base::fail({Code::busy,
                       fmt::format("clients of {} are held, by operation {}", name,
                                   held->operation_.empty() ? "?" : held->operation_),
                       "Wait until that has ended; `pgbaton operations` shows it."});
  }
  return locks;
}

void Giving::for_each_listener(const std::function<void(Listener&)>& act) {
  for (const auto& [name, held] : gateway_.databases_) {
    std::latch done{1};
    held->doors_.front()->loop().post([&] {
      for (auto& listener : held->listeners_) act(*listener);
      done.count_down();
    });
    done.wait();
  }
}

void Giving::await_passages() {
  const auto deadline = Deadline::after(kTakeoverPassage);
  for (;;) {
    std::atomic<int> count{0};
    for (const auto& [name, held] : gateway_.databases_)
      held->on_each([&](Session& session) { count += session.is_in_passage(); });
    if (count == 0 || deadline.passed()) return;
    pause(kPassageAgain);
  }
}

Result<> Giving::check_sessions() {
  Result<> checked;
  for (const auto& [name, held] : gateway_.databases_)
    for (auto& door : held->doors_)
      door->for_each([&](Session& session) {
        if (const auto why = session.stays_because(); !why.empty() && checked)
          checked =
              base::fail({Code::busy, fmt::format("session {} of {}: {}", session.id(), name, why), "Try again."});
      });
  return checked;
}

Result<> Giving::send_databases(Channel& channel, Deadline deadline) {
  for (const auto& [name, held] : gateway_.databases_) {
    std::vector<int> sockets;
    for (const auto& listener : held->listeners_) sockets.push_back(listener->fd());
    TRY(channel.send({{"database", held->served_->settings()->database},
                      {"generation", held->generation_},
                      {"counters", image_of(held->served_->counters)},
                      {"listeners", sockets.size()}},
                     sockets, deadline));
  }
  return {};
}

Result<std::vector<Giving::Packed>> Giving::send_sessions(Channel& channel, Deadline deadline) {
  std::vector<Packed> packed;
  Result<> sent;
  for (const auto& [name, held] : gateway_.databases_)
    for (std::size_t loop = 0; loop < held->doors_.size(); ++loop)
      held->doors_[loop]->for_each([&](Session& session) {
        if (!sent || !session.can_be_given()) return;
        auto parcel = session.pack();
        if (!parcel) {
          sent = std::unexpected(parcel.error());
          return;
        }
        parcel->image["database"] = name;
        sent = channel.send({{"session", std::move(parcel->image)}, {"loop", loop}}, parcel->descriptors, deadline);
        for (auto& detour : parcel->detours) detour.there.close();
        packed.push_back({&session, std::move(*parcel)});
      });
  TRY(std::move(sent));
  TRY(channel.send({{"end", packed.size()}}, {}, deadline));
  return packed;
}

// The loops stand still. Sessions are destroyed at the end of their loop's turn: it may have events for them.
void Giving::let_go(std::vector<Packed>& packed) {
  for (auto& [session, parcel] : packed) session->given_away(parcel, pumps_);
  for (const auto& [name, held] : gateway_.databases_) {
    for (auto& listener : held->listeners_) listener->close();
    for (auto& door : held->doors_)
      door->for_each([](Session& session) {
        session.end("57P03", "the gateway restarts", "Connect again.");  // those whose login had not ended
      });
    const std::scoped_lock lock{held->mutex_};
    held->given_away_ = true;
  }
  gateway_.given_away_ = true;
}

}  // namespace pgbaton::gateway
