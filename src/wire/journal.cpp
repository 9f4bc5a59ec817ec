#include "wire/journal.hpp"

#include <algorithm>
#include <span>

#include "wire/sql_calls.hpp"
#include "wire/sql_words.hpp"

namespace pgbaton::wire {
namespace {

// CommandComplete tags, up to their numbers, of what leaves a session's state as it is. SELECT can hide a change, which
// the words of its text tell. What writes may run triggers, and a cursor's rows the functions of its query.
constexpr std::string_view kHarmless[] = {
    "SELECT", "BEGIN",  "START TRANSACTION", "COMMIT", "ROLLBACK", "SAVEPOINT",  "RELEASE", "EXPLAIN",
    "SHOW",   "NOTIFY", "LOCK TABLE",        "VACUUM", "ANALYZE",  "CHECKPOINT", "REINDEX",
};

constexpr std::string_view kWriting[] = {"INSERT", "UPDATE", "DELETE", "MERGE", "COPY"};

bool is_one_of(std::string_view tag, std::span<const std::string_view> tags) {
  return std::ranges::any_of(tags, [&](std::string_view known) {
    return tag.starts_with(known) && (tag.size() == known.size() || tag[known.size()] == ' ');
  });
}

/// One zero-terminated string off the front of a body; what is there of it when the body ends before.
std::string_view take_string(std::string_view& body) {
  const auto text = body.substr(0, body.find('\0'));
  body.remove_prefix(std::min(text.size() + 1, body.size()));
  return text;
}

std::size_t take_number(std::string_view& body, std::size_t bytes) {
  std::size_t number = 0;
  for (std::size_t i = 0; i < bytes && !body.empty(); ++i, body.remove_prefix(1))
    number = number << 8 | static_cast<unsigned char>(body[0]);
  return number;
}

/// The parameters in a Bind, behind its two names, as far as they are there.
std::vector<std::string_view> bound_values(std::string_view body) {
  const auto formats = take_number(body, 2);
  body.remove_prefix(std::min(2 * formats, body.size()));
  std::vector<std::string_view> values;
  for (auto count = take_number(body, 2); count > 0 && !body.empty(); --count) {
    const auto length = take_number(body, 4);
    if (length == 0xffff'ffff) continue;  // NULL
    values.push_back(body.substr(0, length));
    body.remove_prefix(std::min(length, body.size()));
  }
  return values;
}

void append_whole(std::string& bytes, const Message& message) {
  bytes += message.frame.type;
  for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(message.frame.length >> shift & 0xff);
  bytes += message.body;
}

}  // namespace

void Journal::client_sent(const Message& message) {
  auto body = message.body;
  switch (message.frame.type) {
    case 'Q':
      unnamed_.clear();
      unnamed_pending_.clear();
      unnamed_lost_ = false;
      dirty_ = dirty_ || !message.is_whole();
      look_at(take_string(body));
      return;
    case 'P':
      return client_parse(message);
    case 'B':
      return client_bind(message);
    case 'C':
      return client_close(body);
    case 'F':
      dirty_ = true;
      return;
    default:
      return;
  }
}

void Journal::client_parse(const Message& message) {
  auto body = message.body;
  const auto name = take_string(body);
  const bool touches = look_at(take_string(body)) || !message.is_whole();
  if (name.empty()) {
    keep_unnamed(message);
  } else {
    dirty_ = true;
    if (failed_) unnamed_pending_.clear();  // the ParseComplete to come is not its
  }
  dirty_ = dirty_ || touches;
  const auto known = touching_.find(name);
  if (touches && known == touching_.end()) {
    any_touches_ = any_touches_ || touching_.size() >= kMaxNames || name.size() == message.body.size();
    if (!any_touches_) touching_.emplace(name);
  } else if (!touches && known != touching_.end()) {
    touching_.erase(known);
  }
}

void Journal::keep_unnamed(const Message& message) {
  failed_ = false;
  unnamed_pending_.clear();
  unnamed_lost_ = !message.is_whole() || message.frame.size() > kMaxUnnamed;
  if (unnamed_lost_)
    unnamed_.clear();
  else
    append_whole(unnamed_pending_, message);
}

/// Statements that change state do so when they are executed, and set_config may get its name only then.
void Journal::client_bind(const Message& message) {
  auto body = message.body;
  take_string(body);  // the portal
  const auto statement = take_string(body);
  const bool is_cut = !message.is_whole() && body.empty();
  if (!is_cut && !any_touches_ && !touching_.contains(statement)) return;
  dirty_ = true;
  discarding_ = false;
  computed_ = computed_ || !message.is_whole();
  for (const auto value : bound_values(body))
    if (is_custom_name(value)) found_name(std::string{value});
}

void Journal::client_close(std::string_view body) {
  if (body == std::string_view{"S\0", 2}) unnamed_.clear();
  if (body != std::string_view{"P\0", 2}) dirty_ = true;
}

void Journal::server_sent(const Message& message) {
  auto body = message.body;
  switch (message.frame.type) {
    case 'C':
      return completed(take_string(body));
    case '1':
      return parse_completed();
    case 'E':
      failed_ = true;
      return;
    case 'S':
      return parameter_reported(message);
    default:
      return;
  }
}

void Journal::parse_completed() {
  if (unnamed_pending_.empty()) return;
  std::swap(unnamed_, unnamed_pending_);
  unnamed_pending_.clear();
}

void Journal::completed(std::string_view tag) {
  if (tag == "DISCARD ALL" && discarding_) {
    placeholders_.clear();
    touching_.clear();
    sequence_ = computed_ = any_touches_ = discarding_ = false;
  }
  if (is_one_of(tag, kWriting))
    written_ = true;
  else
    dirty_ = dirty_ || !is_one_of(tag, kHarmless);
}

void Journal::parameter_reported(const Message& message) {
  dirty_ = true;
  if (!message.is_whole()) return;
  auto body = message.body;
  const auto name = take_string(body);
  set_parameter(std::string{name}, std::string{take_string(body)});
}

void Journal::set_parameter(std::string name, std::string value) {
  parameters_.insert_or_assign(std::move(name), std::move(value));
}

/// Whether running it may change what a snapshot shows.
bool Journal::look_at(std::string_view sql) {
  bool touches = calls_unknown(sql);
  dirty_ = dirty_ || touches;
  for (auto found = find_word(sql, 0); found; found = find_word(sql, found->end)) {
    const auto rest = sql.substr(found->end);
    switch (found->word) {
      case SqlWord::sets:
        if (auto name = name_after_set(rest)) found_name(std::move(*name));
        continue;
      case SqlWord::discards:
        discarding_ = true;
        continue;
      case SqlWord::uses_sequence:
        sequence_ = true;
        break;
      case SqlWord::seeds:
        seeded_ = true;
        break;
      case SqlWord::sets_config:
        look_at_config(rest);
        [[fallthrough]];
      case SqlWord::changes_state:
        touches = dirty_ = true;
        break;
    }
    discarding_ = false;
  }
  return touches;
}

void Journal::look_at_config(std::string_view rest) {
  const auto name = name_after_set_config(rest);
  if (std::holds_alternative<Computed>(name)) computed_ = true;
  if (const auto* literal = std::get_if<std::string>(&name); literal != nullptr && is_custom_name(*literal))
    found_name(*literal);
}

void Journal::found_name(std::string name) {
  discarding_ = false;
  if (placeholders_.size() < kMaxNames)
    placeholders_.insert(std::move(name));
  else
    computed_ = computed_ || !placeholders_.contains(name);
}

std::vector<std::string> Journal::uncarried() const {
  std::vector<std::string> reasons;
  if (seeded_) reasons.emplace_back("random() was seeded by setseed");
  if (sequence_) reasons.emplace_back("currval or lastval was used, whose value only this connection knows");
  if (computed_) reasons.emplace_back("set_config was called with a name that could not be read from the statement");
  if (unnamed_lost_) reasons.emplace_back("the unnamed prepared statement is too long to be kept");
  return reasons;
}

}  // namespace pgbaton::wire
