// Webhooks and addresses of mail that are told what operations do: added, listed, removed, tried.
#pragma once

#include "model/receiver.hpp"
#include "server/turn.hpp"

namespace pgbaton::server {

class Receivers {
 public:
  explicit Receivers(const Shop& shop) : shop_(shop) {}

  [[nodiscard]] base::Result<base::Json> list();
  /// `asked`: {url, database?, detail?, and of mail: smtp, from, smtp_user?, smtp_password?}. The answer has the secret
  /// of a webhook, which is not shown again. It is told what happens from now on.
  [[nodiscard]] base::Result<base::Json> add(const base::Json& asked);
  [[nodiscard]] base::Result<> remove(const std::string& id);
  /// Sends {event: "test"} now. Code::failed or Code::unreachable when it did not get there.
  [[nodiscard]] base::Result<> test(const std::string& id);

 private:
  const Shop& shop_;
};

/// Sends one notice. `delivery` is the same for each attempt.
[[nodiscard]] base::Result<> deliver(const model::Receiver& receiver, const base::Json& notice,
                                     const std::string& delivery);

inline const std::string kReceivers = "receivers/";
inline const std::string kTold = "told/";

}  // namespace pgbaton::server
