#include "gateway/stream.hpp"

#include <cerrno>
#include <climits>

#include <openssl/err.h>
#include <sys/socket.h>

namespace pgbaton::gateway {

namespace {

bool is_again(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

Stream::End end_of(const SSL* tls, int result) {
  const int error = SSL_get_error(tls, result);
  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? Stream::End::again : Stream::End::closed;
}

int as_int(std::size_t size) { return static_cast<int>(std::min<std::size_t>(size, INT_MAX)); }

}  // namespace

void Stream::close() {
  if (tls_) {
    ERR_clear_error();
    SSL_shutdown(tls_.get());  // sends close_notify if there is room; nobody waits for an answer
  }
  tls_.reset();
  fd_ = {};
}

Stream::Moved Stream::read(std::span<char> into) {
  if (tls_) {
    ERR_clear_error();
    const int got = SSL_read(tls_.get(), into.data(), as_int(into.size()));
    if (got > 0) return {.bytes = static_cast<std::size_t>(got)};
    return {.end = end_of(tls_.get(), got)};
  }
  const auto got = ::recv(fd_.get(), into.data(), into.size(), 0);
  // Edge-triggered: fewer bytes than asked for means that all were taken (epoll(7)).
  if (got > 0) return {.bytes = static_cast<std::size_t>(got), .drained = static_cast<std::size_t>(got) < into.size()};
  return {.end = got < 0 && is_again(errno) ? End::again : End::closed};
}

Stream::Moved Stream::write(std::string_view bytes) {
  if (tls_) {
    ERR_clear_error();
    const int put = SSL_write(tls_.get(), bytes.data(), as_int(bytes.size()));
    if (put > 0) return {.bytes = static_cast<std::size_t>(put)};
    return {.end = end_of(tls_.get(), put)};
  }
  const auto put = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (put >= 0) return {.bytes = static_cast<std::size_t>(put)};
  return {.end = is_again(errno) ? End::again : End::closed};
}

base::Result<> Stream::begin_tls(SSL_CTX& context) {
  tls_.reset(SSL_new(&context));
  if (!tls_ || SSL_set_fd(tls_.get(), fd_.get()) != 1) return base::fail(base::Code::failed, "TLS could not be begun");
  if (SSL_is_server(tls_.get()) == 1)
    SSL_set_accept_state(tls_.get());
  else
    SSL_set_connect_state(tls_.get());
  return {};
}

Stream::Handshake Stream::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(tls_.get());
  if (result == 1) return Handshake::done;
  return end_of(tls_.get(), result) == End::again ? Handshake::again : Handshake::failed;
}

std::string_view Stream::alpn() const {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(tls_.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

}  // namespace pgbaton::gateway
