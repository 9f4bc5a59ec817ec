#include "gateway/door.hpp"

namespace pgbaton::gateway {
namespace {

constexpr base::Millis kShortestRound{50}, kLongestRound{1'000};  // of looking for sessions to park
std::atomic<std::int64_t> next_session{1};

}  // namespace

Door::Door(Loop& loop, std::shared_ptr<Served> served, Keys& keys, std::atomic<std::size_t>& tunnels)
    : loop_(loop),
      served_(std::move(served)),
      keys_(keys),
      dialer_(loop, tunnels),
      lookup_(loop, served_, dialer_),
      loss_(loop, served_, *this) {}

void Door::accept(system::Fd client, std::string address) {
  const auto id = next_session++;
  auto& session = *(sessions_[id] = std::make_unique<Session>(id, loop_, served_, *this, std::move(address)));
  session.begin(std::move(client));
}

Session& Door::adopt(std::int64_t id, std::string address) {
  next_session = std::max(next_session.load(), id + 1);
  return *(sessions_[id] = std::make_unique<Session>(id, loop_, served_, *this, std::move(address)));
}

void Door::put_key(const wire::CancelKey& key, const Session& session) { keys_.put(key, {this, session.id()}); }

void Door::ended(Session& session) {
  loop_.later([this, id = session.id()] { sessions_.erase(id); });
}

void Door::cancel(const wire::CancelKey& key, Loop::Task done) {
  const auto owner = keys_.find(key);
  if (!owner) return done();
  owner->door->loop().post([owner, &loop = loop_, done = std::move(done)]() mutable {
    owner->door->cancel_session(owner->session);
    loop.post(std::move(done));
  });
}

void Door::cancel_session(std::int64_t id) {
  if (const auto found = sessions_.find(id); found != sessions_.end()) found->second->cancel();
}

wire::CancelKey Door::register_key(Session& session, wire::ProtocolVersion version) {
  return keys_.add({this, session.id()}, version);
}

void Door::begin_rounds() {
  park();
  loss_.begin_keeping();
}

void Door::park() {
  const base::Millis after{served_->settings()->database.park_after_ms};
  if (after > base::Millis{0}) for_each([after](Session& session) { session.park_if_idle(after); });
  const auto round = after > base::Millis{0} ? std::clamp(after, kShortestRound, kLongestRound) : kLongestRound;
  loop_.after(round, [this, alive = alive_] {
    if (*alive) park();
  });
}

}  // namespace pgbaton::gateway
