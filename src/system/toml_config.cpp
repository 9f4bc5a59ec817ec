#include "system/toml_config.hpp"

#include <algorithm>
#include <sstream>

#include <toml++/toml.h>

namespace pgbaton::system {

using base::Code;
using base::Result;

namespace {

Result<std::vector<std::string>> values_of(const toml::node& node, const std::string& where) {
  if (const auto* text = node.as_string()) return std::vector{text->get()};
  if (const auto* flag = node.as_boolean()) return std::vector{std::string{flag->get() ? "true" : "false"}};
  std::vector<std::string> values;
  const auto* array = node.as_array();
  if (array == nullptr)
    return base::fail(Code::invalid_argument, "{} must be a string, a boolean or an array of strings", where);
  for (const auto& element : *array) {
    const auto* text = element.as_string();
    if (text == nullptr) return base::fail(Code::invalid_argument, "{} must hold strings only", where);
    values.push_back(text->get());
  }
  return values;
}

}  // namespace

Result<TomlConfig> TomlConfig::read(const std::string& file, const std::vector<std::string>& known) {
  TomlConfig config;
  try {
    for (const auto& [key, node] : toml::parse_file(file)) {
      const std::string name{key.str()};
      if (std::ranges::find(known, name) == known.end())
        return base::fail(Code::invalid_argument, "{} line {}: there is no setting \"{}\"", file,
                          node.source().begin.line, name);
      config.values_[name] = TRY(values_of(node, fmt::format("{}: {}", file, name)));
    }
  } catch (const toml::parse_error& error) {
    return base::fail(Code::invalid_argument, "{} line {}: {}", file, error.source().begin.line, error.description());
  }
  return config;
}

std::string TomlConfig::text(const std::string& key, std::string fallback) const {
  const auto found = values_.find(key);
  return found == values_.end() || found->second.empty() ? fallback : found->second[0];
}

bool TomlConfig::flag(const std::string& key, bool fallback) const {
  return text(key, fallback ? "true" : "false") == "true";
}

std::vector<std::string> TomlConfig::list(const std::string& key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? std::vector<std::string>{} : found->second;
}

std::string toml_quote(const std::string& text) {
  std::ostringstream out;
  out << toml::value<std::string>{text};
  return out.str();
}

}  // namespace pgbaton::system
