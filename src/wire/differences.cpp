#include <algorithm>

#include "wire/snapshot.hpp"

namespace pgbaton::wire {
namespace {

using Reasons = std::vector<std::string>;

void compare(Reasons& reasons, std::string_view what, std::string_view was, std::string_view is) {
  if (was != is) reasons.push_back(fmt::format("{} was {} and is {}", what, was, is));
}

std::string name_of(const std::string& name) { return name; }
std::string name_of(const Setting& setting) { return setting.name; }
std::string name_of(const PreparedStatement& statement) { return statement.name; }
std::string name_of(const AdvisoryLock& lock) {
  return fmt::format("{}/{}/{}{}", lock.classid, lock.objid, lock.objsubid, lock.shared ? " (shared)" : "");
}

/// Both by name, in any order: a name without a counterpart, or with one that differs.
template <typename T>
void compare(Reasons& reasons, std::string_view what, const std::vector<T>& was, const std::vector<T>& is) {
  const auto find = [](const std::vector<T>& all, const std::string& name) {
    return std::ranges::find_if(all, [&](const T& each) { return name_of(each) == name; });
  };
  for (const auto& each : was) {
    const auto name = name_of(each);
    const auto other = find(is, name);
    if (other == is.end())
      reasons.push_back(fmt::format("{} {} is missing", what, name));
    else if (*other != each)
      reasons.push_back(fmt::format("{} {} is not the same", what, name));
  }
  for (const auto& each : is)
    if (find(was, name_of(each)) == was.end())
      reasons.push_back(fmt::format("{} {} was not there", what, name_of(each)));
}

}  // namespace

std::vector<std::string> differences(const SessionState& was, const SessionState& is) {
  Reasons reasons;
  compare(reasons, "session_user", was.session_user, is.session_user);
  compare(reasons, "role", was.role, is.role);
  compare(reasons, "setting", was.settings, is.settings);
  compare(reasons, "custom setting", was.placeholders, is.placeholders);
  compare(reasons, "prepared statement", was.statements, is.statements);
  compare(reasons, "channel", was.channels, is.channels);
  compare(reasons, "advisory lock", was.locks, is.locks);
  compare(reasons, "cursor", was.holdable_cursors, is.holdable_cursors);
  compare(reasons, "temporary object", was.temporary, is.temporary);
  return reasons;
}

}  // namespace pgbaton::wire
