// What a server, or its absence, answered to a client: by SQLSTATE, because that is what applications decide by.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace pgbaton::witness {

inline constexpr std::string_view kNobodyAnswers = "08001";   // no connection could be made
inline constexpr std::string_view kConnectionLost = "08006";  // it broke, and no SQLSTATE came before it did
inline constexpr std::string_view kNoPassword = "28P01";
inline constexpr std::string_view kNoSuchPreparedStatement = "26000";

struct Failure {
  std::string sqlstate;
  std::string message;
  bool lost = false;  // the connection is gone
};

template <typename T = void>
using Outcome = std::expected<T, Failure>;

/// Of libpq's verbose text for a connection that was not made: `... FATAL:  53300: sorry, too many clients already`.
[[nodiscard]] Failure connect_failure(std::string_view text);

}  // namespace pgbaton::witness
