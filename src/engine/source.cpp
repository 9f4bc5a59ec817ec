#include "engine/source.hpp"

#include <algorithm>
#include <array>

#include <toml++/toml.h>

namespace pgbaton::engine {

using base::Code;
using base::Result;

namespace {

std::unexpected<base::Error> wrong(const toml::node& node, std::string_view key, std::string_view what) {
  return base::fail({Code::invalid_argument,
                     fmt::format("line {} of the engine sources: {}: {}", node.source().begin.line, key, what),
                     "Correct the file; catalog/sources.toml of pgbaton is an example."});
}

// These words become parts of file names and of apt's arguments.
bool is_word(std::string_view text) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789-_.+";
  return !text.empty() && text.size() <= 64 && text.find_first_not_of(kAllowed) == std::string_view::npos &&
         text.find_first_of("-_.+") != 0;
}

Result<> read_word(const toml::node& node, std::string_view key, std::string& into) {
  into = node.value_or(std::string{});
  if (!is_word(into)) return wrong(node, key, "must be a word of lower-case letters, digits, - _ . +");
  return {};
}

Result<> read_kind(const toml::node& node, std::string_view key, Source& source) {
  const auto kind = parse_SourceKind(node.value_or(std::string_view{}));
  if (!kind) return wrong(node, key, "must be \"debian\" or \"host\"");
  source.kind = *kind;
  return {};
}

Result<> read_security(const toml::node& node, std::string_view key, Source& source) {
  if (!node.is_boolean()) return wrong(node, key, "must be true or false");
  source.security = node.value_or(false);
  return {};
}

Result<> read_path(const toml::node& node, std::string_view key, Source& source) {
  source.path = node.value_or(std::string{});
  if (!source.path.starts_with('/')) return wrong(node, key, "must be an absolute path");
  return {};
}

Result<> read_majors(const toml::node& node, std::string_view key, Source& source) {
  constexpr std::string_view kMust = "must be a list of PostgreSQL majors like [15, 17]";
  if (!node.is_array()) return wrong(node, key, kMust);
  for (const auto& element : *node.as_array()) {
    const auto major = element.value_or(std::int64_t{0});
    if (!element.is_integer() || major < 10 || major > 99) return wrong(element, key, kMust);
    source.majors.push_back(static_cast<int>(major));
  }
  return {};
}

Result<> read_extensions(const toml::node& node, std::string_view key, Source& source) {
  if (!node.is_array()) return wrong(node, key, "must be a list of names like [\"pgvector\"]");
  for (const auto& element : *node.as_array()) TRY(read_word(element, key, source.extensions.emplace_back()));
  return {};
}

struct Key {
  std::string_view name;
  Result<> (*read)(const toml::node&, std::string_view, Source&);
};
constexpr std::array kKeys{
    Key{"name", [](const toml::node& n, std::string_view key, Source& s) { return read_word(n, key, s.name); }},
    Key{"kind", read_kind},
    Key{"codename", [](const toml::node& n, std::string_view key, Source& s) { return read_word(n, key, s.codename); }},
    Key{"security", read_security},
    Key{"majors", read_majors},
    Key{"path", read_path},
    Key{"extensions", read_extensions},
};

Result<> check_complete(const toml::table& table, const Source& source) {
  if (source.name.empty()) return wrong(table, "name", "is missing");
  if (!table.contains("kind")) return wrong(table, "kind", "is missing");
  const bool debian = source.kind == SourceKind::debian;
  if (debian && source.codename.empty()) return wrong(table, "codename", "is missing: which Debian suite?");
  if (debian && source.majors.empty()) return wrong(table, "majors", "is missing: which PostgreSQL majors?");
  if (!debian && source.path.empty()) return wrong(table, "path", "is missing: which folder?");
  return {};
}

Result<Source> read_source(const toml::table& table) {
  Source source;
  for (const auto& [key, node] : table) {
    const auto* row = std::ranges::find(kKeys, key.str(), &Key::name);
    if (row == kKeys.end()) return wrong(node, key.str(), "is no key of a source");
    TRY(row->read(node, row->name, source));
  }
  TRY(check_complete(table, source));
  return source;
}

Result<std::vector<Source>> read_all(const toml::table& root) {
  std::vector<Source> sources;
  for (const auto& [key, node] : root)
    if (key.str() != "source" || !node.is_array_of_tables())
      return wrong(node, key.str(), "only [[source]] tables belong here");
  const auto* tables = root["source"].as_array();
  if (tables == nullptr) return sources;
  for (const auto& node : *tables) {
    auto source = TRY(read_source(*node.as_table()));
    if (std::ranges::count(sources, source.name, &Source::name) > 0)
      return wrong(node, "name", fmt::format("\"{}\" is used twice", source.name));
    sources.push_back(std::move(source));
  }
  return sources;
}

}  // namespace

Result<std::vector<Source>> parse_sources(std::string_view text) {
  try {
    return read_all(toml::parse(text));
  } catch (const toml::parse_error& error) {
    return base::fail({Code::invalid_argument,
                       fmt::format("line {} of the engine sources: {}", error.source().begin.line, error.description()),
                       "Correct the file; catalog/sources.toml of pgbaton is an example."});
  }
}

}  // namespace pgbaton::engine
