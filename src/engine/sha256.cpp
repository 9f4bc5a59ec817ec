#include "engine/sha256.hpp"

#include <array>
#include <cerrno>
#include <memory>

#include <fcntl.h>
#include <openssl/evp.h>

namespace pgbaton::engine {

base::Result<std::string> sha256_of(const system::Path& path) {
  const system::Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file.valid()) return system::os_failure("cannot open", path);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
  EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr);
  std::array<char, 1 << 16> buffer{};
  for (;;) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system::os_failure("cannot read", path);
    if (got == 0) break;
    EVP_DigestUpdate(context.get(), buffer.data(), static_cast<std::size_t>(got));
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  EVP_DigestFinal_ex(context.get(), digest.data(), &length);
  std::string text;
  for (unsigned at = 0; at < length; ++at) text += fmt::format("{:02x}", digest[at]);
  return text;
}

}  // namespace pgbaton::engine
