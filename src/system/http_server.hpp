// An HTTP server with JSON handlers: on TCP, TLS or a Unix socket. Handlers run on its own threads (at most 64 requests
// at once, further ones wait).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/json.hpp"
#include "system/net.hpp"

namespace pgbaton::system {

struct HttpRequest {
  std::string method;
  std::string path;
  std::vector<std::string> parts;  // what the {…} of the route's pattern matched
  std::map<std::string, std::string> query;
  std::string body;
  std::string token;                           // the bearer token, empty without
  std::map<std::string, std::string> headers;  // names in lower case
  std::string address;                         // the client's; empty on a Unix socket
};

/// Sends one server-sent event; false when the client has gone.
using SendEvent = std::function<bool(std::string_view data)>;

struct HttpReply {
  int status = 200;
  base::Json body;   // sent as JSON unless null
  std::string text;  // sent as `content_type` when body is null
  std::string content_type = "text/plain; charset=utf-8";
  std::string location;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string_view file;  // sent as it is, as `content_type`: compressed already, and there as long as the program
  std::function<void(const SendEvent&, const std::function<bool()>& stopping)> events;  // makes it an event stream
};

using HttpHandler = std::function<base::Result<HttpReply>(const HttpRequest&)>;

struct HttpListen {
  std::string unix_socket;  // a path (its file gets mode 0600); empty: TCP
  Endpoint endpoint;
  std::string certificate;  // files; empty: no TLS
  std::string key;
  std::string client_authority;  // a file: only clients with a certificate of it are let in; empty: everybody
};

class HttpServer {
 public:
  [[nodiscard]] static base::Result<std::unique_ptr<HttpServer>> create(const HttpListen& listen);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  /// `pattern`: /api/v1/databases/{name}/offers. Before start().
  void route(std::string_view method, std::string_view pattern, HttpHandler handler);
  /// Asked before each handler; an error is the answer.
  void guard(std::function<base::Result<>(const HttpRequest&)> check);
  /// Headers of every answer. Before start().
  void always(std::vector<std::pair<std::string, std::string>> headers);
  /// Listens and serves on its own thread. An address in use is an error in words.
  [[nodiscard]] base::Result<> start();
  /// Takes no new requests, ends event streams, waits for running handlers.
  void stop();

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pgbaton::system
