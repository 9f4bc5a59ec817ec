#include "server/maintenance_page.hpp"

namespace pgbaton::server {

namespace {

constexpr std::int64_t kTryAgain = 30;  // seconds

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

}  // namespace

std::string maintenance_page(const api::Maintenance& maintenance) {
  std::string text = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<meta http-equiv=\"refresh\" content=\"{}\">\n<title>Maintenance</title>\n<h1>Maintenance</h1>\n",
      kTryAgain);
  if (!maintenance.message.empty()) text += fmt::format("<p>{}</p>\n", escaped(maintenance.message));
  if (!maintenance.until.empty())
    text += fmt::format("<p>Until <time datetime=\"{}\">{} UTC</time>.</p>\n", escaped(maintenance.until),
                        escaped(base::short_time(maintenance.until).substr(0, 16)));
  return text + "<p>This page asks again by itself.</p>\n</html>\n";
}

std::int64_t retry_after_seconds(const api::Maintenance& maintenance, base::WallTime now) {
  const auto until = base::parse_rfc3339(maintenance.until);
  if (!until) return kTryAgain;
  return std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(*until - now).count());
}

}  // namespace pgbaton::server
