#include "wire/session.hpp"

#include <algorithm>

namespace pgbaton::wire {
namespace {

constexpr std::string_view kExtended = "PBDEC";
constexpr std::string_view kAskForReady = "QFS";
constexpr std::string_view kCopyEnds = "cf";
// What the server says in answer to a request, apart from ReadyForQuery; all else may come at any time.
constexpr std::string_view kAnswers = "123tTnDCIsVGHWEdc";

struct AnswerOf {
  char answer, request;
};
constexpr AnswerOf kAnswersOf[] = {{'1', 'P'}, {'2', 'B'}, {'3', 'C'}, {'T', 'D'}, {'n', 'D'}, {'I', 'E'}, {'s', 'E'}};

}  // namespace

void SessionMachine::client_sent(const Message& message) {
  const char type = message.frame.type;
  if (kExtended.contains(type) || type == 'Q' || type == 'F') return request(type);
  if (type == 'S') return sync();
  if (kCopyEnds.contains(type) && !outstanding_.empty()) outstanding_.push_back(type);
}

void SessionMachine::request(char type) {
  if (skipping_) {
    // With a Sync in doubt the server may have stopped discarding already.
    lost_ = lost_ || doubtful_ > 0;
    return;
  }
  outstanding_.push_back(type);
  unsynced_ = kExtended.contains(type);
}

void SessionMachine::sync() {
  outstanding_.push_back('S');
  unsynced_ = skipping_ = false;
}

void SessionMachine::server_sent(const Message& message) {
  const char type = message.frame.type;
  if (type == 'Z') return ready(message.body);
  if (!kAnswers.contains(type)) return;
  doubtful_ = 0;  // the answers come in order: all Syncs in doubt lie behind
  begun_ = true;
  if (type == 'D' || type == 'd') return;
  if (type == 'G') copy_ = Copy::in;
  if (type == 'H') copy_ = Copy::out;
  if (type == 'W') copy_ = Copy::both;
  if (type == 'C') return complete();
  if (type == 'E') return error();
  for (const auto& [reply, to] : kAnswersOf)
    if (reply == type) return answer(to);
}

void SessionMachine::answer(char to) {
  if (front() == to) pop();
}

void SessionMachine::complete() {
  if (copy_ == Copy::in) take_copied_syncs();
  copy_ = Copy::none;
  if (front() != 'E') return;
  pop();
  if (std::ranges::none_of(outstanding_, [](char type) { return kAskForReady.contains(type); })) unsynced_ = true;
}

/// Drops the end of a COPY's data and the Syncs before it; how many Syncs those were.
std::size_t SessionMachine::take_copied_syncs() {
  if (outstanding_.empty()) return 0;
  const auto begin = outstanding_.begin() + 1;
  auto end = std::find_if(begin, outstanding_.end(), [](char type) { return type != 'S'; });
  const auto syncs = static_cast<std::size_t>(end - begin);
  if (end != outstanding_.end() && kCopyEnds.contains(*end)) ++end;
  outstanding_.erase(begin, end);
  return syncs;
}

void SessionMachine::error() {
  if (copy_ == Copy::in) doubtful_ = take_copied_syncs();
  copy_ = Copy::none;
  if (!kExtended.contains(front())) return;
  pop();
  for (; !outstanding_.empty() && front() != 'S'; pop()) lost_ = lost_ || doubtful_ > 0;
  skipping_ = outstanding_.empty();
  unsynced_ = unsynced_ || skipping_;
}

void SessionMachine::ready(std::string_view body) {
  status_ = body.empty() ? '?' : body[0];
  copy_ = Copy::none;
  const bool answers_front = front() == 'S' || ((front() == 'Q' || front() == 'F') && (begun_ || doubtful_ == 0));
  if (!answers_front && doubtful_ == 0) return;
  ++transactions_;
  if (answers_front) return pop();
  --doubtful_;
  if (outstanding_.empty()) unsynced_ = skipping_ = false;
}

void SessionMachine::pop() {
  outstanding_.pop_front();
  begun_ = false;
  while (kCopyEnds.contains(front()) && !outstanding_.empty()) outstanding_.pop_front();  // of no COPY: ignored
}

bool SessionMachine::is_safe() const {
  return outstanding_.empty() && !unsynced_ && !skipping_ && !lost_ && doubtful_ == 0 && copy_ == Copy::none &&
         status_ == 'I';
}

std::optional<std::size_t> SessionMachine::owed() const {
  const auto is_copy = [](char type) { return kCopyEnds.contains(type); };
  if (lost_ || doubtful_ > 0 || copy_ != Copy::none || std::ranges::any_of(outstanding_, is_copy)) return std::nullopt;
  return std::ranges::count_if(outstanding_, [](char type) { return kAskForReady.contains(type); });
}

void SessionMachine::moved() {
  const auto transactions = transactions_;
  *this = SessionMachine{};
  transactions_ = transactions;
}

}  // namespace pgbaton::wire
