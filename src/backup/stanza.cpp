#include "backup/stanza.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace pgbaton::backup {

namespace {

// A full backup and what stands on it are kept until a newer full one is older than the retention. Bundles make many
// small files cheap, blocks make an increment as small as what changed. Compression at level 1 costs least: the log of
// a busy server must not wait for it.
constexpr std::string_view kGlobal = R"([global]
repo1-path={}
repo1-cipher-type=aes-256-cbc
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
lock-path={}
log-level-file=off
log-level-console=warn
log-level-stderr=off
log-timestamp=n

[{}]
pg1-path={}
pg1-port={}
pg1-socket-path={}
pg1-user={}
)";

// Each standby that follows a promotion archives the segment in which the old timeline ended (archive_mode = always),
// with whatever follows that end in its own file: pgBackRest refuses the second one as different (45), for ever. What
// counts of it is the same, and the newer timeline begins with it: with a history file of a newer timeline there it is
// archived. "00000003.history" is greater than "0000000200000000…", "00000002.history" is not.
constexpr std::string_view kIsLeft =
    "LC_ALL=C expr \"$(LC_ALL=C ls pg_wal/*.history | tail -n 1)\" \\> \"pg_wal/%f\" > /dev/null";

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
  return fmt::format(kGlobal, settings.repository.folder.string(), settings.key.reveal(), settings.retention_days,
                     settings.repository.locks().string(), settings.stanza, settings.data.string(), settings.port,
                     settings.socket_folder.string(), settings.superuser);
}

std::string stanza_in(std::string_view configuration) {
  for (const auto& line : base::lines(configuration))
    if (line.starts_with('[') && line != "[global]") return line.substr(1, line.find(']') - 1);
  return {};
}

std::string archive_command(const system::Path& program, const system::Path& configuration, const std::string& stanza) {
  return fmt::format("{} archive-push \"%p\" || {{ test $? -eq 45 && {}; }}", call(program, configuration, stanza),
                     kIsLeft);
}

std::string restore_command(const system::Path& program, const system::Path& configuration, const std::string& stanza) {
  return call(program, configuration, stanza) + " archive-get %f \"%p\"";
}

}  // namespace pgbaton::backup
