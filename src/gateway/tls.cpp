#include "gateway/tls.hpp"

#include <array>
#include <cstring>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

namespace pgbaton::gateway {

using base::Code;
using base::Result;

namespace {

constexpr std::array<unsigned char, 11> kAlpn{10, 'p', 'o', 's', 't', 'g', 'r', 'e', 's', 'q', 'l'};

// A client that offers protocols must offer ours.
int choose_alpn(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
                unsigned int length, void*) {
  unsigned char* found = nullptr;
  if (SSL_select_next_proto(&found, size, kAlpn.data(), kAlpn.size(), offered, length) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

std::string tls_error(const std::string& file) {
  std::array<char, 256> words{};
  ERR_error_string_n(ERR_get_error(), words.data(), words.size());
  return fmt::format("{}: {}", file, words.data());
}

// With the hash of the certificate's own signature, SHA-256 in the place of MD5 and SHA-1 (RFC 5929, section 4.1).
Result<wire::ChannelBinding> end_point_binding(const X509& certificate) {
  int digest = NID_undef;
  X509_get_signature_info(const_cast<X509*>(&certificate), &digest, nullptr, nullptr, nullptr);
  if (digest == NID_undef || digest == NID_md5 || digest == NID_sha1) digest = NID_sha256;
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned int size = 0;
  if (X509_digest(&certificate, EVP_get_digestbynid(digest), hash.data(), &size) != 1)
    return base::fail(Code::failed, "the certificate's hash could not be taken");
  return wire::ChannelBinding{reinterpret_cast<const char*>(hash.data()), size};
}

}  // namespace

namespace {

void use_our_terms(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_mode(context,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

Result<> use_certificate(SSL_CTX* context, const std::string& certificate, const std::string& key) {
  if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1)
    return base::fail(Code::failed, "{}", tls_error(certificate));
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1)
    return base::fail(Code::failed, "{}", tls_error(key));
  return {};
}

}  // namespace

Result<std::shared_ptr<SSL_CTX>> load_client_tls(const api::ServerAddress& server) {
  std::shared_ptr<SSL_CTX> context{SSL_CTX_new(TLS_client_method()), FreeContext{}};
  if (!context) return base::fail(Code::failed, "TLS: {}", tls_error("context"));
  use_our_terms(context.get());
  if (SSL_CTX_load_verify_locations(context.get(), server.ca.c_str(), nullptr) != 1)
    return base::fail(Code::failed, "{}", tls_error(server.ca));
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_CTX_get0_param(context.get()), server.address.c_str()) != 1)
    return base::fail(Code::invalid_argument, "\"{}\" is not an address", server.address);
  TRY(use_certificate(context.get(), server.certificate, server.key));
  return context;
}

Result<std::shared_ptr<const Tls>> load_tls(const std::string& certificate, const std::string& key) {
  auto tls = std::make_shared<Tls>();
  tls->context.reset(SSL_CTX_new(TLS_server_method()));
  auto* const context = tls->context.get();
  if (context == nullptr) return base::fail(Code::failed, "TLS: {}", tls_error("context"));
  use_our_terms(context);
  SSL_CTX_set_alpn_select_cb(context, choose_alpn, nullptr);
  TRY(use_certificate(context, certificate, key));
  tls->binding = TRY(end_point_binding(*SSL_CTX_get0_certificate(context)));
  return tls;
}

}  // namespace pgbaton::gateway
