// Messages built and read, those that the gateway and the witness need. Everything else passes by its length.
// https://www.postgresql.org/docs/current/protocol-message-formats.html
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "wire/startup.hpp"

namespace pgbaton::wire {

// ---- to a client

struct Notice {
  std::string severity;  // FATAL, ERROR, WARNING, ... never translated
  std::string sqlstate;
  std::string message;
  std::string detail;
  std::string hint;
};
[[nodiscard]] std::string error_response(const Notice& notice);
[[nodiscard]] std::string notice_response(const Notice& notice);
[[nodiscard]] std::string authentication_ok();
[[nodiscard]] std::string authentication_md5(std::string_view salt);  // 4 bytes
[[nodiscard]] std::string authentication_sasl(const std::vector<std::string>& mechanisms);
[[nodiscard]] std::string authentication_sasl_continue(std::string_view data);
[[nodiscard]] std::string authentication_sasl_final(std::string_view data);
[[nodiscard]] std::string parameter_status(std::string_view name, std::string_view value);
[[nodiscard]] std::string backend_key_data(const CancelKey& key);
[[nodiscard]] std::string negotiate_protocol_version(const Negotiation& negotiation);
[[nodiscard]] std::string command_complete(std::string_view tag);
[[nodiscard]] std::string ready_for_query(char status);

// ---- to a server

[[nodiscard]] std::string query(std::string_view sql);
/// `parameter_types`: OIDs, 0 where the server is to find out.
[[nodiscard]] std::string parse(std::string_view name, std::string_view sql,
                                const std::vector<std::uint32_t>& parameter_types = {});
/// Of the unnamed portal; text format both ways; absent is NULL.
[[nodiscard]] std::string bind(std::string_view statement,
                               const std::vector<std::optional<std::string>>& parameters = {});
[[nodiscard]] std::string describe_statement(std::string_view name);
[[nodiscard]] std::string execute();  // the unnamed portal, all rows
[[nodiscard]] std::string close_statement(std::string_view name);
[[nodiscard]] std::string sync();
[[nodiscard]] std::string flush();
[[nodiscard]] std::string terminate();
[[nodiscard]] std::string password_message(std::string_view password);  // ends with a zero byte
[[nodiscard]] std::string sasl_initial_response(std::string_view mechanism, std::string_view data);
[[nodiscard]] std::string sasl_response(std::string_view data);

// ---- bodies read; Code::invalid_argument when they are not what they say

// Views are into what was read.

/// Of ErrorResponse and NoticeResponse: fields S/V, C, M, D, H. Unknown fields are skipped.
[[nodiscard]] base::Result<Notice> read_notice(std::string_view body);
[[nodiscard]] base::Result<std::pair<std::string, std::string>> read_parameter_status(std::string_view body);
[[nodiscard]] base::Result<CancelKey> read_backend_key_data(std::string_view body);
[[nodiscard]] base::Result<Negotiation> read_negotiation(std::string_view body);  // NegotiateProtocolVersion
[[nodiscard]] base::Result<std::vector<std::optional<std::string>>> read_data_row(std::string_view body);
[[nodiscard]] base::Result<std::string_view> read_text(
    std::string_view body);  // one zero-terminated string: CommandComplete, Query

struct Authentication {
  int code = 0;           // 0 ok, 3 cleartext, 5 md5, 10 SASL, 11 continue, 12 final
  std::string_view data;  // what follows the code
};
[[nodiscard]] base::Result<Authentication> read_authentication(std::string_view body);
[[nodiscard]] base::Result<std::vector<std::string>> read_sasl_mechanisms(std::string_view data);

struct ParsedStatement {  // of Parse
  std::string_view name;
  std::string_view sql;
};
[[nodiscard]] base::Result<ParsedStatement> read_parse(std::string_view body);

struct SaslInitial {
  std::string_view mechanism;
  std::string_view data;
};
[[nodiscard]] base::Result<SaslInitial> read_sasl_initial(std::string_view body);

}  // namespace pgbaton::wire
