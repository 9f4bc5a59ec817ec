#include "postgres/extension.hpp"

#include <fmt/format.h>

#include "postgres/platform.hpp"

namespace pgbaton::postgres {
namespace {

using base::Deadline;
using base::Result;

constexpr auto kInstalled =
    "SELECT e.extname, e.extversion, coalesce(a.default_version, '') FROM pg_extension e "
    "LEFT JOIN pg_available_extensions a ON a.name = e.extname ORDER BY 1";

Result<std::vector<InstalledExtension>> installed_in(Connection& connection, const std::string& database,
                                                     Deadline deadline) {
  std::vector<InstalledExtension> extensions;
  for (const auto& row : TRY(connection.query(kInstalled, deadline)).rows)
    extensions.push_back({database, row[0].value_or(""), row[1].value_or(""), row[2].value_or("")});
  return extensions;
}

// Versions of extensions are any text, so "newer" is what the extension itself has a path of scripts to.
Result<> update(Connection& connection, const InstalledExtension& extension, Deadline deadline) {
  const auto path =
      TRY(connection.query("SELECT path FROM pg_extension_update_paths($1::name) WHERE source = $2 AND target = $3",
                           deadline, {extension.name, extension.version, extension.engine_version}));
  if (path.single().empty())
    return base::fail(base::Code::refused, "the engine has no way from {} to {}", extension.version,
                      extension.engine_version);
  return connection.execute(fmt::format("ALTER EXTENSION {} UPDATE", connection.quote_identifier(extension.name)),
                            deadline);
}

}  // namespace

Result<std::vector<InstalledExtension>> installed_extensions(const Spec& spec, Deadline deadline) {
  std::vector<InstalledExtension> all;
  for (const auto& database : TRY(databases_of(spec, deadline))) {
    auto connection = TRY(connect_as_platform(spec, database, deadline));
    const auto some = TRY(installed_in(connection, database, deadline));
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

Result<std::vector<ExtensionUpdate>> update_extensions(const Spec& spec, Deadline deadline) {
  std::vector<ExtensionUpdate> updates;
  for (const auto& database : TRY(databases_of(spec, deadline))) {
    auto connection = TRY(connect_as_platform(spec, database, deadline));
    for (const auto& extension : TRY(installed_in(connection, database, deadline))) {
      if (extension.version == extension.engine_version) continue;
      const auto result = extension.engine_version.empty()
                              ? Result<>{base::fail(base::Code::refused, "the engine does not have this extension")}
                              : update(connection, extension, deadline);
      updates.push_back({database, extension.name, extension.version, extension.engine_version,
                         result ? std::string{} : result.error().message});
    }
  }
  return updates;
}

}  // namespace pgbaton::postgres
