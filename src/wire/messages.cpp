// Messages built. Those read: messages_read.cpp.
#include "wire/messages.hpp"

#include "wire/bytes.hpp"

namespace pgbaton::wire {

namespace {

std::string notice_fields(char type, const Notice& notice) {
  Writer writer{type};
  writer.bytes("S").text(notice.severity).bytes("V").text(notice.severity);
  writer.bytes("C").text(notice.sqlstate).bytes("M").text(notice.message);
  if (!notice.detail.empty()) writer.bytes("D").text(notice.detail);
  if (!notice.hint.empty()) writer.bytes("H").text(notice.hint);
  return writer.text("").finish();
}

Writer authentication(std::uint32_t code) { return Writer{'R'}.number(4, code); }

constexpr std::uint32_t kNull = 0xffff'ffff;

}  // namespace

std::string error_response(const Notice& notice) { return notice_fields('E', notice); }
std::string notice_response(const Notice& notice) { return notice_fields('N', notice); }

std::string authentication_ok() { return authentication(0).finish(); }
std::string authentication_md5(std::string_view salt) { return authentication(5).bytes(salt).finish(); }

std::string authentication_sasl(const std::vector<std::string>& mechanisms) {
  auto writer = authentication(10);
  for (const auto& mechanism : mechanisms) writer.text(mechanism);
  return writer.text("").finish();
}

std::string authentication_sasl_continue(std::string_view data) { return authentication(11).bytes(data).finish(); }
std::string authentication_sasl_final(std::string_view data) { return authentication(12).bytes(data).finish(); }

std::string parameter_status(std::string_view name, std::string_view value) {
  return Writer{'S'}.text(name).text(value).finish();
}

std::string backend_key_data(const CancelKey& key) { return Writer{'K'}.number(4, key.pid).bytes(key.key).finish(); }

std::string negotiate_protocol_version(const Negotiation& negotiation) {
  Writer writer{'v'};
  // The major too, whatever the documentation says: PostgreSQL sends it and libpq compares it.
  writer.number(2, static_cast<std::uint32_t>(negotiation.version.major));
  writer.number(2, static_cast<std::uint32_t>(negotiation.version.minor));
  writer.number(4, static_cast<std::uint32_t>(negotiation.unknown.size()));
  for (const auto& name : negotiation.unknown) writer.text(name);
  return writer.finish();
}

std::string command_complete(std::string_view tag) { return Writer{'C'}.text(tag).finish(); }

std::string ready_for_query(char status) { return Writer{'Z'}.bytes({&status, 1}).finish(); }

std::string query(std::string_view sql) { return Writer{'Q'}.text(sql).finish(); }

std::string parse(std::string_view name, std::string_view sql, const std::vector<std::uint32_t>& parameter_types) {
  Writer writer{'P'};
  writer.text(name).text(sql).number(2, static_cast<std::uint32_t>(parameter_types.size()));
  for (const auto type : parameter_types) writer.number(4, type);
  return writer.finish();
}

std::string bind(std::string_view statement, const std::vector<std::optional<std::string>>& parameters) {
  Writer writer{'B'};
  writer.text("").text(statement).number(2, 0).number(2, static_cast<std::uint32_t>(parameters.size()));
  for (const auto& parameter : parameters) {
    writer.number(4, parameter ? static_cast<std::uint32_t>(parameter->size()) : kNull);
    if (parameter) writer.bytes(*parameter);
  }
  return writer.number(2, 0).finish();
}

std::string describe_statement(std::string_view name) { return Writer{'D'}.bytes("S").text(name).finish(); }
std::string execute() { return Writer{'E'}.text("").number(4, 0).finish(); }
std::string close_statement(std::string_view name) { return Writer{'C'}.bytes("S").text(name).finish(); }
std::string sync() { return Writer{'S'}.finish(); }
std::string flush() { return Writer{'H'}.finish(); }
std::string terminate() { return Writer{'X'}.finish(); }

std::string password_message(std::string_view password) { return Writer{'p'}.text(password).finish(); }

std::string sasl_initial_response(std::string_view mechanism, std::string_view data) {
  return Writer{'p'}.text(mechanism).number(4, static_cast<std::uint32_t>(data.size())).bytes(data).finish();
}

std::string sasl_response(std::string_view data) { return Writer{'p'}.bytes(data).finish(); }

}  // namespace pgbaton::wire
