// Configuration files: flat TOML with strings, booleans and arrays of strings. Unknown keys are errors: a misspelt
// setting must not be ignored.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace pgbaton::system {

class TomlConfig {
 public:
  [[nodiscard]] static base::Result<TomlConfig> read(const std::string& file, const std::vector<std::string>& known);
  [[nodiscard]] std::string text(const std::string& key, std::string fallback = "") const;
  [[nodiscard]] bool flag(const std::string& key, bool fallback) const;
  [[nodiscard]] std::vector<std::string> list(const std::string& key) const;

 private:
  std::map<std::string, std::vector<std::string>> values_;
};

/// A flat TOML file with these strings.
[[nodiscard]] std::string toml_quote(const std::string& text);

}  // namespace pgbaton::system
