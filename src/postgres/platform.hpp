// The platform's own way into an instance: its superuser over the Unix socket, by peer.
#pragma once

#include "postgres/connection.hpp"
#include "postgres/spec.hpp"

namespace pgbaton::postgres {

/// A superuser's connection that runs nothing of the users': the owner of a database may set its search_path and the
/// like for everybody who connects, so the connection brings its own.
[[nodiscard]] base::Result<Connection> connect_as_platform(const Spec& spec, const std::string& database,
                                                           base::Deadline deadline);

/// The databases that can be connected to, template1 and postgres among them.
[[nodiscard]] base::Result<std::vector<std::string>> databases_of(const Spec& spec, base::Deadline deadline);

struct Provision {
  std::string database;
  std::string owner;
  base::Secret password;
};
/// Makes the owner's role and its database; what is there already gets the attributes and the password asked for.
/// Code::refused for an owner that is the platform's superuser.
[[nodiscard]] base::Result<> provision(const Spec& spec, const Provision& wanted, base::Deadline deadline);

}  // namespace pgbaton::postgres
