#include "postgres/server_error.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.hpp"
#include "postgres/connection.hpp"

namespace pgbaton::postgres {
namespace {

using base::Code;
using base::Error;

std::string_view field(const PGresult* result, int code) {
  const auto* const text = PQresultErrorField(result, code);
  return text == nullptr ? std::string_view{} : text;
}

// The server crashed, is stopping, or is starting: it is there again in a moment, and nobody has to mend anything.
Code code_of(std::string_view sqlstate) {
  constexpr std::array<std::string_view, 3> kPassing{"57P01", "57P02", "57P03"};
  return std::ranges::find(kPassing, sqlstate) == kPassing.end() ? Code::postgres : Code::unreachable;
}

}  // namespace

// `... failed: FATAL:  28P01: password authentication failed for user "shop"`, then LOCATION.
Error connection_error(std::string_view text) {
  constexpr std::string_view kFatal = "FATAL:  ";
  constexpr std::size_t kSqlstate = 5;
  const auto fatal = text.find(kFatal);
  if (fatal == std::string_view::npos) return {Code::unreachable, std::string{base::trim(text)}, {}};
  const auto said = text.substr(fatal + kFatal.size());
  const auto end = said.find('\n');
  if (said.size() <= kSqlstate + 2 || said[kSqlstate] != ':')
    return {Code::postgres, std::string{base::trim(said)}, {}};
  return {
      code_of(said.substr(0, kSqlstate)),
      fmt::format("{} (SQLSTATE {})", base::trim(said.substr(0, end).substr(kSqlstate + 2)), said.substr(0, kSqlstate)),
      {}};
}

Error statement_error(const PGresult* result) {
  const auto sqlstate = field(result, PG_DIAG_SQLSTATE);
  if (sqlstate.empty()) return {Code::unreachable, std::string{base::trim(PQresultErrorMessage(result))}, {}};
  const auto detail = field(result, PG_DIAG_MESSAGE_DETAIL);
  return {code_of(sqlstate),
          fmt::format("{}{}{} (SQLSTATE {})", field(result, PG_DIAG_MESSAGE_PRIMARY), detail.empty() ? "" : ": ",
                      detail, sqlstate),
          std::string{field(result, PG_DIAG_MESSAGE_HINT)}};
}

bool has_sqlstate(const Error& error, std::string_view sqlstate) {
  return error.message.find(fmt::format("(SQLSTATE {})", sqlstate)) != std::string::npos;
}

void to_json(base::Json& json, const Rows& rows) {
  json = base::Json::array();
  for (const auto& row : rows.rows) {
    auto object = base::Json::object();
    for (std::size_t column = 0; column < row.size(); ++column)
      object[rows.columns[column]] = row[column] ? base::Json(*row[column]) : base::Json(nullptr);
    json.push_back(std::move(object));
  }
}

}  // namespace pgbaton::postgres
