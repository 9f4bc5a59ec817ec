// Rehearsals as the server sees them: databases that are destroyed when their time is over, and the records of what
// came of it. The steps themselves are walked by who asked for them: `pgbaton rehearse`.
#pragma once

#include "model/rehearsal.hpp"
#include "server/databases.hpp"

namespace pgbaton::server {

class Rehearsals {
 public:
  Rehearsals(const Shop& shop, Databases& databases) : shop_(shop), databases_(databases) {}

  /// Newest first.
  [[nodiscard]] base::Result<base::Json> list(const std::string& name);
  /// `asked`: {clone, operations, passed, report}. What it claims is looked up: the upgrades must have been done, on a
  /// clone of this database that is still there. Code::refused otherwise.
  [[nodiscard]] base::Result<base::Json> record(const std::string& name, const base::Json& asked);
  /// `asked`: {rehearsal_for_s}: until when the rehearsal database of this name stays.
  [[nodiscard]] base::Result<base::Json> extend(const std::string& name, const base::Json& asked);
  /// Destroys rehearsal databases whose time is over.
  [[nodiscard]] base::Result<> destroy_expired();

 private:
  [[nodiscard]] base::Result<> forget_ends_of_destroyed();

  const Shop& shop_;
  Databases& databases_;
};

/// Code::refused, with the reason, unless a rehearsal of this very upgrade has passed and still counts.
[[nodiscard]] base::Result<> check_rehearsed(const Shop& shop, const model::Database& database,
                                             const model::EngineId& target);
/// {of, until}, or null for a database that is no rehearsal's.
[[nodiscard]] base::Json rehearsal_view(const Shop& shop, const model::Database& database);
/// `seconds` from now, at most a day; 0: without an end.
[[nodiscard]] base::Result<std::string> rehearsal_end(const base::Json& seconds);
/// Of tables, columns, indexes, constraints, functions and extensions of the users: the same until one of them changes.
[[nodiscard]] base::Result<std::string> schema_fingerprint(const Shop& shop, const model::Database& database);

}  // namespace pgbaton::server
