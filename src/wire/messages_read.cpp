// Messages read. Those built: messages.cpp.
#include <array>

#include "wire/bytes.hpp"
#include "wire/messages.hpp"

namespace pgbaton::wire {

using base::Code;
using base::fail;
using base::Result;

namespace {

struct NoticeField {
  std::uint32_t type;
  std::string Notice::* member;
};
constexpr std::array kNoticeFields = {
    NoticeField{'V', &Notice::severity}, NoticeField{'C', &Notice::sqlstate}, NoticeField{'M', &Notice::message},
    NoticeField{'D', &Notice::detail},   NoticeField{'H', &Notice::hint},
};

void set_field(Notice& notice, std::uint32_t type, std::string_view value) {
  for (const auto& field : kNoticeFields)
    if (field.type == type) notice.*field.member = value;
}

constexpr std::uint32_t kNull = 0xffff'ffff;
constexpr std::size_t kShortestKey = 4;
constexpr std::size_t kLongestKey = 256;

}  // namespace

Result<Notice> read_notice(std::string_view body) {
  Reader reader{body};
  Notice notice;
  std::string_view translated;
  while (const auto type = reader.number(1)) {
    const auto value = reader.text();
    if (type == 'S') translated = value;
    set_field(notice, type, value);
  }
  if (notice.severity.empty()) notice.severity = translated;  // V came with 9.6
  return when_done(reader, "ErrorResponse", std::move(notice));
}

Result<std::pair<std::string, std::string>> read_parameter_status(std::string_view body) {
  Reader reader{body};
  std::pair<std::string, std::string> parameter;
  parameter.first = reader.text();
  parameter.second = reader.text();
  return when_done(reader, "ParameterStatus", std::move(parameter));
}

Result<CancelKey> read_backend_key_data(std::string_view body) {
  Reader reader{body};
  CancelKey key;
  key.pid = reader.number(4);
  key.key = reader.remaining();
  if (key.key.size() < kShortestKey || key.key.size() > kLongestKey)
    return fail(Code::invalid_argument, "invalid BackendKeyData message: a key of {} bytes", key.key.size());
  return when_done(reader, "BackendKeyData", std::move(key));
}

Result<Negotiation> read_negotiation(std::string_view body) {
  Reader reader{body};
  Negotiation negotiation;
  negotiation.version.major = static_cast<int>(reader.number(2));
  negotiation.version.minor = static_cast<int>(reader.number(2));
  for (auto left = reader.number(4); left > 0 && reader.is_good(); --left)
    negotiation.unknown.emplace_back(reader.text());
  negotiation.must_tell = true;
  return when_done(reader, "NegotiateProtocolVersion", std::move(negotiation));
}

Result<std::vector<std::optional<std::string>>> read_data_row(std::string_view body) {
  Reader reader{body};
  std::vector<std::optional<std::string>> row;
  for (auto left = reader.number(2); left > 0 && reader.is_good(); --left) {
    const auto length = reader.number(4);
    if (length == kNull)
      row.emplace_back(std::nullopt);
    else
      row.emplace_back(reader.take(length));
  }
  return when_done(reader, "DataRow", std::move(row));
}

Result<std::string_view> read_text(std::string_view body) {
  Reader reader{body};
  const auto text = reader.text();
  return when_done(reader, "text", text);
}

Result<Authentication> read_authentication(std::string_view body) {
  Reader reader{body};
  const auto code = static_cast<int>(reader.number(4));
  const auto data = reader.remaining();
  return when_done(reader, "Authentication", Authentication{code, data});
}

Result<std::vector<std::string>> read_sasl_mechanisms(std::string_view data) {
  Reader reader{data};
  std::vector<std::string> mechanisms;
  for (auto name = reader.text(); !name.empty(); name = reader.text()) mechanisms.emplace_back(name);
  return when_done(reader, "AuthenticationSASL", std::move(mechanisms));
}

Result<ParsedStatement> read_parse(std::string_view body) {
  Reader reader{body};
  ParsedStatement statement;
  statement.name = reader.text();
  statement.sql = reader.text();
  const auto types = reader.number(2);
  reader.take(std::size_t{4} * types);
  return when_done(reader, "Parse", statement);
}

Result<SaslInitial> read_sasl_initial(std::string_view body) {
  Reader reader{body};
  SaslInitial initial;
  initial.mechanism = reader.text();
  const auto length = reader.number(4);
  if (length != kNull) initial.data = reader.take(length);
  return when_done(reader, "SASLInitialResponse", initial);
}

}  // namespace pgbaton::wire
