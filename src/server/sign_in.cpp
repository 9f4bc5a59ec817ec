#include "server/sign_in.hpp"

namespace pgbaton::server {

using api::RouteId;
using base::Json;
using base::Result;
using system::HttpReply;
using system::HttpRequest;

namespace {

Json view_of(const Caller& caller) {
  return {{"user", caller.name}, {"role", caller.role}, {"csrf", caller.csrf.reveal()}, {"version", PGBATON_VERSION}};
}

HttpReply as_reply(Json body) { return {.body = std::move(body)}; }

HttpReply with_cookie(const Services& services, Json body, const base::Secret& session) {
  const bool tls = !services.shop.config.certificate.empty();
  return {.body = std::move(body),
          .headers = {{"Set-Cookie", services.access.cookie_for(session, tls)}, {"Cache-Control", "no-store"}}};
}

Result<HttpReply> sign_in(const Services& services, const HttpRequest& request) {
  const auto asked = TRY(base::parse_json(request.body));
  const auto signed_in = services.access.sign_in(asked, request.address);
  const bool has_name = asked.is_object() && asked.contains("name") && asked["name"].is_string();
  services.audit.note({.user = signed_in  ? signed_in->caller.name
                               : has_name ? asked["name"].get<std::string>()
                                          : "",
                       .via = "session",
                       .address = request.address,
                       .action = "Sign in",
                       .method = request.method,
                       .path = request.path,
                       .status = signed_in ? 200 : base::traits(signed_in.error().code).http_status,
                       .detail = signed_in ? "" : signed_in.error().message});
  if (!signed_in) return std::unexpected(signed_in.error());
  return with_cookie(services, view_of(signed_in->caller), signed_in->session);
}

Result<HttpReply> show_session(const Services& services, const HttpRequest& request) {
  const auto caller = TRY(services.access.caller(request));
  return HttpReply{.body = view_of(caller), .headers = {{"Cache-Control", "no-store"}}};
}

Result<HttpReply> sign_out(const Services& services, const HttpRequest& request) {
  TRY(services.access.sign_out(request));
  return with_cookie(services, Json::object(), {});
}

Result<HttpReply> list_users(const Services& services, const HttpRequest&) {
  return as_reply(TRY(services.access.users()));
}

Result<HttpReply> add_user(const Services& services, const HttpRequest& request) {
  const auto asked = TRY(base::parse_json(request.body));
  auto user = TRY(services.access.add_user(asked));
  return HttpReply{.status = 201, .body = std::move(user)};
}

Result<HttpReply> change_user(const Services& services, const HttpRequest& request) {
  const auto asked = TRY(base::parse_json(request.body));
  return as_reply(TRY(services.access.change_user(request.parts[0], asked)));
}

Result<HttpReply> remove_user(const Services& services, const HttpRequest& request) {
  TRY(services.access.remove_user(request.parts[0]));
  return HttpReply{.body = Json::object()};
}

Result<HttpReply> list_audit(const Services& services, const HttpRequest&) {
  return as_reply(TRY(services.audit.list()));
}

}  // namespace

const std::map<RouteId, Handler>& people_handlers() {
  static const std::map<RouteId, Handler> all{
      {RouteId::sign_in, sign_in},         {RouteId::show_session, show_session}, {RouteId::sign_out, sign_out},
      {RouteId::list_users, list_users},   {RouteId::add_user, add_user},         {RouteId::change_user, change_user},
      {RouteId::remove_user, remove_user}, {RouteId::list_audit, list_audit},
  };
  return all;
}

}  // namespace pgbaton::server
