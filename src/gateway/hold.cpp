#include "gateway/hold.hpp"

#include <array>
#include <latch>
#include <ranges>
#include <set>

#include "base/text.hpp"
#include "system/log.hpp"

namespace pgbaton::gateway {

using base::Code;
using base::Deadline;
using base::Millis;
using base::Result;

namespace {

constexpr Millis kLook{20};  // at the latest: sessions ring the bell
constexpr Millis kResumePatience{60'000};
constexpr Millis kSettlePatience{10'000};
constexpr Millis kComparePatience{60'000};
constexpr Millis kPreparePatience{60'000};
constexpr std::size_t kNamed = 5;  // sessions that an error names

std::string words_of(const std::vector<api::SessionView>& sessions) {
  std::vector<std::string> words;
  for (const auto& session : sessions | std::views::take(kNamed)) {
    auto text = fmt::format("session {} of {} ({}, {} since {})", session.id, session.user,
                            session.application_name.empty() ? session.client : session.application_name, session.state,
                            session.since);
    if (!session.uncarried.empty()) text += ": " + base::join(session.uncarried, ", ");
    words.push_back(std::move(text));
  }
  if (sessions.size() > kNamed) words.push_back(fmt::format("and {} more", sessions.size() - kNamed));
  return base::join(words, "; ");
}

std::int64_t p99(std::vector<std::int64_t>& waits) {
  if (waits.empty()) return 0;
  std::ranges::sort(waits);
  return waits[(waits.size() * 99 + 99) / 100 - 1];
}

}  // namespace

void Held::on_each_door(const std::function<void(Door&)>& visit) {
  std::latch done{static_cast<std::ptrdiff_t>(doors_.size())};
  for (auto& door : doors_)
    door->loop().post([&, raw = door.get()] {
      visit(*raw);
      done.count_down();
    });
  done.wait();
}

void Held::on_each(const std::function<void(Session&)>& visit) {
  on_each_door([&](Door& door) { door.for_each(visit); });
}

Held::Census Held::take_census() {
  Census census;
  std::mutex mutex;
  on_each([&](Session& session) {
    if (session.phase() == Session::Phase::closing || session.is_consumer()) return;
    const std::scoped_lock lock{mutex};
    ++census.sessions;
    census.waiting += session.is_waiting();
    census.parked += session.phase() == Session::Phase::parked;
    census.held += session.is_held();
    census.going_on += session.goes_on() && !session.is_waiting();
    census.unverified += !session.is_verified();
    census.asking += !session.is_settled();
    census.chores += session.has_chores();
    census.ready += session.is_ready_to_move();
    census.early += session.needs_early_rejoin();
    const bool has_uncarried = !session.uncarried().empty();
    if (has_uncarried) census.uncarried.push_back(session.view());
    if (!session.is_held() && session.is_settled() && !has_uncarried) census.stragglers.push_back(session.view());
  });
  return census;
}

template <typename Condition>
bool Held::wait_until(Deadline deadline, Condition&& condition) {
  for (;;) {
    if (condition()) return true;
    if (deadline.passed()) return false;
    served_->bell.wait(std::min(kLook, deadline.remaining() + Millis{1}));
  }
}

void Held::set_gate(Gate gate) {
  const std::scoped_lock lock{mutex_};
  gate_ = gate;
}

Result<> Held::check_generation(base::Generation generation) {
  const std::scoped_lock lock{mutex_};
  if (given_away_)
    return base::fail(Code::unreachable, "the gateway restarts: {} is served by its new process", served_->name);
  if (generation < generation_)
    return base::fail({Code::stale_generation, fmt::format("a newer server drives {}", served_->name)});
  generation_ = generation;
  return {};
}

Result<> Held::listen(const std::vector<std::string>& usual) {
  const auto& own = served_->settings()->database.listen_addresses;
  for (const auto& address : own.empty() ? usual : own)
    listeners_.push_back(TRY(
        Listener::open(doors_.front()->loop(), {address, served_->settings()->database.port}, served_, hand_out())));
  begin();  // nobody is accepted, unless all can be listened on
  return {};
}

void Held::adopt_listener(system::Fd fd) {
  listeners_.push_back(Listener::adopt(doors_.front()->loop(), std::move(fd), served_, hand_out()));
}

void Held::begin() {
  for (auto& listener : listeners_) listener->begin();
  for (auto& door : doors_) door->loop().post([raw = door.get()] { raw->begin_rounds(); });
}

Listener::HandOut Held::hand_out() {
  return [this](system::Fd client, std::string from) {
    auto& door = *doors_[next_door_++ % doors_.size()];
    door.loop().post([&door, fd = std::make_shared<system::Fd>(std::move(client)), from = std::move(from)] {
      door.accept(std::move(*fd), from);
    });
  };
}

void Held::close() {
  std::latch done{1};
  doors_.front()->loop().post([&] {
    for (auto& listener : listeners_) listener->close();
    done.count_down();
  });
  done.wait();
  on_each([](Session& session) { session.end("57P01", "this database is no longer served here"); });
}

api::GateStatus Held::status() {
  const auto census = take_census();
  const auto [lost, lost_since] = served_->lost();
  const std::scoped_lock lock{mutex_};
  constexpr std::array<const char*, 4> kNames{"open", "closing", "closed", "opening"};
  return {.name = served_->name,
          .gate = kNames.at(static_cast<std::size_t>(gate_)),
          .operation = operation_,
          .remaining_ms = gate_ == Gate::closed ? deadline_.remaining().count() : 0,
          .sessions = census.sessions,
          .waiting = census.waiting,
          .parked = census.parked,
          .lost = lost,
          .lost_since = lost > 0 ? base::to_rfc3339(std::chrono::time_point_cast<Millis>(lost_since)) : "",
          .maintenance = served_->settings()->database.maintenance};
}

std::vector<api::SessionView> Held::sessions() {
  std::vector<api::SessionView> views;
  std::mutex mutex;
  on_each([&](Session& session) {
    const std::scoped_lock lock{mutex};
    if (session.phase() != Session::Phase::closing) views.push_back(session.view());
  });
  std::ranges::sort(views, {}, &api::SessionView::id);
  return views;
}

Result<api::PrepareAnswer> Held::prepare(const api::Prepare& asked) {
  const std::scoped_lock control{control_};
  TRY(check_generation(asked.generation));
  TRY(choose_candidate(asked.candidate));
  on_each([](Session& session) { session.prepare(); });
  Census census;
  const auto deadline = Deadline::after(kPreparePatience);
  const auto all_done = [&] {
    census = take_census();
    return census.asking == 0 && census.chores == 0;
  };
  wait_until(deadline, all_done);
  if (served_->candidate()) on_each_door([](Door& door) { door.warm(); });
  wait_until(deadline, all_done);
  return api::PrepareAnswer{
      .sessions = census.sessions, .known = census.held, .ready = census.ready, .uncarried = census.uncarried};
}

Result<api::HoldAnswer> Held::hold(const api::Hold& asked) {
  const std::scoped_lock control{control_};
  TRY(check_generation(asked.generation));
  {
    const std::scoped_lock lock{mutex_};
    if (gate_ == Gate::closed && operation_ == asked.operation) return answer_;
    if (gate_ != Gate::open)
      return base::fail({Code::busy, fmt::format("{} is held already, by operation {}", served_->name, operation_)});
    gate_ = Gate::closing;
    operation_ = asked.operation;
    deadline_ = Deadline::after(Millis{asked.deadline_ms});
  }
  const auto begun = std::chrono::steady_clock::now();
  std::ignore = served_->take_ended();
  ++served_->counters.holds;
  served_->gate_closed = true;
  on_each([](Session& session) { session.gate_closed(); });
  auto ended = drain(asked);
  if (ended) {
    const auto cleared = clear_uncarried(asked);
    ended = cleared ? Result<int>{*ended + *cleared} : cleared;
  }
  if (!ended) {
    open_gate();
    return std::unexpected(std::move(ended).error());
  }
  if (asked.consumers == api::Consumers::end) end_consumers();
  settle();
  // Who came or changed since prepare. What the server's runbook does next takes longer.
  if (served_->candidate()) on_each_door([](Door& door) { door.warm(); });
  const auto took = std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - begun);
  const auto census = take_census();
  const std::scoped_lock lock{mutex_};
  gate_ = Gate::closed;
  answer_ = {.sessions = census.sessions, .ended = *ended, .took_ms = took.count()};
  return answer_;
}

// Waits for what is in flight. A request that was sent to the server is never cut short here unless that was asked for.
Result<int> Held::drain(const api::Hold& asked) {
  Census census;
  const auto drained = [&] {
    census = take_census();
    return census.stragglers.empty() && census.asking == 0;
  };
  if (wait_until(Deadline::after(Millis{std::min(asked.drain_ms, asked.deadline_ms)}), drained)) return 0;
  if (asked.transactions == api::Stragglers::refuse)
    return base::fail(
        {Code::refused,
         fmt::format("not held within {}: {}", base::humanise(Millis{asked.drain_ms}), words_of(census.stragglers)),
         "Wait until these have ended their transactions, or allow that they are ended."});
  std::set<std::int64_t> late;
  for (const auto& view : census.stragglers) late.insert(view.id);
  on_each([&](Session& session) {
    if (!late.contains(session.id()) || session.is_held()) return;
    served_->note_ended(fmt::format("session {}: its transaction was still open", session.id()));
    session.end("40001", "the transaction was ended by an upgrade of the database",
                "Connect again and repeat the transaction.");
  });
  if (!wait_until(Deadline::after(kSettlePatience), drained))
    return base::fail({Code::refused, fmt::format("not held: {}", words_of(census.stragglers))});
  return static_cast<int>(late.size());
}

Result<int> Held::clear_uncarried(const api::Hold& asked) {
  const auto census = take_census();
  if (census.uncarried.empty()) return 0;
  if (asked.uncarried == api::Stragglers::refuse)
    return base::fail({Code::refused, "these sessions cannot be carried over: " + words_of(census.uncarried),
                       "Wait until they have gone, or allow that they are ended."});
  on_each([&](Session& session) {
    const auto reasons = session.uncarried();
    if (reasons.empty()) return;
    served_->note_ended(fmt::format("session {}: {}", session.id(), base::join(reasons, ", ")));
    session.end("57P01", "this session cannot be carried over an upgrade of the database: " + base::join(reasons, ", "),
                "Connect again.");
  });
  return static_cast<int>(census.uncarried.size());
}

// Their slots stay, or are on the next server too. They connect again at once, and wait at the gate.
void Held::end_consumers() {
  on_each([](Session& session) {
    if (session.is_consumer())
      session.end("57P01", "replication is interrupted by an operation on the database",
                  "Connect again and go on from the slot's position.");
  });
}

// When nobody writes any more, what was notified is in the queues: reading a listener's state brings it before the
// answer.
void Held::settle() {
  on_each([](Session& session) {
    if (session.has_channels()) session.settle();
  });
  wait_until(Deadline::after(kSettlePatience), [&] { return take_census().asking == 0; });
}

void Held::open_gate() {
  set_gate(Gate::opening);
  served_->gate_closed = false;
  // Who waits goes first.
  on_each([](Session& session) {
    if (session.is_waiting()) session.gate_opened();
  });
  on_each([](Session& session) { session.gate_opened(); });
  const std::scoped_lock lock{mutex_};
  gate_ = Gate::open;
}

Result<api::ResumeAnswer> Held::resume(const api::Resume& asked) {
  const std::scoped_lock control{control_};
  TRY(check_generation(asked.generation));
  {
    const std::scoped_lock lock{mutex_};
    if (!operation_.empty() && operation_ != asked.operation && gate_ != Gate::open)
      return base::fail({Code::busy, fmt::format("{} is held by operation {}", served_->name, operation_)});
  }
  const auto deadline = Deadline::after(kResumePatience);
  if (served_->gate_closed) {
    // Locks are taken and channels heard before anybody can notice that they were not.
    on_each([](Session& session) {
      if (session.needs_early_rejoin()) session.rejoin();
    });
    wait_until(deadline, [&] {
      const auto census = take_census();
      return census.early == 0 && census.held == census.sessions;
    });
    open_gate();
  }
  auto answer = await_resumed(deadline);
  give_candidate_up();
  return answer;
}

api::ResumeAnswer Held::await_resumed(Deadline deadline) {
  wait_until(deadline, [&] {
    const auto census = take_census();
    return census.going_on == census.sessions;
  });
  api::ResumeAnswer answer;
  std::vector<std::int64_t> waits;
  std::mutex mutex;
  on_each([&](Session& session) {
    const std::scoped_lock lock{mutex};
    answer.moved += session.passage().moved;
    if (const auto waited = session.passage().waited)
      waits.push_back(std::chrono::duration_cast<Millis>(*waited).count());
  });
  answer.stall_p99_ms = p99(waits);
  answer.stall_max_ms = waits.empty() ? 0 : waits.back();
  std::tie(answer.ended, answer.problems) = served_->take_ended();
  return answer;
}

Result<api::CompareAnswer> Held::compare(const api::Resume& asked) {
  const std::scoped_lock control{control_};
  TRY(check_generation(asked.generation));
  // Whoever is busy for longer is compared when it pauses.
  wait_until(Deadline::after(kComparePatience), [&] { return take_census().unverified == 0; });
  auto [ended, problems] = served_->take_ended();
  return api::CompareAnswer{.ended = ended, .problems = std::move(problems)};
}

void Held::enforce_deadline() {
  const std::unique_lock control{control_, std::try_to_lock};
  if (!control.owns_lock()) return;  // somebody is at it, with the same deadline in view
  {
    const std::scoped_lock lock{mutex_};
    if (gate_ != Gate::closed || !deadline_.passed()) return;
  }
  system::log_warning("a hold has reached its deadline: the gate is opened",
                      {{"database", served_->name}, {"operation", operation_}});
  open_gate();
  give_candidate_up();
}

}  // namespace pgbaton::gateway
