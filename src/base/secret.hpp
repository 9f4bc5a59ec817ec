// A string that cannot be printed by accident: no formatter, no stream operator, no implicit conversion.
#pragma once

#include <string>
#include <utility>

namespace pgbaton::base {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  /// The value itself. Every call of this is a place to review.
  [[nodiscard]] const std::string& reveal() const { return value_; }
  [[nodiscard]] bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

}  // namespace pgbaton::base
