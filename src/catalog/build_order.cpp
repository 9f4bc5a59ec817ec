#include "catalog/build_order.hpp"

#include <algorithm>
#include <string>

namespace pgbaton::catalog {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// The weight of the first sign of the rest; a digit and the end weigh the same.
int weight(std::string_view rest) {
  if (rest.empty() || is_digit(rest[0])) return 0;
  if (rest[0] == '~') return -1;
  return is_letter(rest[0]) ? rest[0] : rest[0] + 256;
}

std::string_view take_number(std::string_view& rest) {
  const auto length = static_cast<std::size_t>(std::ranges::find_if_not(rest, is_digit) - rest.begin());
  auto number = rest.substr(0, length);
  rest.remove_prefix(length);
  number.remove_prefix(std::min(number.find_first_not_of('0'), number.size()));
  return number;
}

// An engine's build leaves out the "0+" that begins the revision of Debian's security updates: 17.12-0+deb13u1 is
// 17.12-deb13u1. With it they order before 17.12-1 as they must.
std::string revision_of(std::string_view build) {
  return !build.empty() && is_digit(build[0]) ? std::string{build} : "0+" + std::string{build};
}

}  // namespace

std::weak_ordering compare_revisions(std::string_view a, std::string_view b) {
  while (!a.empty() || !b.empty()) {
    while ((!a.empty() && !is_digit(a[0])) || (!b.empty() && !is_digit(b[0]))) {
      if (weight(a) != weight(b)) return weight(a) <=> weight(b);
      a.remove_prefix(std::min<std::size_t>(1, a.size()));
      b.remove_prefix(std::min<std::size_t>(1, b.size()));
    }
    const auto number_a = take_number(a);
    const auto number_b = take_number(b);
    if (number_a.size() != number_b.size()) return number_a.size() <=> number_b.size();
    if (number_a != number_b) return number_a <=> number_b;
  }
  return std::weak_ordering::equivalent;
}

std::strong_ordering compare_engines(const model::EngineId& a, const model::EngineId& b) {
  if (a.version != b.version) return a.version <=> b.version;
  if (const auto order = compare_revisions(revision_of(a.build), revision_of(b.build)); order != 0)
    return order < 0 ? std::strong_ordering::less : std::strong_ordering::greater;
  return a.build <=> b.build;
}

}  // namespace pgbaton::catalog
