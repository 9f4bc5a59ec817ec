// One non-blocking stream to a client or a server, plain or inside TLS. Used by one loop's thread; watched by its
// owner.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

#include "base/result.hpp"
#include "system/fd.hpp"

namespace pgbaton::gateway {

class Stream {
 public:
  Stream() = default;
  explicit Stream(system::Fd fd) : fd_(std::move(fd)) {}

  [[nodiscard]] bool is_open() const { return fd_.get() >= 0; }
  [[nodiscard]] int fd() const { return fd_.get(); }
  void close();

  /// What came of a read or a write: bytes, or why there are none.
  enum class End { none, again, closed };
  struct Moved {
    std::size_t bytes = 0;
    End end = End::none;   // again: wait for the next event of that direction
    bool drained = false;  // nothing more is there to be read now
  };
  Moved read(std::span<char> into);
  Moved write(std::string_view bytes);

  /// TLS from here on, on the side that the context is for; goes on with handshake().
  [[nodiscard]] base::Result<> begin_tls(SSL_CTX& context);
  enum class Handshake { done, again, failed };
  Handshake handshake();
  [[nodiscard]] bool is_tls() const { return tls_ != nullptr; }
  /// The ALPN protocol that was agreed on; empty: none.
  [[nodiscard]] std::string_view alpn() const;

 private:
  struct FreeTls {
    void operator()(SSL* tls) const { SSL_free(tls); }
  };
  system::Fd fd_;
  std::unique_ptr<SSL, FreeTls> tls_;
};

}  // namespace pgbaton::gateway
