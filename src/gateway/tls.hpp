// TLS towards clients: a context from the database's certificate, and what SCRAM binds a channel to. TLS towards
// servers of other hosts.
#pragma once

#include <memory>
#include <string>

#include <openssl/ssl.h>

#include "api/gateway.hpp"
#include "base/result.hpp"
#include "wire/scram.hpp"

namespace pgbaton::gateway {

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

/// Shared by the loops; sessions keep the one that they began with when a new certificate comes.
struct Tls {
  std::unique_ptr<SSL_CTX, FreeContext> context;
  wire::ChannelBinding binding;  // tls-server-end-point, RFC 5929
};

/// TLS 1.2 and newer, ALPN `postgresql` (as PostgreSQL's be-secure-openssl.c). Code::failed with the file's name.
[[nodiscard]] base::Result<std::shared_ptr<const Tls>> load_tls(const std::string& certificate, const std::string& key);

/// For one server of another host: it must have a certificate of its authority for its address, and gets ours.
[[nodiscard]] base::Result<std::shared_ptr<SSL_CTX>> load_client_tls(const api::ServerAddress& server);

}  // namespace pgbaton::gateway
