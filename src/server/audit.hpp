// Who did what: each request that may change something, with its answer. Kept in the store, the newest 5 000. Any
// thread.
#pragma once

#include "model/user.hpp"
#include "server/records.hpp"

namespace pgbaton::server {

class Audit {
 public:
  explicit Audit(Records& records) : records_(records) {}

  /// A record that cannot be written is logged: what was asked for has been done by then.
  void note(model::AuditEntry entry);
  /// Newest first, at most 500.
  [[nodiscard]] base::Result<base::Json> list();

 private:
  Records& records_;
};

}  // namespace pgbaton::server
