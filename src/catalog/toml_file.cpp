#include "catalog/toml_file.hpp"

#include <algorithm>

namespace pgbaton::catalog {

using base::Code;
using base::Result;

Result<toml::table> parse_toml(std::string_view text, std::string_view file) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    return base::fail(Code::invalid_argument, "{}, line {}: {}", file, error.source().begin.line, error.description());
  }
}

std::unexpected<base::Error> wrong_at(const toml::node& node, std::string_view file, std::string_view what) {
  return base::fail(Code::invalid_argument, "{}, line {}: {}", file, node.source().begin.line, what);
}

namespace {

Result<const toml::node*> need(const toml::table& table, std::string_view key, std::string_view file) {
  if (const auto* node = table.get(key)) return node;
  return wrong_at(table, file, fmt::format("the key \"{}\" is missing", key));
}

}  // namespace

Result<std::string> read_text(const toml::table& table, std::string_view key, std::string_view file) {
  const auto* node = TRY(need(table, key, file));
  auto text = node->value<std::string>();
  if (!node->is_string() || text->empty()) return wrong_at(*node, file, fmt::format("\"{}\" must be a text", key));
  return *std::move(text);
}

Result<bool> read_flag(const toml::table& table, std::string_view key, std::string_view file) {
  const auto* node = TRY(need(table, key, file));
  if (!node->is_boolean()) return wrong_at(*node, file, fmt::format("\"{}\" must be true or false", key));
  return *node->value<bool>();
}

Result<std::vector<std::string>> read_texts(const toml::table& table, std::string_view key, std::string_view file) {
  const auto* node = TRY(need(table, key, file));
  const auto* list = node->as_array();
  if (list == nullptr || list->empty())
    return wrong_at(*node, file, fmt::format("\"{}\" must be a list of texts", key));
  std::vector<std::string> texts;
  for (const auto& element : *list) {
    if (!element.is_string()) return wrong_at(element, file, fmt::format("\"{}\" must be a list of texts", key));
    texts.push_back(*element.value<std::string>());
  }
  return texts;
}

Result<std::chrono::sys_days> read_day(const toml::node& node, std::string_view file) {
  const auto date = node.value<toml::date>();
  if (!node.is_date() || !date) return wrong_at(node, file, "this must be a day like 2026-11-12");
  const std::chrono::year_month_day day{std::chrono::year{date->year}, std::chrono::month{date->month},
                                        std::chrono::day{date->day}};
  if (!day.ok()) return wrong_at(node, file, "there is no such day");
  return std::chrono::sys_days{day};
}

Result<> only_keys(const toml::table& table, std::initializer_list<std::string_view> keys, std::string_view file) {
  for (const auto& [key, node] : table)
    if (std::ranges::find(keys, key.str()) == keys.end())
      return wrong_at(node, file, fmt::format("the key \"{}\" is not known here", key.str()));
  return {};
}

}  // namespace pgbaton::catalog
