// Who may use the API and the dashboard: people with a name, a password and a role.
#pragma once

#include <string>

#include "base/names.hpp"

namespace pgbaton::model {

/// In rising order: each may do what the ones before it may.
enum class UserRole { read_only, operator_, owner };
PGBATON_ENUM_NAMES(UserRole, {UserRole::read_only, "read-only"}, {UserRole::operator_, "operator"},
                   {UserRole::owner, "owner"})

struct User {
  std::string name;
  UserRole role = UserRole::read_only;
  std::string password_hash;  // argon2id, with its parameters and salt
  std::string created_at;
};
PGBATON_JSON(User, name, role, password_hash, created_at)

/// a-z, 0-9 and .-_@, so that it needs no escaping anywhere.
[[nodiscard]] base::Result<> check_user_name(std::string_view name);
[[nodiscard]] base::Result<> check_password(const base::Secret& password);

/// One browser that is signed in. Kept under the digest of its secret: who reads the store cannot sign in with it.
struct LogIn {
  std::string user;
  UserRole role = UserRole::read_only;  // of a sign-in by token; a user's is looked up
  bool by_token = false;
  base::Secret csrf;
  std::string created_at;
  std::string expires_at;
};
PGBATON_JSON(LogIn, user, role, by_token, csrf, created_at, expires_at)

/// What somebody did: one request that may change something, and how it was answered.
struct AuditEntry {
  std::string time;
  std::string user;
  std::string via;      // "session" | "token"
  std::string address;  // the client's
  std::string action;   // the route's summary
  std::string method;
  std::string path;
  int status = 0;
  std::string detail;  // why not
};
PGBATON_JSON(AuditEntry, time, user, via, address, action, method, path, status, detail)

}  // namespace pgbaton::model
