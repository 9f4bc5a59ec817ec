#include "gateway/keys.hpp"

#include <cstring>

#include <openssl/crypto.h>

#include "system/random.hpp"

namespace pgbaton::gateway {

wire::CancelKey Keys::add(Owner owner, wire::ProtocolVersion version) {
  const bool is_long = version >= wire::ProtocolVersion{3, 2};
  wire::CancelKey key{.key = system::random_bytes(is_long ? 32 : 4)};
  const std::scoped_lock lock{mutex_};
  do {
    const auto bytes = system::random_bytes(sizeof key.pid);
    std::memcpy(&key.pid, bytes.data(), sizeof key.pid);
    key.pid &= 0x7fffffffU;
  } while (key.pid == 0 || entries_.contains(key.pid));
  entries_[key.pid] = {key.key, owner};
  return key;
}

void Keys::put(const wire::CancelKey& key, Owner owner) {
  const std::scoped_lock lock{mutex_};
  entries_[key.pid] = {key.key, owner};
}

void Keys::remove(const wire::CancelKey& key) {
  const std::scoped_lock lock{mutex_};
  entries_.erase(key.pid);
}

std::optional<Keys::Owner> Keys::find(const wire::CancelKey& key) const {
  const std::scoped_lock lock{mutex_};
  const auto found = entries_.find(key.pid);
  if (found == entries_.end() || found->second.key.size() != key.key.size() ||
      CRYPTO_memcmp(found->second.key.data(), key.key.data(), key.key.size()) != 0)
    return std::nullopt;
  return found->second.owner;
}

}  // namespace pgbaton::gateway
