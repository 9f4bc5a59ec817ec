#include "system/http_client.hpp"

#include <httplib.h>
#include <sys/socket.h>

#include "api/problem.hpp"

namespace pgbaton::system {

using base::Code;
using base::Result;

namespace {

constexpr std::chrono::milliseconds kConnect{5'000};
constexpr std::chrono::milliseconds kConnectToAgent{1'500};  // in one network; others may be waiting

std::unique_ptr<httplib::Client> connect(const HttpTarget& target, base::Millis longest = kConnect) {
  const auto patience = target.certificate.empty() ? kConnect : kConnectToAgent;
  std::unique_ptr<httplib::Client> client;
  if (!target.unix_socket.empty()) {
    client = std::make_unique<httplib::Client>(target.unix_socket, 80);
    client->set_address_family(AF_UNIX);
  } else {
    const auto scheme = target.tls ? "https://" : "http://";
    client = std::make_unique<httplib::Client>(scheme + to_string(target.endpoint), target.certificate, target.key);
    if (!target.ca_file.empty()) client->set_ca_cert_path(target.ca_file);
  }
  if (!target.token.empty()) client->set_bearer_token_auth(target.token.reveal());
  client->set_connection_timeout(std::clamp(longest, base::Millis{1}, patience));
  return client;
}

std::string describe(const HttpTarget& target) {
  return target.unix_socket.empty() ? to_string(target.endpoint) : target.unix_socket;
}

std::unexpected<base::Error> unreachable(const HttpTarget& target, httplib::Error error) {
  if (error == httplib::Error::Read)
    return base::fail(Code::unreachable, "{} gave no answer in time", describe(target));
  return base::fail(Code::unreachable, "nothing answers at {} ({})", describe(target), httplib::to_string(error));
}

}  // namespace

Result<HttpTarget> parse_http_target(std::string_view url) {
  HttpTarget target;
  if (url.starts_with("unix:")) {
    target.unix_socket = url.substr(5);
    return target;
  }
  target.tls = url.starts_with("https://");
  const auto scheme = url.find("://");
  if (scheme != std::string_view::npos && !target.tls && !url.starts_with("http://"))
    return base::fail(Code::invalid_argument, "\"{}\" is not an http:// or https:// address", url);
  auto rest = scheme == std::string_view::npos ? url : url.substr(scheme + 3);
  while (rest.ends_with('/')) rest.remove_suffix(1);
  target.endpoint = TRY(parse_endpoint(rest));
  return target;
}

Result<HttpAnswer> http_request(const HttpTarget& target, std::string_view method, const std::string& path,
                                const base::Json& body, base::Deadline deadline) {
  const auto client = connect(target, deadline.remaining());
  client->set_read_timeout(std::max(deadline.remaining(), base::Millis{1}));
  httplib::Request request;
  request.method = method;
  request.path = path;
  if (!body.is_null()) {
    request.body = body.dump(-1, ' ', false, base::Json::error_handler_t::replace);
    request.set_header("Content-Type", "application/json");
  }
  const auto result = client->send(request);
  if (!result) return unreachable(target, result.error());
  if (result->status >= 400) return std::unexpected(api::from_problem(result->status, result->body));
  HttpAnswer answer{result->status, nullptr, result->get_header_value("Location")};
  if (result->get_header_value("Content-Type").starts_with("text/"))
    answer.text = result->body;
  else if (!result->body.empty())
    answer.body = TRY(base::parse_json(result->body));
  return answer;
}

Result<> http_events(const HttpTarget& target, const std::string& path,
                     const std::function<bool(std::string_view)>& on_event, const std::stop_token& stop) {
  const auto client = connect(target);
  client->set_read_timeout(std::chrono::seconds{30});  // the server sends a comment every few seconds
  std::string pending;
  std::string refusal;
  bool ended_by_us = false;
  int status = 0;
  const auto on_headers = [&](const httplib::Response& response) {
    status = response.status;
    return true;
  };
  const auto on_bytes = [&](const char* data, std::size_t size) {
    if (status >= 400) {
      refusal.append(data, size);
      return true;
    }
    pending.append(data, size);
    for (std::size_t end = 0; (end = pending.find("\n\n")) != std::string::npos; pending.erase(0, end + 2)) {
      const auto at = pending.find("data: ");
      if (at >= end) continue;  // a comment
      ended_by_us = stop.stop_requested() || !on_event(std::string_view{pending}.substr(at + 6, end - at - 6));
      if (ended_by_us) return false;
    }
    return !stop.stop_requested();
  };
  const auto result = client->Get(path, httplib::Headers{{"Accept", "text/event-stream"}}, on_headers, on_bytes);
  if (ended_by_us || stop.stop_requested()) return {};
  if (!result) return unreachable(target, result.error());
  if (status >= 400) return std::unexpected(api::from_problem(status, refusal));
  return {};
}

}  // namespace pgbaton::system
