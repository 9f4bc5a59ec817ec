#include "wire/sql_calls.hpp"

#include <algorithm>
#include <array>

namespace pgbaton::wire {
namespace {

// What may stand before a parenthesis: keywords, types with a length, and functions that read their arguments only.
// Sorted.
constexpr auto kHarmless = std::to_array<std::string_view>({
    "abs",
    "age",
    "all",
    "and",
    "any",
    "array",
    "array_agg",
    "array_length",
    "array_position",
    "array_remove",
    "as",
    "asc",
    "avg",
    "between",
    "bigint",
    "bit",
    "bool_and",
    "bool_or",
    "btrim",
    "by",
    "cardinality",
    "case",
    "cast",
    "ceil",
    "ceiling",
    "char",
    "char_length",
    "character",
    "check",
    "clock_timestamp",
    "coalesce",
    "concat",
    "concat_ws",
    "conflict",
    "constraint",
    "copy",
    "count",
    "cube",
    "current_database",
    "current_date",
    "current_setting",
    "current_time",
    "current_timestamp",
    "current_user",
    "date",
    "date_part",
    "date_trunc",
    "decimal",
    "dense_rank",
    "desc",
    "distinct",
    "else",
    "encode",
    "every",
    "except",
    "exists",
    "explain",
    "extract",
    "filter",
    "first_value",
    "float",
    "floor",
    "format",
    "from",
    "gen_random_uuid",
    "generate_series",
    "greatest",
    "group",
    "grouping",
    "hashtext",
    "having",
    "in",
    "include",
    "index",
    "initcap",
    "insert",
    "int",
    "integer",
    "intersect",
    "interval",
    "isfinite",
    "join",
    "json_agg",
    "json_array_elements",
    "json_build_object",
    "json_each",
    "json_object_agg",
    "jsonb_agg",
    "jsonb_array_elements",
    "jsonb_build_object",
    "jsonb_each",
    "jsonb_object_agg",
    "jsonb_set",
    "jsonb_typeof",
    "key",
    "lag",
    "last_value",
    "lateral",
    "lead",
    "least",
    "left",
    "length",
    "like",
    "limit",
    "ln",
    "localtime",
    "localtimestamp",
    "lower",
    "lpad",
    "ltrim",
    "make_date",
    "make_interval",
    "materialized",
    "max",
    "md5",
    "min",
    "mod",
    "not",
    "now",
    "ntile",
    "nullif",
    "numeric",
    "octet_length",
    "of",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "ordinality",
    "over",
    "overlaps",
    "overlay",
    "partition",
    "pg_backend_pid",
    "pg_sleep",
    "pg_table_size",
    "pg_total_relation_size",
    "position",
    "power",
    "primary",
    "quote_ident",
    "quote_literal",
    "random",
    "range",
    "rank",
    "recursive",
    "regexp_match",
    "regexp_matches",
    "regexp_replace",
    "repeat",
    "replace",
    "returning",
    "reverse",
    "right",
    "rollup",
    "round",
    "row",
    "row_number",
    "row_to_json",
    "rpad",
    "rtrim",
    "select",
    "set",
    "sets",
    "sign",
    "similar",
    "some",
    "split_part",
    "sqrt",
    "statement_timestamp",
    "stddev",
    "strict",
    "string_agg",
    "string_to_array",
    "strpos",
    "substr",
    "substring",
    "sum",
    "then",
    "time",
    "timestamp",
    "timestamptz",
    "to_char",
    "to_date",
    "to_json",
    "to_jsonb",
    "to_number",
    "to_timestamp",
    "to_tsquery",
    "to_tsvector",
    "transaction_timestamp",
    "translate",
    "trim",
    "trunc",
    "ts_rank",
    "union",
    "unique",
    "unnest",
    "update",
    "upper",
    "using",
    "vacuum",
    "values",
    "varchar",
    "variance",
    "version",
    "when",
    "where",
    "width_bucket",
    "with",
    "within",
    "xmlagg",
});
static_assert(std::ranges::is_sorted(kHarmless));

// After these comes a table's or an index' name, and then its columns.
constexpr auto kBeforeNames =
    std::to_array<std::string_view>({"analyze", "as", "copy", "index", "into", "only", "recursive", "references",
                                     "table", "truncate", "vacuum", "with"});
static_assert(std::ranges::is_sorted(kBeforeNames));

constexpr std::size_t kLongest = 32;  // longer words are of no list

constexpr char lower(char byte) { return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + ('a' - 'A')) : byte; }

bool is_space(char byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }

bool is_identifier(char byte) {
  const char letter = lower(byte);
  return (letter >= 'a' && letter <= 'z') || (byte >= '0' && byte <= '9') || byte == '_' || byte == '$' ||
         (static_cast<unsigned char>(byte) & 0x80) != 0;
}

/// The word that `text` ends with, behind spaces; taken off. Empty: it ends with something else.
std::string_view take_last_word(std::string_view& text) {
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  const auto whole = text;
  while (!text.empty() && is_identifier(text.back())) text.remove_suffix(1);
  return whole.substr(text.size());
}

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& words, std::string_view word) {
  std::array<char, kLongest> lowered{};
  if (word.empty() || word.size() > lowered.size()) return false;
  std::ranges::transform(word, lowered.begin(), lower);
  return std::ranges::binary_search(words, std::string_view{lowered.data(), word.size()});
}

bool is_harmless(std::string_view before) {
  const auto name = take_last_word(before);
  if (name.empty()) return !before.ends_with('"');  // a quoted name may be a function's
  while (before.ends_with('.')) {                   // of a schema
    before.remove_suffix(1);
    if (take_last_word(before) != "pg_catalog") return is_one_of(kBeforeNames, take_last_word(before));
  }
  return is_one_of(kHarmless, name) || is_one_of(kBeforeNames, take_last_word(before));
}

}  // namespace

bool calls_unknown(std::string_view sql) {
  for (auto at = sql.find('('); at != std::string_view::npos; at = sql.find('(', at + 1))
    if (!is_harmless(sql.substr(0, at))) return true;
  return false;
}

}  // namespace pgbaton::wire
