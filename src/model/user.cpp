#include "model/user.hpp"

#include <algorithm>

namespace pgbaton::model {

using base::Code;

namespace {

constexpr std::size_t kLongestName = 64;
constexpr std::size_t kShortestPassword = 10;
constexpr std::size_t kLongestPassword = 1'000;

bool in_user_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' || c == '@';
}

}  // namespace

base::Result<> check_user_name(std::string_view name) {
  if (!name.empty() && name.size() <= kLongestName && name != "token" && std::ranges::all_of(name, in_user_name))
    return {};
  return base::fail({Code::invalid_argument, fmt::format("\"{}\" cannot be a user's name", name),
                     fmt::format("Use a-z, 0-9, dots, @, hyphens and underscores, {} characters at most, and not the "
                                 "word token.",
                                 kLongestName)});
}

base::Result<> check_password(const base::Secret& password) {
  const auto length = password.reveal().size();
  if (length >= kShortestPassword && length <= kLongestPassword) return {};
  return base::fail(Code::invalid_argument, "a password has {} characters at least, and {} at most", kShortestPassword,
                    kLongestPassword);
}

}  // namespace pgbaton::model
