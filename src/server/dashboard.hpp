// The dashboard's files, built from web/ into the program, and how they are served: compressed beforehand, those with a
// digest in their name kept by browsers for good, the page itself asked for anew each time.
#pragma once

#include <span>
#include <string_view>

#include "system/http_server.hpp"

namespace pgbaton::server {

struct DashboardFile {
  std::string_view path;  // "/index.html", "/assets/index-BX1f.js"
  std::string_view type;
  std::string_view etag;
  std::string_view plain;
  std::string_view gzip;
  std::string_view brotli;
};

/// Defined in the source file that web/pack.mjs writes.
[[nodiscard]] std::span<const DashboardFile> dashboard_files();

void add_dashboard(system::HttpServer& http);
/// What browsers are told with every answer: run our own files only, be framed by nobody, send our address to nobody.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> security_headers(bool tls);

}  // namespace pgbaton::server
