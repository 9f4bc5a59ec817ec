// Result<T>: a value or an Error. TRY passes the error up, as SerenityOS and Rust do.
#pragma once

#include <expected>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"

namespace pgbaton::base {

template <typename T = void>
using Result = std::expected<T, Error>;

/// An Error of this code with a formatted message, ready to be returned from any function that returns a Result.
template <typename... Args>
[[nodiscard]] std::unexpected<Error> fail(Code code, fmt::format_string<Args...> format, Args&&... args) {
  return std::unexpected(Error{code, fmt::format(format, std::forward<Args>(args)...), {}});
}

/// The same with a remedy of its own.
[[nodiscard]] inline std::unexpected<Error> fail(Error error) { return std::unexpected(std::move(error)); }

/// Adds one layer's context to a failure.
template <typename T>
[[nodiscard]] Result<T> in_context(std::string_view context, Result<T> result) {
  if (result) return result;
  return std::unexpected(std::move(result.error()).with_context(context));
}

namespace detail {
template <typename T>
T take(Result<T>&& result) {
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}
}  // namespace detail

}  // namespace pgbaton::base

// The name is new in each use: a TRY inside a TRY's argument would shadow it otherwise.
#define PGBATON_TRY(result, ...)                                    \
  ({                                                                \
    auto result = (__VA_ARGS__);                                    \
    if (!result) return std::unexpected(std::move(result).error()); \
    ::pgbaton::base::detail::take(std::move(result));               \
  })
#define PGBATON_TRY_NAMED(counter, ...) PGBATON_TRY(pgbaton_result_##counter, __VA_ARGS__)
#define PGBATON_TRY_COUNTED(counter, ...) PGBATON_TRY_NAMED(counter, __VA_ARGS__)

/// The value of a Result, or return its error from the calling function.
#define TRY(...) PGBATON_TRY_COUNTED(__COUNTER__, __VA_ARGS__)
