#include "witness/client.hpp"

#include <set>
#include <thread>

namespace pgbaton::witness {
namespace {

using base::Millis;
using std::chrono::seconds;

constexpr Steady::duration kStalled = Millis{100};  // an answer that took longer makes the client look at its session
constexpr int kRowsBetweenChecks = 100;
constexpr Steady::duration kSoonestCheck = seconds{1};  // so that checking does not become the load
constexpr Steady::duration kLatestCheck = seconds{5};
// NOTIFY takes one lock of the whole server until its commit is flushed: many clients send less often.
constexpr Steady::duration kBetweenLetters = seconds{1};
constexpr Steady::duration kBetweenAllLetters = Millis{20};
constexpr Millis kLastLetters{5000};
constexpr Millis kSlice{50};
constexpr Millis kBeforeNextAttempt{10};

}  // namespace

Client::Client(Shared& shared, int number)
    : shared_(shared),
      me_{.run = shared.run,
          .schema = shared.schema,
          .client = number,
          .neighbour = number % static_cast<int>(shared.posts.size()) + 1} {}

Outcome<> Client::open() {
  auto session = Session::open(shared_.url, me_, ++shared_.sessions, [this] { return shared_.end.overdue(); });
  if (!session) return std::unexpected(std::move(session).error());
  session_.emplace(std::move(*session));
  post().mailbox.open(session_->number());
  checked_at_ = Steady::now();
  return {};
}

void Client::work() {
  // Clients start apart from each other, so that there is no beat of all at once.
  const auto all = static_cast<int>(shared_.posts.size());
  next_row_at_ = Steady::now() + shared_.interval * (me_.client - 1) / all;
  letters_at_ = Steady::now() + kBetweenLetters * (me_.client - 1) / all;
  if (shared_.interval > Steady::duration::zero()) pause();
  while (!shared_.end.asked()) {
    if (session_)
      turn();
    else
      reconnect();
  }
  tally_.waits.finish(Steady::now());
}

void Client::turn() {
  write_row();
  if (session_ && Steady::now() >= letters_at_) send_letters();
  const auto since_check = Steady::now() - checked_at_;
  const bool wanted = stalled_ || rows_since_check_ >= kRowsBetweenChecks;
  if (session_ && ((wanted && since_check >= kSoonestCheck) || since_check >= kLatestCheck)) check();
  if (session_ && shared_.interval > Steady::duration::zero()) pause();
}

template <typename Ask>
auto Client::timed(Ask ask) {
  tally_.waits.begin(Steady::now());
  auto answer = ask();
  const bool answered = answer || !answer.error().lost;
  if (answered && tally_.waits.answered(Steady::now()) > kStalled) stalled_ = true;
  deliver();
  return answer;
}

void Client::write_row() {
  const Row row{me_.client, ++row_};
  ++rows_since_check_;
  const auto answer = timed([&] { return session_->insert(row.number); });
  if (answer) {
    shared_.proof.append(row, Fate::acknowledged);
    return;
  }
  const auto& failure = answer.error();
  shared_.proof.append(row, failure.lost ? Fate::in_doubt : Fate::refused);
  failed(failure);
  if (failure.lost || failure.sqlstate != kNoSuchPreparedStatement) return;
  lost(StateKind::prepared_statement, "prepared-statement: " + failure.message);
  if (const auto prepared = session_->prepare_insert(); !prepared) failed(prepared.error());
}

void Client::send_letters() {
  const auto all = static_cast<int>(shared_.posts.size());
  letters_at_ = Steady::now() + std::max(kBetweenLetters, kBetweenAllLetters * all);
  ++letter_;
  std::vector<std::pair<int, Letter>> letters{{me_.client, {session_->number(), me_.client, letter_}}};
  const auto there = neighbour().mailbox.session();
  if (me_.neighbour != me_.client && there != 0) letters.push_back({me_.neighbour, {there, me_.client, letter_}});
  if (const auto sent = timed([&] { return session_->notify(letters); }); !sent) return failed(sent.error());
  for (const auto& [receiver, letter] : letters)
    shared_.posts[static_cast<std::size_t>(receiver - 1)].mailbox.expect(letter);
}

void Client::check() {
  rows_since_check_ = 0;
  stalled_ = false;
  const auto there = neighbour().mailbox.session();
  const bool suspected = is_suspected();
  const auto checkup = timed([&] { return session_->check(); });
  checked_at_ = Steady::now();
  if (!checkup) return failed(checkup.error());
  for (const auto& loss : checkup->losses) lost(loss.kind, loss.description);
  if (suspected) lost(StateKind::advisory_lock, "advisory-lock could be taken by another session");
  if (checkup->neighbours_lock_free && there != 0) neighbour().suspected = there;
}

// The neighbour may have taken the lock of a session that had broken without this client knowing yet. Once this client
// gets another answer in that session, it had not.
bool Client::is_suspected() const { return session_ && post().suspected == session_->number(); }

// Rows that a stall has held up are not made up for.
void Client::pause() {
  while (session_ && !shared_.end.asked()) {
    const auto left = std::chrono::ceil<Millis>(next_row_at_ - Steady::now());
    if (left <= Millis{0}) break;
    const auto heard = session_->listen(std::min(left, kSlice));
    deliver();
    if (!heard) {
      tally_.waits.begin(Steady::now());
      failed(heard.error());
    }
  }
  next_row_at_ = std::max(next_row_at_ + shared_.interval, Steady::now());
}

// As long as nobody lets it in, each reason counts once: how often it was tried says nothing of the server.
void Client::reconnect() {
  std::set<std::string> counted;
  while (!shared_.end.asked()) {
    const auto opened = open();
    if (opened) return;
    if (counted.insert(opened.error().sqlstate).second) ++tally_.errors[opened.error().sqlstate];
    std::this_thread::sleep_for(kBeforeNextAttempt);
  }
}

void Client::deliver() {
  for (const auto& letter : session_->take_letters()) post().mailbox.arrived(letter);
}

void Client::failed(const Failure& failure) {
  ++tally_.errors[failure.sqlstate];
  if (failure.lost) {
    ++tally_.disconnects;
    note_repeated();
    post().mailbox.open(0);
    session_.reset();
  } else {
    std::this_thread::sleep_for(kBeforeNextAttempt);  // a server that refuses everything is not to be asked in a loop
  }
}

void Client::note_repeated() {
  if (const auto repeated = post().mailbox.repeated(); !repeated.empty())
    lost(StateKind::notification, fmt::format("notification {} came more than once", to_payload(repeated.front())));
}

void Client::lost(StateKind kind, const std::string& description) { tally_.losses.try_emplace(kind, description); }

void Client::look_again() {
  const auto deadline = base::Deadline::after(kLastLetters);
  while (session_ && !deadline.passed() && !post().mailbox.missing().empty()) {
    const auto heard = session_->listen(kSlice);
    deliver();
    if (!heard) failed(heard.error());
  }
  if (session_) check();
  tally_.waits.finish(Steady::now());
}

void Client::conclude() {
  if (is_suspected()) check();
  if (!session_) return;
  note_repeated();
  const bool deaf = tally_.losses.contains(StateKind::listen);  // then it is no wonder
  if (const auto missing = post().mailbox.missing(); !missing.empty() && !deaf)
    lost(StateKind::notification, fmt::format("{} of its notifications never came, the first is {}", missing.size(),
                                              to_payload(missing.front())));
}

}  // namespace pgbaton::witness
