#include "api/problem.hpp"

namespace pgbaton::api {

base::Json to_problem(const base::Error& error) {
  const auto& row = base::traits(error.code);
  return {{"type", fmt::format("urn:pgbaton:error:{}", row.name)},
          {"title", row.name},
          {"status", row.http_status},
          {"code", row.name},
          {"detail", error.message},
          {"remedy", error.remedy_or_default()}};
}

base::Error from_problem(int http_status, std::string_view body) {
  const auto json = base::parse_json(body);
  if (!json || !json->is_object() || !json->contains("code"))
    return {base::Code::failed, fmt::format("the server answered with HTTP status {}", http_status), {}};
  return {base::code_named(json->value("code", "")), json->value("detail", ""), json->value("remedy", "")};
}

}  // namespace pgbaton::api
