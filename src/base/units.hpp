// Quantities that carry their type.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "base/result.hpp"

namespace pgbaton::base {

struct Bytes {
  std::int64_t count = 0;
  auto operator<=>(const Bytes&) const = default;
};
constexpr Bytes operator+(Bytes a, Bytes b) { return {a.count + b.count}; }
constexpr Bytes operator*(Bytes a, std::int64_t factor) { return {a.count * factor}; }
constexpr Bytes operator/(Bytes a, std::int64_t divisor) { return {a.count / divisor}; }

constexpr Bytes operator""_KiB(unsigned long long n) { return {static_cast<std::int64_t>(n) << 10}; }
constexpr Bytes operator""_MiB(unsigned long long n) { return {static_cast<std::int64_t>(n) << 20}; }
constexpr Bytes operator""_GiB(unsigned long long n) { return {static_cast<std::int64_t>(n) << 30}; }

/// "312 MB": for people, in powers of 1024 as PostgreSQL's pg_size_pretty prints them.
[[nodiscard]] std::string humanise(Bytes bytes);

/// A position in the write-ahead log, printed as PostgreSQL does: 0/1A2B3C4D.
struct Lsn {
  std::uint64_t position = 0;
  auto operator<=>(const Lsn&) const = default;
};
[[nodiscard]] std::string to_string(Lsn lsn);
[[nodiscard]] Result<Lsn> parse_lsn(std::string_view text);

/// Refuses older drivers of a database: design section 2.
struct Generation {
  std::int64_t number = 0;
  auto operator<=>(const Generation&) const = default;
};

}  // namespace pgbaton::base
