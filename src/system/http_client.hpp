// HTTP with JSON to a server, an agent or a gateway: over TCP, TLS or a Unix socket.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "base/json.hpp"
#include "system/net.hpp"

namespace pgbaton::system {

struct HttpTarget {
  std::string unix_socket;  // a path; empty: TCP
  Endpoint endpoint;
  bool tls = false;
  std::string ca_file;      // who signed the peer; empty: the system's own list
  std::string certificate;  // files: who we are, to a peer that asks; empty: nobody
  std::string key;
  base::Secret token;  // sent as bearer token unless empty
};

/// "http://127.0.0.1:8432", "https://host:8432", "unix:/path/to.sock"
[[nodiscard]] base::Result<HttpTarget> parse_http_target(std::string_view url);

struct HttpAnswer {
  int status = 0;
  base::Json body;
  std::string location;
  std::string text;  // when it is not JSON
};

/// One request. Answers of 400 and more become the Error that their problem document stands for; a peer that does not
/// answer is Code::unreachable.
[[nodiscard]] base::Result<HttpAnswer> http_request(const HttpTarget& target, std::string_view method,
                                                    const std::string& path, const base::Json& body,
                                                    base::Deadline deadline);

/// Reads server-sent events; `on_event` gets each event's data and answers whether to go on. Returns when it says no,
/// the peer ends the stream or `stop` is requested.
[[nodiscard]] base::Result<> http_events(const HttpTarget& target, const std::string& path,
                                         const std::function<bool(std::string_view data)>& on_event,
                                         const std::stop_token& stop = {});

}  // namespace pgbaton::system
