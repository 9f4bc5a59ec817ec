#include "witness/mailbox.hpp"

#include <charconv>

#include <fmt/format.h>

#include "base/text.hpp"

namespace pgbaton::witness {

std::string to_payload(const Letter& letter) {
  return fmt::format("{}.{}.{}", letter.session, letter.sender, letter.number);
}

Letter parse_payload(std::string_view payload) {
  const auto words = base::split(payload, '.');
  if (words.size() != 3) return {};
  Letter letter;
  const auto read = [](const std::string& word, auto& number) {
    const auto* const end = word.data() + word.size();
    return std::from_chars(word.data(), end, number).ptr == end;
  };
  const bool whole = read(words[0], letter.session) && read(words[1], letter.sender) && read(words[2], letter.number);
  return whole ? letter : Letter{};
}

void Mailbox::open(std::int64_t session) {
  const std::scoped_lock lock{mutex_};
  session_ = session;
  expected_.clear();
  arrived_.clear();
}

std::int64_t Mailbox::session() const {
  const std::scoped_lock lock{mutex_};
  return session_;
}

void Mailbox::expect(const Letter& letter) {
  const std::scoped_lock lock{mutex_};
  if (letter.session == session_) expected_.insert(letter);
}

void Mailbox::arrived(const Letter& letter) {
  const std::scoped_lock lock{mutex_};
  if (letter.session == session_) ++arrived_[letter];
}

std::vector<Letter> Mailbox::missing() const {
  const std::scoped_lock lock{mutex_};
  std::vector<Letter> letters;
  for (const auto& letter : expected_)
    if (!arrived_.contains(letter)) letters.push_back(letter);
  return letters;
}

std::vector<Letter> Mailbox::repeated() const {
  const std::scoped_lock lock{mutex_};
  std::vector<Letter> letters;
  for (const auto& [letter, times] : arrived_)
    if (times > 1) letters.push_back(letter);
  return letters;
}

}  // namespace pgbaton::witness
