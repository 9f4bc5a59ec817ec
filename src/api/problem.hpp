// Errors on the wire: RFC 7807 application/problem+json with a stable code and a remedy.
#pragma once

#include "base/json.hpp"

namespace pgbaton::api {

[[nodiscard]] base::Json to_problem(const base::Error& error);
/// The Error that a peer's answer stands for; an answer that is no problem document becomes Code::failed.
[[nodiscard]] base::Error from_problem(int http_status, std::string_view body);

}  // namespace pgbaton::api
