// Who asks, and whether they may: the API's token, users with passwords and roles, browsers that are signed in. Any
// thread. What people did is in audit.hpp.
#pragma once

#include <mutex>

#include "api/routes.hpp"
#include "model/user.hpp"
#include "server/records.hpp"
#include "server/throttle.hpp"
#include "system/http_server.hpp"

namespace pgbaton::server {

struct Caller {
  std::string name;
  model::UserRole role = model::UserRole::read_only;
  std::string via;  // "session" | "token"
  base::Secret csrf;
};

class Access {
 public:
  /// `cookie`: the name of the browsers' cookie; of its own for each port, because browsers share them between ports.
  Access(Records& records, base::Secret token, std::string cookie)
      : records_(records), token_(std::move(token)), cookie_(std::move(cookie)) {}

  /// Code::unauthorized when it is nobody; Code::forbidden for a change asked by a browser without its CSRF token.
  [[nodiscard]] base::Result<Caller> caller(const system::HttpRequest& request);

  struct SignedIn {
    Caller caller;
    base::Secret session;
  };
  /// `asked`: {name, password} or {token}. Code::throttled after too many failures.
  [[nodiscard]] base::Result<SignedIn> sign_in(const base::Json& asked, const std::string& address);
  [[nodiscard]] base::Result<> sign_out(const system::HttpRequest& request);

  /// The value of Set-Cookie; an empty session ends it.
  [[nodiscard]] std::string cookie_for(const base::Secret& session, bool tls) const;

  [[nodiscard]] base::Result<base::Json> users();
  /// `asked`: {name, role, password}
  [[nodiscard]] base::Result<base::Json> add_user(const base::Json& asked);
  /// `asked`: {role?, password?}. Whoever is signed in under the name has to sign in again.
  [[nodiscard]] base::Result<base::Json> change_user(const std::string& name, const base::Json& asked);
  [[nodiscard]] base::Result<> remove_user(const std::string& name);

 private:
  [[nodiscard]] base::Result<std::optional<model::User>> user_with(const std::string& name,
                                                                   const base::Secret& password);
  [[nodiscard]] base::Result<Caller> by_session(const system::HttpRequest& request);
  [[nodiscard]] base::Result<SignedIn> open_session(const Caller& who);
  [[nodiscard]] base::Result<> end_sessions_of(const std::string& name);
  [[nodiscard]] base::Result<> check_throttle(const std::string& who);

  Records& records_;
  base::Secret token_;
  std::string cookie_;
  std::mutex hashing_;  // one password at a time: each takes 19 MiB and a processor
  std::mutex mutex_;
  Throttle throttle_;
};

/// Code::forbidden when the caller's role does not reach as far.
[[nodiscard]] base::Result<> check_role(const Caller& caller, api::Access needed);
/// A page of another origin may not change anything, whatever cookies its visitor has.
[[nodiscard]] base::Result<> check_origin(const system::HttpRequest& request);

}  // namespace pgbaton::server
