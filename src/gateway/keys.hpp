// The cancel keys that clients know, and which session each means. Used by all loops; looked at only at login, at the
// end of a session and by cancel requests.
#pragma once

#include <mutex>
#include <optional>
#include <unordered_map>

#include "gateway/loop.hpp"
#include "wire/startup.hpp"

namespace pgbaton::gateway {

class Door;

class Keys {
 public:
  struct Owner {
    Door* door = nullptr;
    std::int64_t session = 0;
  };

  /// A new one: 4 bytes of key for protocol 3.0, 32 from 3.2 on; the number is positive, as drivers expect of a pid.
  [[nodiscard]] wire::CancelKey add(Owner owner, wire::ProtocolVersion version);
  /// One that a client has been told of by another process.
  void put(const wire::CancelKey& key, Owner owner);
  void remove(const wire::CancelKey& key);
  /// Absent: no session has exactly this key.
  [[nodiscard]] std::optional<Owner> find(const wire::CancelKey& key) const;

 private:
  struct Entry {
    std::string key;
    Owner owner;
  };
  mutable std::mutex mutex_;
  std::unordered_map<std::uint32_t, Entry> entries_;
};

}  // namespace pgbaton::gateway
