#include "server/dashboard.hpp"

#include <algorithm>

namespace pgbaton::server {

using base::Result;
using system::HttpReply;
using system::HttpRequest;

namespace {

// Addresses that the page itself understands: src/routes.ts of web/.
constexpr std::string_view kPages[] = {
    "/",           "/databases",       "/databases/{name}", "/databases/{name}/{tab}",
    "/operations", "/operations/{id}", "/engines",          "/activity",
    "/users"};

constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

std::string header(const HttpRequest& request, const char* name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? std::string{} : found->second;
}

HttpReply reply_with(const DashboardFile& file, const HttpRequest& request) {
  const bool for_good = file.path.starts_with("/assets/");
  HttpReply reply{.content_type = std::string{file.type},
                  .headers = {{"ETag", std::string{file.etag}},
                              {"Vary", "Accept-Encoding"},
                              {"Cache-Control", for_good ? "public, max-age=31536000, immutable" : "no-cache"}}};
  if (header(request, "if-none-match") == file.etag) {
    reply.status = 304;
    return reply;
  }
  const auto accepted = header(request, "accept-encoding");
  const bool brotli = accepted.find("br") != std::string::npos;
  const bool gzip = accepted.find("gzip") != std::string::npos;
  reply.file = brotli ? file.brotli : gzip ? file.gzip : file.plain;
  if (brotli || gzip) reply.headers.emplace_back("Content-Encoding", brotli ? "br" : "gzip");
  return reply;
}

void add_file(system::HttpServer& http, std::string_view path, const DashboardFile& file) {
  http.route("GET", path,
             [&file](const HttpRequest& request) -> Result<HttpReply> { return reply_with(file, request); });
}

}  // namespace

void add_dashboard(system::HttpServer& http) {
  for (const auto& file : dashboard_files()) {
    add_file(http, file.path, file);
    if (file.path != "/index.html") continue;
    for (const auto page : kPages) add_file(http, page, file);
  }
}

std::vector<std::pair<std::string, std::string>> security_headers(bool tls) {
  std::vector<std::pair<std::string, std::string>> headers{{"Content-Security-Policy", std::string{kPolicy}},
                                                           {"X-Content-Type-Options", "nosniff"},
                                                           {"Referrer-Policy", "no-referrer"},
                                                           {"Cross-Origin-Opener-Policy", "same-origin"},
                                                           {"Cross-Origin-Resource-Policy", "same-origin"}};
  if (tls) headers.emplace_back("Strict-Transport-Security", "max-age=31536000");
  return headers;
}

}  // namespace pgbaton::server
