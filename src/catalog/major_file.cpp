#include <algorithm>
#include <array>

#include "catalog/major.hpp"
#include "catalog/toml_file.hpp"

namespace pgbaton::catalog {
namespace {

using base::Result;

constexpr std::string_view kMajorsFile = "majors.toml";

std::string optional_text(const toml::table& table, std::string_view key) { return table[key].value_or(std::string{}); }

Result<int> read_major(const toml::table& table, std::string_view key) {
  const auto major = table[key].value<std::int64_t>();
  if (major && *major >= 10 && *major < 100) return static_cast<int>(*major);
  return wrong_at(table, kMajorsFile, fmt::format("\"{}\" must be a major like 17", key));
}

Result<int> optional_major(const toml::table& table, std::string_view key, int otherwise) {
  if (!table.contains(key)) return otherwise;
  return read_major(table, key);
}

Result<> read_setting(const toml::table& table, MajorFacts& facts) {
  TRY(only_keys(table, {"name", "gone_in", "now"}, kMajorsFile));
  GoneSetting setting;
  setting.name = TRY(read_text(table, "name", kMajorsFile));
  setting.gone_in = TRY(read_major(table, "gone_in"));
  setting.now = optional_text(table, "now");
  facts.settings.push_back(std::move(setting));
  return {};
}

Result<> read_default(const toml::table& table, MajorFacts& facts) {
  TRY(only_keys(table, {"name", "changed_in", "was", "now", "text"}, kMajorsFile));
  ChangedDefault changed;
  changed.name = TRY(read_text(table, "name", kMajorsFile));
  changed.changed_in = TRY(read_major(table, "changed_in"));
  changed.was = TRY(read_text(table, "was", kMajorsFile));
  changed.now = TRY(read_text(table, "now", kMajorsFile));
  changed.text = TRY(read_text(table, "text", kMajorsFile));
  facts.defaults.push_back(std::move(changed));
  return {};
}

Result<> read_columns(const toml::table& table, MajorFacts& facts) {
  TRY(only_keys(table, {"view", "gone_in", "columns"}, kMajorsFile));
  const auto view = TRY(read_text(table, "view", kMajorsFile));
  const auto gone_in = TRY(read_major(table, "gone_in"));
  const auto columns = TRY(read_texts(table, "columns", kMajorsFile));
  for (const auto& column : columns) facts.columns.push_back({view, column, gone_in});
  return {};
}

Result<std::string> one_of(const toml::table& table, std::string_view key,
                           std::initializer_list<std::string_view> allowed) {
  auto text = TRY(read_text(table, key, kMajorsFile));
  if (std::ranges::find(allowed, text) != allowed.end()) return text;
  return wrong_at(*table.get(key), kMajorsFile, fmt::format("\"{}\" is no {}", text, key));
}

Result<> read_check(const toml::table& table, MajorFacts& facts) {
  TRY(only_keys(table, {"id", "title", "severity", "scope", "crosses", "since", "until", "sql", "text", "remedy"},
                kMajorsFile));
  MajorCheck check;
  check.id = TRY(read_text(table, "id", kMajorsFile));
  check.title = TRY(read_text(table, "title", kMajorsFile));
  check.severity = TRY(one_of(table, "severity", {"stop", "act", "know"}));
  check.scope = TRY(one_of(table, "scope", {"server", "database"}));
  check.crosses = TRY(optional_major(table, "crosses", 0));
  check.since = TRY(optional_major(table, "since", 0));
  check.until = TRY(optional_major(table, "until", 99));
  check.sql = TRY(read_text(table, "sql", kMajorsFile));
  check.text = TRY(read_text(table, "text", kMajorsFile));
  check.remedy = optional_text(table, "remedy");
  if (std::ranges::find(facts.checks, check.id, &MajorCheck::id) != facts.checks.end())
    return wrong_at(table, kMajorsFile, fmt::format("there are two checks \"{}\"", check.id));
  facts.checks.push_back(std::move(check));
  return {};
}

struct Kind {
  std::string_view name;
  Result<> (*read)(const toml::table&, MajorFacts&);
};
constexpr std::array kKinds{Kind{"setting", read_setting}, Kind{"default", read_default}, Kind{"column", read_columns},
                            Kind{"check", read_check}};

}  // namespace

Result<MajorFacts> parse_major_facts(std::string_view toml) {
  const auto file = TRY(parse_toml(toml, kMajorsFile));
  TRY(only_keys(file, {"setting", "default", "column", "check"}, kMajorsFile));
  MajorFacts facts;
  for (const auto& [name, read] : kKinds) {
    const auto* rows = file[name].as_array();
    if (rows == nullptr) continue;
    for (const auto& row : *rows) {
      if (!row.is_table()) return wrong_at(row, kMajorsFile, fmt::format("this must be a [[{}]]", name));
      TRY(read(*row.as_table(), facts));
    }
  }
  return facts;
}

}  // namespace pgbaton::catalog
