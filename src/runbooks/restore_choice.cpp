#include "runbooks/restore_choice.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace pgbaton::runbooks {

using base::Code;
using base::Result;
using base::WallTime;
using model::Epoch;

namespace {

WallTime time_of(const std::string& rfc3339) { return base::parse_rfc3339(rfc3339).value_or(WallTime{}); }

// The repository knows the end of a backup by the second.
WallTime restorable_from(const api::BackupSet& set) { return time_of(set.stopped_at) + std::chrono::seconds{1}; }

const api::BackupLine* line_of(const Archive& archive, const std::string& system_identifier) {
  const auto found = std::ranges::find(archive.lines, system_identifier, &api::BackupLine::system_identifier);
  return found == archive.lines.end() ? nullptr : &*found;
}

// A database that never changed its line has one epoch, from the beginning.
std::vector<Epoch> epochs_of(const Archive& archive) {
  if (!archive.epochs.empty()) return archive.epochs;
  std::vector<Epoch> all;
  for (const auto& line : archive.lines) all.push_back({.system_identifier = line.system_identifier});
  if (all.size() > 1) all.erase(all.begin(), all.end() - 1);
  return all;
}

// What was written after the moment that a restore went back to is not in the past of what followed.
bool is_in_past_of(const std::vector<Epoch>& epochs, std::size_t at, const api::BackupSet& set) {
  const auto& epoch = epochs[at];
  if (epoch.since.empty() || time_of(set.started_at) >= time_of(epoch.since) - std::chrono::seconds{1}) return true;
  if (at == 0) return true;
  const auto parent = epoch.parent < 0 ? at - 1 : static_cast<std::size_t>(epoch.parent);
  if (parent >= at) return false;
  if (!epoch.restored_to.empty() && restorable_from(set) > time_of(epoch.restored_to)) return false;
  return is_in_past_of(epochs, parent, set);
}

const api::BackupSet* newest_before(const api::BackupLine& line, const std::vector<Epoch>& epochs, std::size_t at,
                                    WallTime time) {
  const api::BackupSet* newest = nullptr;
  for (const auto& set : line.sets)
    if (restorable_from(set) <= time && is_in_past_of(epochs, at, set)) newest = &set;
  return newest;
}

std::optional<WallTime> first_restorable(const api::BackupLine& line, const std::vector<Epoch>& epochs,
                                         std::size_t at) {
  for (const auto& set : line.sets)
    if (is_in_past_of(epochs, at, set)) return restorable_from(set);
  return std::nullopt;
}

WallTime end_of(const std::vector<Epoch>& epochs, std::size_t at, WallTime now) {
  return at + 1 < epochs.size() ? time_of(epochs[at + 1].since) : now;
}

// A log that is archived ends with a full segment; the record that a stop writes last is the first of the next one.
base::Lsn archived_end(base::Lsn end) {
  constexpr std::uint64_t kSegment = std::uint64_t{16} << 20;
  const auto begin = end.position / kSegment * kSegment;
  return {begin > kSegment ? begin - kSegment : 0};
}

// What a line that a major-upgrade began by links stands on: the line before, at its end.
std::optional<api::OlderLine> older_line(const Archive& archive, const std::vector<Epoch>& epochs, std::size_t at) {
  const auto* line = line_of(archive, epochs[at].system_identifier);
  if (at == 0 || line == nullptr || !line->has_cold_base || !epochs[at].restored_to.empty()) return std::nullopt;
  const auto& before = epochs[at - 1];
  const auto* older = line_of(archive, before.system_identifier);
  const auto* set = older == nullptr ? nullptr : newest_before(*older, epochs, at - 1, time_of(epochs[at].since));
  if (set == nullptr || older == line) return std::nullopt;
  return api::OlderLine{.stanza = older->stanza,
                        .set = set->label,
                        .timeline = before.last_timeline,
                        .at_least = archived_end(before.end)};
}

std::unexpected<base::Error> outside(const Archive& archive, WallTime time, WallTime now) {
  const auto spans = spans_of(archive, now);
  if (spans.empty())
    return base::fail(
        {Code::refused, "there is no backup yet that could be restored",
         "The first is taken soon after a database was made; `pgbaton backup NAME --wait` takes one now."});
  return base::fail({Code::refused, fmt::format("{} cannot be restored", base::to_rfc3339(time)),
                     fmt::format("Choose a time {}.", sentence_about(spans))});
}

}  // namespace

std::vector<Span> spans_of(const Archive& archive, WallTime now) {
  const auto epochs = epochs_of(archive);
  std::vector<Span> spans;
  for (std::size_t at = 0; at < epochs.size(); ++at) {
    const auto* line = line_of(archive, epochs[at].system_identifier);
    const auto first = line == nullptr ? std::nullopt : first_restorable(*line, epochs, at);
    const bool from_the_begin = line != nullptr && older_line(archive, epochs, at);
    if (!first && !from_the_begin) continue;
    const auto begin = at == 0 ? WallTime{} : time_of(epochs[at].since);
    const auto from = from_the_begin ? begin : std::max(*first, begin);
    const auto to = end_of(epochs, at, now);
    if (from <= to) spans.push_back({from, to, line->system_identifier, line->major});
  }
  return spans;
}

Result<Choice> choose_restore(const Archive& archive, WallTime time, WallTime now) {
  const auto epochs = epochs_of(archive);
  std::size_t at = epochs.size();
  while (at > 1 && time_of(epochs[at - 1].since) > time) --at;
  if (at == 0 || time > now) return outside(archive, time, now);
  const auto& epoch = epochs[--at];
  const auto* line = line_of(archive, epoch.system_identifier);
  const auto* set = line == nullptr ? nullptr : newest_before(*line, epochs, at, time);
  const auto older = set == nullptr && line != nullptr ? older_line(archive, epochs, at) : std::nullopt;
  if (set == nullptr && !older) return outside(archive, time, now);
  return Choice{.stanza = line->stanza,
                .system_identifier = line->system_identifier,
                .major = line->major,
                .set = set == nullptr ? "" : set->label,
                .timeline = at + 1 == epochs.size() ? archive.timeline : epoch.last_timeline,
                .is_present = at + 1 == epochs.size(),
                .end = archived_end(epoch.end),
                .older = older,
                .older_major = older ? line_of(archive, epochs[at - 1].system_identifier)->major : 0};
}

std::string sentence_about(const std::vector<Span>& spans) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < spans.size(); ++at) {
    const bool continues = at > 0 && spans[at].from <= spans[at - 1].to;
    if (continues)
      words.back() = words.back().substr(0, words.back().rfind(" to ")) + " to " + base::to_rfc3339(spans[at].to);
    else
      words.push_back(fmt::format("from {} to {}", base::to_rfc3339(spans[at].from), base::to_rfc3339(spans[at].to)));
  }
  return base::join(words, ", or ");
}

}  // namespace pgbaton::runbooks
