#include "system/http_server.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

#include <httplib.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "api/problem.hpp"
#include "system/log.hpp"

namespace pgbaton::system {

using base::Code;
using base::Result;

namespace {

constexpr std::size_t kThreads = 64;
constexpr std::size_t kLargestBody = 1 << 20;

// "/api/v1/databases/{name}" → "/api/v1/databases/([^/]+)"
std::string to_regex(std::string_view pattern) {
  std::string regex;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    if (pattern[at] == '{') {
      regex += "([^/]+)";
      at = pattern.find('}', at);
    } else {
      if (pattern[at] == '.') regex += '\\';
      regex += pattern[at];
    }
  }
  return regex;
}

std::string in_lower_case(std::string name) {
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

HttpRequest to_request(const httplib::Request& request) {
  HttpRequest converted{request.method, request.path, {}, {}, request.body, {}, {}, request.remote_addr};
  for (std::size_t part = 1; part < request.matches.size(); ++part) converted.parts.push_back(request.matches[part]);
  for (const auto& [name, value] : request.params) converted.query.emplace(name, value);
  for (const auto& [name, value] : request.headers) converted.headers.emplace(in_lower_case(name), value);
  constexpr std::string_view kBearer = "Bearer ";
  if (const auto header = request.get_header_value("Authorization"); header.starts_with(kBearer))
    converted.token = header.substr(kBearer.size());
  return converted;
}

void send_json(httplib::Response& response, int status, const base::Json& body, const char* type) {
  response.status = status;
  response.set_content(body.dump(-1, ' ', false, base::Json::error_handler_t::replace) + "\n", type);
}

void send_error(httplib::Response& response, const base::Error& error) {
  send_json(response, base::traits(error.code).http_status, api::to_problem(error), "application/problem+json");
}

}  // namespace

struct HttpServer::Impl {
  HttpListen listen;
  std::unique_ptr<httplib::Server> server;
  std::function<Result<>(const HttpRequest&)> check;
  std::atomic<bool> stopping = false;
  std::jthread thread;

  void send(httplib::Response& response, HttpReply reply) {
    response.status = reply.status;
    if (!reply.location.empty()) response.set_header("Location", reply.location);
    for (const auto& [name, value] : reply.headers) response.set_header(name, value);
    if (reply.events)
      stream(response, std::move(reply.events));
    else if (!reply.file.empty())
      send_file(response, reply);
    else if (!reply.body.is_null())
      send_json(response, reply.status, reply.body, "application/json");
    else if (!reply.text.empty())
      response.set_content(reply.text, reply.content_type);
  }

  // With a length known beforehand the library leaves the bytes alone, and does not compress them once more.
  static void send_file(httplib::Response& response, const HttpReply& reply) {
    response.set_content_provider(reply.file.size(), reply.content_type,
                                  [file = reply.file](std::size_t at, std::size_t length, httplib::DataSink& sink) {
                                    return sink.write(file.data() + at, length);
                                  });
  }

  void stream(httplib::Response& response, auto events) {
    response.set_header("Cache-Control", "no-store");
    response.set_chunked_content_provider(
        "text/event-stream", [this, events = std::move(events)](std::size_t, httplib::DataSink& sink) {
          const auto send_event = [&sink](std::string_view data) {
            // An empty event is a comment: it keeps the connection alive and finds out that the client has gone.
            const auto text = data.empty() ? std::string{":\n\n"} : fmt::format("data: {}\n\n", data);
            return sink.write(text.data(), text.size());
          };
          events(send_event, [this] { return stopping.load(); });
          sink.done();
          return true;
        });
  }

  void handle(const HttpHandler& handler, const httplib::Request& raw, httplib::Response& response) {
    const auto request = to_request(raw);
    if (check)
      if (auto allowed = check(request); !allowed) return send_error(response, allowed.error());
    auto reply = handler(request);
    if (!reply) return send_error(response, reply.error());
    send(response, std::move(*reply));
  }
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() { stop(); }

Result<std::unique_ptr<HttpServer>> HttpServer::create(const HttpListen& listen) {
  auto impl = std::make_unique<Impl>();
  impl->listen = listen;
  if (listen.certificate.empty())
    impl->server = std::make_unique<httplib::Server>();
  else
    impl->server = std::make_unique<httplib::SSLServer>(
        listen.certificate.c_str(), listen.key.c_str(),
        listen.client_authority.empty() ? nullptr : listen.client_authority.c_str());
  auto& server = *impl->server;
  if (!server.is_valid()) return base::fail(Code::failed, "the TLS certificate {} cannot be used", listen.certificate);
  server.new_task_queue = [] { return std::make_unique<httplib::ThreadPool>(kThreads).release(); };
  server.set_payload_max_length(kLargestBody);
  server.set_tcp_nodelay(true);
  server.set_keep_alive_timeout(5);
  // Two servers on one port, as SO_REUSEPORT (the library's choice) would allow, must not be possible.
  server.set_socket_options([](int fd) {
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  });
  if (!listen.unix_socket.empty()) server.set_address_family(AF_UNIX);
  server.set_error_handler([](const httplib::Request& request, httplib::Response& response) {
    if (!response.body.empty()) return;
    if (response.status == 413)
      return send_error(response, {Code::invalid_argument, "the request is larger than 1 MiB", {}});
    send_error(response, {response.status == 404 ? Code::not_found : Code::invalid_argument,
                          fmt::format("there is nothing at {} {}", request.method, request.path),
                          "The interface is described at /api/v1/openapi.json."});
  });
  server.set_exception_handler([](const httplib::Request& request, httplib::Response& response, std::exception_ptr e) {
    std::string what = "unknown";
    try {
      std::rethrow_exception(e);
    } catch (const std::exception& exception) {
      what = exception.what();
    } catch (...) {
      what = "not a std::exception";
    }
    log_error("a request handler threw", {{"path", request.path}, {"what", what}});
    send_error(response, {Code::failed, "the request could not be handled: " + what, {}});
  });
  return std::unique_ptr<HttpServer>{new HttpServer{std::move(impl)}};
}

void HttpServer::route(std::string_view method, std::string_view pattern, HttpHandler handler) {
  auto& server = *impl_->server;
  const auto regex = to_regex(pattern);
  auto call = [impl = impl_.get(), handler = std::move(handler)](const httplib::Request& request,
                                                                 httplib::Response& response) {
    impl->handle(handler, request, response);
  };
  if (method == "GET") server.Get(regex, call);
  if (method == "POST") server.Post(regex, call);
  if (method == "PUT") server.Put(regex, call);
  if (method == "DELETE") server.Delete(regex, call);
  if (method == "PATCH") server.Patch(regex, call);
}

void HttpServer::guard(std::function<Result<>(const HttpRequest&)> check) { impl_->check = std::move(check); }

void HttpServer::always(std::vector<std::pair<std::string, std::string>> headers) {
  impl_->server->set_default_headers({headers.begin(), headers.end()});
}

Result<> HttpServer::start() {
  const auto& listen = impl_->listen;
  const bool unix_socket = !listen.unix_socket.empty();
  if (unix_socket) ::unlink(listen.unix_socket.c_str());
  const auto mask = ::umask(0177);
  const bool bound = unix_socket ? impl_->server->bind_to_port(listen.unix_socket, 80)
                                 : impl_->server->bind_to_port(listen.endpoint.host, listen.endpoint.port);
  ::umask(mask);
  if (!bound) {
    const auto where = unix_socket ? listen.unix_socket : to_string(listen.endpoint);
    return base::fail({Code::failed,
                       fmt::format("cannot listen on {}: it is in use, or not an address of this machine", where),
                       "Stop what uses it, or choose another address with --listen."});
  }
  impl_->thread = std::jthread([impl = impl_.get()] { impl->server->listen_after_bind(); });
  while (!impl_->server->is_running()) std::this_thread::yield();
  return {};
}

void HttpServer::stop() {
  if (impl_->stopping.exchange(true)) return;
  impl_->server->stop();
  if (impl_->thread.joinable()) impl_->thread.join();
}

}  // namespace pgbaton::system
