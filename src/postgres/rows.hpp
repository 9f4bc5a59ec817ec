// What a query returned: text as PostgreSQL prints it, absent for NULL.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace pgbaton::postgres {

using Value = std::optional<std::string>;

struct Rows {
  std::vector<std::string> columns;
  std::vector<std::vector<Value>> rows;

  [[nodiscard]] bool empty() const { return rows.empty(); }
  /// The first value of the first row; empty when there is none or it is NULL.
  [[nodiscard]] std::string single() const {
    return rows.empty() || rows[0].empty() ? std::string{} : rows[0][0].value_or("");
  }
};

/// An array with one object per row.
void to_json(base::Json& json, const Rows& rows);

}  // namespace pgbaton::postgres
