// The files that pgbaton owns in a data directory, as text. Pure.
#pragma once

#include <string>
#include <vector>

#include "postgres/settings.hpp"
#include "postgres/spec.hpp"

namespace pgbaton::postgres {

inline constexpr std::string_view kConfFile = "pgbaton.conf";
/// What the names of the log files begin with; the moment follows, then ".log".
inline constexpr std::string_view kLogFileBegins = "postgresql-";

/// Everything that pgbaton.conf sets, in its order.
[[nodiscard]] std::vector<Setting> settings_of(const Spec& spec, int major);
/// pgbaton.conf, included at the end of postgresql.conf so that it wins over what stands before.
[[nodiscard]] std::string render_conf(const Spec& spec, int major);
/// postgresql.conf with the include as its last line; text that has it already comes back as it is.
[[nodiscard]] std::string with_include(std::string_view postgresql_conf);
/// pg_hba.conf: the superuser by peer over the Unix socket and never over TCP; everybody else with scram-sha-256, from
/// other hosts only over TLS.
[[nodiscard]] std::string render_hba(const Spec& spec);
/// pg_ident.conf: which users of the operating system peer takes for the superuser.
[[nodiscard]] std::string render_ident(const Spec& spec);

}  // namespace pgbaton::postgres
