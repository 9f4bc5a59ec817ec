#include "backup/stanza.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace pgbaton::backup {

namespace {

// A full backup and what stands on it are kept until a newer full one is older than the retention. Bundles make many
// small files cheap, blocks make an increment as small as what changed. Compression at level 1 costs least: the log of
// a busy server must not wait for it.
constexpr std::string_view kStanza = R"(repo1-cipher-type=aes-256-cbc
repo1-cipher-pass={}
repo1-bundle=y
repo1-block=y
repo1-retention-full-type=time
repo1-retention-full={}
compress-type=zst
compress-level=1
process-max=2
start-fast=y
archive-mode-check=n
archive-timeout=60

[{}]
pg1-path={}
pg1-port={}
pg1-socket-path={}
pg1-user={}
)";

constexpr std::string_view kEverywhere = R"([global]
repo1-path={}
lock-path={}
log-level-file=off
log-level-console=warn
log-level-stderr=off
log-timestamp=n
)";

// A store that is silent is given up after three times io-timeout, one that answers with errors after io-timeout. A
// server that stops waits for the segment that is being archived.
constexpr std::string_view kStore = R"(repo1-type=s3
repo1-s3-bucket={}
repo1-s3-endpoint={}
repo1-storage-port={}
repo1-s3-region={}
repo1-s3-uri-style={}
repo1-s3-key={}
repo1-s3-key-secret={}
io-timeout=10
)";
constexpr std::string_view kStoreArchives = R"(
[global:archive-push]
io-timeout=4
)";

// Each standby that follows a promotion archives the segment in which the old timeline ended (archive_mode = always),
// with whatever follows that end in its own file: pgBackRest refuses the second one as different (45), for ever. What
// counts of it is the same, and the newer timeline begins with it: with a history file of a newer timeline there it is
// archived. "00000003.history" is greater than "0000000200000000…", "00000002.history" is not.
constexpr std::string_view kIsLeft =
    "LC_ALL=C expr \"$(LC_ALL=C ls pg_wal/*.history | tail -n 1)\" \\> \"pg_wal/%f\" > /dev/null";

// While a server stops it tries thrice, and waits: with a repository that does not answer for long. Then the archiver
// ends at once (PostgreSQL ends it at a status of 126 or more); what is not archived stays in pg_wal.
constexpr std::string_view kStops = "grep -q '^stopping' postmaster.pid";

std::string shell_quoted(std::string_view text) {
  std::string quoted{"'"};
  for (const char c : text) quoted += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return quoted + "'";
}

std::string call(const system::Path& program, const system::Path& configuration, const std::string& stanza) {
  return fmt::format("{} --config={} --stanza={}", shell_quoted(program.string()), shell_quoted(configuration.string()),
                     stanza);
}

}  // namespace

std::string stanza_name(std::string_view database, std::string_view system_identifier) {
  return fmt::format("{}-{}", database, system_identifier);
}

bool is_stanza_of(std::string_view stanza, std::string_view database) {
  return stanza.size() > database.size() + 1 && stanza.starts_with(database) && stanza[database.size()] == '-';
}

std::string identifier_in(std::string_view stanza) { return std::string{stanza.substr(stanza.rfind('-') + 1)}; }

std::string render_stanza(const StanzaSettings& settings) {
  auto text = render_repository(settings.repository);
  text += fmt::format(kStanza, settings.key.reveal(), settings.retention_days, settings.stanza, settings.data.string(),
                      settings.port, settings.socket_folder.string(), settings.superuser);
  if (settings.repository.store) text += kStoreArchives;
  return text;
}

std::string to_string(const Repository& repository) {
  const auto& store = repository.store;
  if (!store) return repository.folder.string();
  return fmt::format("s3://{}{} at {}:{}", store->bucket, store->prefix, store->endpoint, store->port);
}

std::string render_repository(const Repository& repository) {
  const auto& store = repository.store;
  auto text = fmt::format(kEverywhere, store ? store->prefix : repository.folder.string(), repository.locks().string());
  if (!store) return text;
  text += fmt::format(kStore, store->bucket, store->endpoint, store->port, store->region, store->style,
                      store->key_id.reveal(), store->key_secret.reveal());
  if (!store->ca_file.empty()) text += fmt::format("repo1-storage-ca-file={}\n", store->ca_file);
  return text;
}

std::vector<std::string> tool_environment() {
  return {"LC_ALL=C", "LD_LIBRARY_PATH", "PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGOPTIONS"};
}

std::string stanza_in(std::string_view configuration) {
  for (const auto& line : base::lines(configuration))
    if (line.starts_with('[') && !line.starts_with("[global")) return line.substr(1, line.find(']') - 1);
  return {};
}

std::string archive_command(const system::Path& program, const system::Path& configuration, const std::string& stanza) {
  const auto failing = shell_quoted(configuration.string() + ".failing");
  return fmt::format(
      "if test -e {0} && {1}; then exit 126; fi; "
      "if {2} archive-push \"%p\" || {{ test $? -eq 45 && {3}; }}; then rm -f {0}; "
      "else touch {0}; if {1}; then exit 126; fi; exit 1; fi",
      failing, kStops, call(program, configuration, stanza), kIsLeft);
}

std::string restore_command(const system::Path& program, const system::Path& configuration, const std::string& stanza) {
  return fmt::format("{{ {} archive-get %f \"%p\"; status=$?; test $status -eq 0; }}",
                     call(program, configuration, stanza));
}

}  // namespace pgbaton::backup
