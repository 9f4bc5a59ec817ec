// Reading of the catalog's TOML files: typed access whose errors name the file, the line and the key. Only this
// module's parsers include it. Touches no file itself: text in, values out.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

#include "base/result.hpp"

namespace pgbaton::catalog {

/// Parses the text; `file` is what errors call it.
[[nodiscard]] base::Result<toml::table> parse_toml(std::string_view text, std::string_view file);

/// "hazards.toml, line 12: ...", as a failure.
[[nodiscard]] std::unexpected<base::Error> wrong_at(const toml::node& node, std::string_view file,
                                                    std::string_view what);

[[nodiscard]] base::Result<std::string> read_text(const toml::table& table, std::string_view key,
                                                  std::string_view file);
[[nodiscard]] base::Result<bool> read_flag(const toml::table& table, std::string_view key, std::string_view file);
[[nodiscard]] base::Result<std::vector<std::string>> read_texts(const toml::table& table, std::string_view key,
                                                                std::string_view file);
/// A TOML local date: 2026-11-12.
[[nodiscard]] base::Result<std::chrono::sys_days> read_day(const toml::node& node, std::string_view file);

/// Fails at the first key that is not in the list: a misspelt key would otherwise be a silent gap.
[[nodiscard]] base::Result<> only_keys(const toml::table& table, std::initializer_list<std::string_view> keys,
                                       std::string_view file);

}  // namespace pgbaton::catalog
