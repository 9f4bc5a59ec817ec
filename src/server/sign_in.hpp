// The routes of people: who is signed in, users, the audit log. Bound in http.cpp.
#pragma once

#include "server/http.hpp"

namespace pgbaton::server {

using Handler = base::Result<system::HttpReply> (*)(const Services&, const system::HttpRequest&);

[[nodiscard]] const std::map<api::RouteId, Handler>& people_handlers();

}  // namespace pgbaton::server
