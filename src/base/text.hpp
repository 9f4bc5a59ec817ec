// Small text functions that the standard library lacks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pgbaton::base {

[[nodiscard]] std::vector<std::string> split(std::string_view text, char separator);
/// Lines without their ends; a trailing newline makes no empty last line.
[[nodiscard]] std::vector<std::string> lines(std::string_view text);
[[nodiscard]] std::string_view trim(std::string_view text);
[[nodiscard]] std::string join(const std::vector<std::string>& parts, std::string_view separator);
/// "1 database", "3 databases"
[[nodiscard]] std::string counted(std::size_t count, std::string_view noun);

}  // namespace pgbaton::base
