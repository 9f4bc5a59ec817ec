#include <algorithm>
#include <map>

#include "catalog/hazard.hpp"
#include "catalog/toml_file.hpp"

namespace pgbaton::catalog {
namespace {

using base::Result;

constexpr std::string_view kFile = "hazards.toml";
constexpr int kDeepest = 8;  // fragments within fragments: more is a circle

using Fragments = std::map<std::string, std::string, std::less<>>;

Result<Fragments> read_fragments(const toml::table& file) {
  Fragments fragments;
  const auto* table = file["fragments"].as_table();
  if (table == nullptr) return fragments;
  for (const auto& [key, node] : *table) {
    auto sql = TRY(read_text(*table, key.str(), kFile));
    fragments.emplace(key.str(), std::move(sql));
  }
  return fragments;
}

// {word} is a fragment's place; other braces, as in array literals, are SQL's own.
Result<std::string> expanded(const toml::node& node, std::string_view sql, const Fragments& fragments, int depth = 0) {
  constexpr std::string_view kWord = "abcdefghijklmnopqrstuvwxyz_";
  if (depth > kDeepest) return wrong_at(node, kFile, "the fragments contain each other");
  std::string text;
  for (std::size_t at = 0; at < sql.size();) {
    const auto end = sql[at] == '{' ? sql.find_first_not_of(kWord, at + 1) : std::string_view::npos;
    if (end == std::string_view::npos || sql[end] != '}' || end == at + 1) {
      text += sql[at++];
      continue;
    }
    const auto name = sql.substr(at + 1, end - at - 1);
    const auto fragment = fragments.find(name);
    if (fragment == fragments.end()) return wrong_at(node, kFile, fmt::format("there is no fragment \"{}\"", name));
    text += TRY(expanded(node, fragment->second, fragments, depth + 1));
    at = end + 1;
  }
  return text;
}

Result<std::vector<model::Version>> read_versions(const toml::table& table) {
  std::vector<model::Version> versions;
  const auto texts = TRY(read_texts(table, "fixed_in", kFile));
  for (const auto& text : texts) {
    const auto version = model::parse_version(text);
    if (!version) return wrong_at(*table.get("fixed_in"), kFile, version.error().message);
    if (std::ranges::find(versions, version->major, &model::Version::major) != versions.end())
      return wrong_at(*table.get("fixed_in"), kFile, fmt::format("PostgreSQL {} is named twice", version->major));
    versions.push_back(*version);
  }
  return versions;
}

template <typename Enum>
Result<Enum> read_name(const toml::table& table, std::string_view key, std::optional<Enum> (*parse)(std::string_view)) {
  const auto text = TRY(read_text(table, key, kFile));
  if (const auto value = parse(text)) return *value;
  return wrong_at(*table.get(key), kFile, fmt::format("\"{}\" is no {}", text, key));
}

Result<> check_action(const toml::table& table, const Hazard& hazard) {
  if (is_statement(hazard) != (hazard.action.find("{object}") != std::string::npos))
    return wrong_at(*table.get("action"), kFile,
                    "{object} belongs into the statements of reindex and analyze, and only there");
  return {};
}

Result<Hazard> read_hazard(const toml::table& table, const Fragments& fragments) {
  TRY(only_keys(table, {"id", "fixed_in", "title", "kind", "finds", "online", "applies_if", "action", "text"}, kFile));
  const auto sql = TRY(read_text(table, "applies_if", kFile));
  // One by one: g++ does not destroy the members that a braced list has made when TRY leaves it in the middle.
  Hazard hazard;
  hazard.id = TRY(read_text(table, "id", kFile));
  hazard.fixed_in = TRY(read_versions(table));
  hazard.title = TRY(read_text(table, "title", kFile));
  hazard.kind = TRY(read_name<HazardKind>(table, "kind", parse_HazardKind));
  hazard.finds = TRY(read_name<Finds>(table, "finds", parse_Finds));
  hazard.online = TRY(read_flag(table, "online", kFile));
  hazard.applies_if = TRY(expanded(*table.get("applies_if"), sql, fragments));
  hazard.action = TRY(read_text(table, "action", kFile));
  hazard.text = TRY(read_text(table, "text", kFile));
  TRY(check_action(table, hazard));
  return hazard;
}

}  // namespace

Result<std::vector<Hazard>> parse_hazards(std::string_view toml) {
  const auto file = TRY(parse_toml(toml, kFile));
  TRY(only_keys(file, {"fragments", "hazard"}, kFile));
  const auto fragments = TRY(read_fragments(file));
  const auto* rows = file["hazard"].as_array();
  if (rows == nullptr || !rows->is_array_of_tables()) return wrong_at(file, kFile, "there is no [[hazard]]");
  std::vector<Hazard> hazards;
  for (const auto& row : *rows) {
    auto hazard = TRY(read_hazard(*row.as_table(), fragments));
    if (std::ranges::find(hazards, hazard.id, &Hazard::id) != hazards.end())
      return wrong_at(row, kFile, fmt::format("there are two hazards \"{}\"", hazard.id));
    hazards.push_back(std::move(hazard));
  }
  return hazards;
}

}  // namespace pgbaton::catalog
