#include "catalog/major.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace pgbaton::catalog {
namespace {

std::string sql_list(const std::vector<std::string>& names) {
  if (names.empty()) return "NULL";
  std::vector<std::string> quoted;
  for (const auto& name : names) quoted.push_back("'" + name + "'");  // names of the catalog: no quotes in them
  return base::join(quoted, ", ");
}

void put_in(std::string& text, std::string_view word, const std::string& value) {
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + value.size()))
    text.replace(at, word.size(), value);
}

bool applies(const MajorCheck& check, int from, int to) {
  return from >= check.since && from <= check.until && (check.crosses == 0 || crosses(from, to, check.crosses));
}

std::string_view name_in(std::string_view line) {
  const auto text = base::trim(line);
  const auto end = text.find_first_of(" \t=");
  return text.starts_with('#') ? std::string_view{} : text.substr(0, end);
}

}  // namespace

std::vector<MajorCheck> checks_for(const MajorFacts& facts, int from, int to) {
  if (from >= to) return {};
  std::vector<std::string> settings;
  for (const auto& setting : facts.settings)
    if (crosses(from, to, setting.gone_in)) settings.push_back(setting.name);
  std::vector<std::string> columns;
  for (const auto& column : facts.columns)
    if (crosses(from, to, column.gone_in)) columns.push_back(column.view + "." + column.column);
  std::vector<MajorCheck> found;
  for (auto check : facts.checks) {
    if (!applies(check, from, to)) continue;
    put_in(check.sql, "{settings}", sql_list(settings));
    put_in(check.sql, "{columns}", sql_list(columns));
    found.push_back(std::move(check));
  }
  return found;
}

std::string translated_line(const MajorFacts& facts, std::string_view line, int from, int to) {
  const auto name = name_in(line);
  const auto gone = std::ranges::find_if(facts.settings, [&](const GoneSetting& setting) {
    return setting.name == name && crosses(from, to, setting.gone_in);
  });
  if (name.empty() || gone == facts.settings.end()) return std::string{line};
  if (gone->now.empty()) return fmt::format("# gone since PostgreSQL {}: {}", gone->gone_in, line);
  std::string renamed{line};
  return renamed.replace(line.find(name), name.size(), gone->now);
}

}  // namespace pgbaton::catalog
