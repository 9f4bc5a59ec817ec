// Puts pgbaton's configuration files into a data directory.
#pragma once

#include "postgres/spec.hpp"

namespace pgbaton::postgres {

/// Writes pgbaton.conf (included from postgresql.conf), pg_hba.conf and pg_ident.conf, each atomically and only when it
/// differs. Returns whether anything changed: a running server takes it over after reload() or a restart.
[[nodiscard]] base::Result<bool> configure(const Spec& spec);

/// The same for a data directory that is not in its place yet.
[[nodiscard]] base::Result<bool> configure_in(const Spec& spec, const system::Path& data);

/// The major that made the data directory, from its file PG_VERSION. Code::not_found when it was never initialised.
[[nodiscard]] base::Result<int> major_of_data(const system::Path& data);

/// The version of an engine, asked of its `postgres -V`.
[[nodiscard]] base::Result<model::Version> version_of_engine(const system::Path& bindir);

}  // namespace pgbaton::postgres
