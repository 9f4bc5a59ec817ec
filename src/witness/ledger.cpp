#include "witness/ledger.hpp"

#include <array>
#include <charconv>

#include "base/text.hpp"

namespace pgbaton::witness {
namespace {

constexpr std::uint8_t kMany = 2;

struct FateLetter {
  Fate fate;
  char letter;
};
constexpr std::array kFateLetters{FateLetter{Fate::acknowledged, 'a'}, FateLetter{Fate::in_doubt, 'd'},
                                  FateLetter{Fate::refused, 'r'}};

template <typename Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.begin(), text.end(), number);
  return error == std::errc{} && end == text.end() && number > 0;
}

void judge_row(Fate fate, std::uint8_t times, Verdict& verdict) {
  const bool present = times > 0;
  verdict.duplicated += times >= kMany ? 1 : 0;
  if (fate == Fate::acknowledged) {
    ++verdict.acknowledged;
    verdict.lost += present ? 0 : 1;
  } else if (fate == Fate::in_doubt) {
    ++verdict.in_doubt;
    verdict.in_doubt_present += present ? 1 : 0;
  }
}

}  // namespace

void Ledger::record(Row row, Fate fate) {
  const auto client = static_cast<std::size_t>(row.client - 1);
  const auto number = static_cast<std::size_t>(row.number - 1);
  if (clients_.size() <= client) clients_.resize(client + 1);
  auto& fates = clients_[client];
  if (fates.size() <= number) fates.resize(number + 1, Fate::unsent);
  fates[number] = fate;
}

Fate Ledger::fate(Row row) const {
  if (row.client < 1 || row.number < 1 || clients_.size() < static_cast<std::size_t>(row.client)) return Fate::unsent;
  const auto& fates = clients_[static_cast<std::size_t>(row.client - 1)];
  return fates.size() < static_cast<std::size_t>(row.number) ? Fate::unsent
                                                             : fates[static_cast<std::size_t>(row.number - 1)];
}

std::string ledger_line(Row row, Fate fate) {
  const auto* const known = std::ranges::find(kFateLetters, fate, &FateLetter::fate);
  return fmt::format("{} {} {}\n", known->letter, row.client, row.number);
}

base::Result<> record_line(Ledger& ledger, std::string_view line) {
  const auto words = base::split(line, ' ');
  Row row;
  if (words.size() == 3 && words[0].size() == 1 && read_number<int>(words[1], row.client) &&
      read_number<std::int64_t>(words[2], row.number)) {
    const auto* const known = std::ranges::find(kFateLetters, words[0][0], &FateLetter::letter);
    if (known != kFateLetters.end()) {
      ledger.record(row, known->fate);
      return {};
    }
  }
  return base::fail(base::Code::corrupt, "\"{}\" is no line of a witness' proof", line);
}

Audit::Audit(const Ledger& ledger) : ledger_(&ledger) {
  for (const auto& fates : ledger.clients()) seen_.emplace_back(fates.size(), 0);
}

void Audit::see(Row row) {
  const auto fate = ledger_->fate(row);
  if (fate != Fate::acknowledged && fate != Fate::in_doubt) {
    ++unknown_;
    return;
  }
  auto& times = seen_[static_cast<std::size_t>(row.client - 1)][static_cast<std::size_t>(row.number - 1)];
  if (times < kMany) ++times;
}

Verdict Audit::verdict() const {
  Verdict verdict{.unknown = unknown_};
  const auto& clients = ledger_->clients();
  for (std::size_t client = 0; client < clients.size(); ++client)
    for (std::size_t at = 0; at < clients[client].size(); ++at)
      judge_row(clients[client][at], seen_[client][at], verdict);
  return verdict;
}

}  // namespace pgbaton::witness
