#include "catalog/release.hpp"

#include <charconv>

#include "base/text.hpp"
#include "catalog/toml_file.hpp"

namespace pgbaton::catalog {

using base::Result;

namespace {

constexpr std::string_view kFile = "releases.toml";

Result<int> read_number(const toml::key& key, const toml::node& node) {
  const auto text = key.str();
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < 0)
    return wrong_at(node, kFile, fmt::format("\"{}\" must be a number", text));
  return number;
}

// A month stands for its last day: what is only expected then has not ended before.
Result<Day> read_month(const toml::node& node, const std::string& text) {
  const auto parsed = base::parse_rfc3339(text + "-01T00:00:00Z");
  if (!parsed) return wrong_at(node, kFile, "end_of_life must be a day like 2029-11-08 or a month like \"2031-11\"");
  const std::chrono::year_month_day first{std::chrono::floor<std::chrono::days>(*parsed)};
  return Day{first.year() / first.month() / std::chrono::last};
}

Result<> read_end_of_life(const toml::node& node, MajorRelease& major) {
  if (node.is_string()) {
    major.end_of_life = *node.value<std::string>();
    major.last_day = TRY(read_month(node, major.end_of_life));
  } else {
    major.last_day = TRY(read_day(node, kFile));
    major.end_of_life = base::to_rfc3339(*major.last_day).substr(0, 10);
  }
  return {};
}

/// Calls `row(number, node)` for each row of the sub-table, which may be missing.
template <typename Row>
Result<> each_minor(const toml::table& table, std::string_view name, Row row) {
  const auto* node = table.get(name);
  if (node == nullptr) return {};
  if (!node->is_table()) return wrong_at(*node, kFile, fmt::format("\"{}\" must be a table", name));
  for (const auto& [key, value] : *node->as_table()) {
    const int number = TRY(read_number(key, value));
    TRY(row(number, value));
  }
  return {};
}

Result<MajorRelease> read_major(const toml::table& table) {
  MajorRelease major;
  TRY(only_keys(table, {"released", "end_of_life", "minors", "skip"}, kFile));
  if (const auto* node = table.get("released")) major.released = TRY(read_day(*node, kFile));
  if (const auto* node = table.get("end_of_life")) TRY(read_end_of_life(*node, major));
  TRY(each_minor(table, "minors", [&](int number, const toml::node& node) -> Result<> {
    major.minors[number] = TRY(read_day(node, kFile));
    return {};
  }));
  TRY(each_minor(table, "skip", [&](int number, const toml::node& node) -> Result<> {
    if (!node.is_string()) return wrong_at(node, kFile, "the reason must be a text");
    major.skip[number] = *node.value<std::string>();
    return {};
  }));
  return major;
}

}  // namespace

Result<Releases> parse_releases(std::string_view toml) {
  const auto file = TRY(parse_toml(toml, kFile));
  TRY(only_keys(file, {"notes", "major"}, kFile));
  Releases releases;
  releases.notes = TRY(read_text(file, "notes", kFile));
  const auto* majors = file["major"].as_table();
  if (majors == nullptr) return wrong_at(file, kFile, "there is no [major.N]");
  for (const auto& [key, node] : *majors) {
    if (!node.is_table()) return wrong_at(node, kFile, "a major must be a table");
    const int number = TRY(read_number(key, node));
    releases.majors[number] = TRY(read_major(*node.as_table()));
  }
  return releases;
}

const MajorRelease* find_major(const Releases& releases, int major) {
  const auto found = releases.majors.find(major);
  return found == releases.majors.end() ? nullptr : &found->second;
}

std::optional<Day> release_day(const Releases& releases, model::Version version) {
  const auto* major = find_major(releases, version.major);
  if (major == nullptr) return std::nullopt;
  if (version.minor == 0) return major->released;
  const auto found = major->minors.find(version.minor);
  return found == major->minors.end() ? std::nullopt : std::optional{found->second};
}

std::optional<std::string> skip_reason(const Releases& releases, model::Version version) {
  const auto* major = find_major(releases, version.major);
  if (major == nullptr) return std::nullopt;
  const auto found = major->skip.find(version.minor);
  return found == major->skip.end() ? std::nullopt : std::optional{found->second};
}

std::string notes_link(const Releases& releases, model::Version version) {
  constexpr std::string_view kPlace = "{version}";
  auto link = releases.notes;
  if (const auto at = link.find(kPlace); at != std::string::npos)
    link.replace(at, kPlace.size(), model::to_string(version));
  return link;
}

}  // namespace pgbaton::catalog
