#include "postgres/initdb.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace pgbaton::postgres {
namespace {

using base::Result;
using model::LocaleProvider;

struct ProviderRow {
  LocaleProvider provider;
  int since;                // the first major that has it for a whole cluster
  std::string_view option;  // that takes its locale's name
};
constexpr std::array kProviders{
    ProviderRow{LocaleProvider::libc, 0, "--locale"},
    ProviderRow{LocaleProvider::icu, 15, "--icu-locale"},
    ProviderRow{LocaleProvider::builtin, 17, "--builtin-locale"},
};

// Whatever orders strings, messages, numbers and character types of extensions still come from libc: the one UTF-8
// locale that every system has.
constexpr std::string_view kLibcLocale = "C.UTF-8";

Result<std::vector<std::string>> locale_arguments(const model::Locale& locale, int major) {
  const auto& row = *std::ranges::find(kProviders, locale.provider, &ProviderRow::provider);
  if (major < row.since)
    return base::fail({base::Code::refused,
                       fmt::format("PostgreSQL {} has no locale provider \"{}\": it came with {}", major,
                                   to_string(locale.provider), row.since),
                       fmt::format("Choose the provider libc, or PostgreSQL {} or newer.", row.since)});
  std::vector<std::string> arguments;
  if (major >= 15) arguments.push_back(fmt::format("--locale-provider={}", to_string(locale.provider)));
  if (locale.provider != LocaleProvider::libc) arguments.push_back(fmt::format("--locale={}", kLibcLocale));
  arguments.push_back(fmt::format("{}={}", row.option, locale.name));
  return arguments;
}

}  // namespace

// Peer and reject stand only until pg_hba.conf is replaced; the superuser never has a password.
Result<std::vector<std::string>> initdb_arguments(const Spec& spec, int major, const system::Path& data) {
  std::vector<std::string> arguments{
      fmt::format("--pgdata={}", data.string()),
      fmt::format("--username={}", spec.superuser),
      "--encoding=UTF8",
      "--no-sync",  // initialise() does it in one call
      "--auth-local=peer",
      "--auth-host=reject",
      "--lc-messages=C",
      fmt::format("--wal-segsize={}", spec.wal_segment.count >> 20),
  };
  if (spec.checksums) arguments.emplace_back("--data-checksums");
  if (!spec.checksums && major >= 18) arguments.emplace_back("--no-data-checksums");  // on is the default since 18
  const auto locale = TRY(locale_arguments(spec.locale, major));
  arguments.insert(arguments.end(), locale.begin(), locale.end());
  return arguments;
}

}  // namespace pgbaton::postgres
