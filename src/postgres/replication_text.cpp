#include "postgres/replication_text.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text.hpp"

namespace pgbaton::postgres {
namespace {

using base::Bytes;

constexpr int kCarriesSlots = 17;

std::string in_megabytes(Bytes bytes) { return fmt::format("{}MB", bytes.count >> 20); }

// libpq's own quotes: a backslash before a quote or a backslash.
std::string in_conninfo(std::string_view value) {
  std::string quoted{"'"};
  for (const char c : value) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted += '\'';
}

// wal_recycle: a standby would keep its old segments as future ones, and promotion removes each of them by itself, with
// an fsync or three. Nobody waits for a standby to make a new segment.
std::vector<Setting> standby_settings(const Spec& spec, int major) {
  auto upstream = conninfo(*spec.upstream, "..", spec.upstream->slot);
  if (major >= kCarriesSlots) upstream += " dbname=postgres";  // where it reads the slots
  return {{"primary_conninfo", upstream}, {"primary_slot_name", spec.upstream->slot}, {"wal_recycle", "off"}};
}

// From 17 on logical slots that were made with failover = true are kept on standbys too. For that a standby tells its
// primary what it still needs of the catalogs, and a consumer is sent nothing that a standby does not have: it would be
// ahead of the primary after a failover. Whom consumers wait for is a standby that is there: else they would wait until
// their slots lose their log.
std::vector<Setting> slot_settings(const Spec& spec, int major) {
  if (major < kCarriesSlots) return {{"hot_standby_feedback", "off"}};  // nobody reads on standbys
  std::vector<std::string> present;
  for (const auto& slot : spec.replication->slots)
    if (std::ranges::find(spec.replication->away, slot) == spec.replication->away.end()) present.push_back(slot);
  return {{"hot_standby_feedback", "on"},
          {"sync_replication_slots", "on"},
          {"synchronized_standby_slots", base::join(present, ", ")}};
}

bool is_beyond_this_host(const std::string& address) {
  return !address.empty() && !address.starts_with("127.") && address != "::1";
}

// A node that has gone without a word is noticed: by its standby, by its primary. See api::kStandbySilence.
std::vector<Setting> settings_between_hosts() {
  return {{"wal_receiver_timeout", "5s"},
          {"wal_receiver_status_interval", "1s"},
          {"wal_sender_timeout", fmt::format("{}ms", api::kStandbySilence.count())}};
}

}  // namespace

std::string single_address(const std::string& peer) {
  return peer + (peer.find(':') == std::string::npos ? "/32" : "/128");
}

// The numbers are PostgreSQL's defaults, written down because hot standby refuses to start with less than its primary
// has.
std::vector<Setting> replication_settings(const Spec& spec, int major) {
  if (!spec.replication) return {};
  const auto wal = max_wal_size_of(spec.memory);
  std::vector<Setting> settings{
      {"max_wal_senders", "10"},
      {"max_replication_slots", "10"},
      {"wal_keep_size", in_megabytes(wal / 4)},  // for who comes back before its slot is there: after a promotion
      {"synchronous_standby_names", spec.replication->synchronous},
      {"hot_standby", "on"},
      {"wal_retrieve_retry_interval", "200ms"},  // 5 s by default: a synchronous commit may wait for it
      // A walsender that is told to end says so to its standby first. One that takes nothing any more would keep it,
      // and the checkpoint that waits for its slot, for ever.
      {"tcp_user_timeout", "20s"},
  };
  for (auto& setting : slot_settings(spec, major)) settings.push_back(std::move(setting));
  if (is_beyond_this_host(spec.replication->listen_address))
    for (auto& setting : settings_between_hosts()) settings.push_back(std::move(setting));
  if (!spec.upstream || spec.detached) return settings;
  const auto more = standby_settings(spec, major);
  settings.insert(settings.end(), more.begin(), more.end());
  return settings;
}

std::string replication_rules(const api::ReplicationSettings& settings) {
  std::string text;
  for (const auto& peer : settings.peers)
    text += fmt::format("hostssl replication,postgres {} {} scram-sha-256\n", kReplicationRole, single_address(peer));
  for (const auto& gateway : settings.gateways)
    text += fmt::format("hostssl all all {} md5 clientcert=verify-ca\n",
                        single_address(gateway));  // as on the socket, for its clients
  return text + "host all,replication all all reject\n";
}

std::string conninfo(const api::Upstream& upstream, const system::Path& folder, const std::string& application_name) {
  const std::pair<const char*, std::string> words[] = {
      {"host", upstream.address},
      {"port", std::to_string(upstream.port)},
      {"user", std::string{kReplicationRole}},
      {"passfile", (folder / kPassFile).string()},
      {"application_name", application_name},
      {"sslmode", "verify-ca"},
      {"sslrootcert", (folder / "tls/ca.crt").string()},
      {"sslcert", "/dev/null/none"},  // none from a home folder
      {"gssencmode", "disable"},
  };
  std::vector<std::string> parts;
  for (const auto& [key, value] : words) parts.push_back(fmt::format("{}={}", key, in_conninfo(value)));
  return base::join(parts, " ");
}

std::string password_file(const base::Secret& password) {
  std::string escaped;
  for (const char c : password.reveal()) {
    if (c == ':' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return fmt::format("*:*:*:{}:{}\n", kReplicationRole, escaped);
}

std::vector<TimelineSwitch> parse_history(std::string_view text) {
  std::vector<TimelineSwitch> switches;
  for (const auto& line : base::lines(text)) {
    const auto words = base::split(base::trim(line), '\t');
    if (words.size() < 2 || words[0].starts_with('#')) continue;
    int timeline = 0;
    std::from_chars(words[0].data(), words[0].data() + words[0].size(), timeline);
    if (const auto at = base::parse_lsn(words[1]); timeline > 0 && at) switches.push_back({timeline, *at});
  }
  return switches;
}

// "rmgr: Transaction len (rec/tot):     34/    34, tx:        740, lsn: 0/03000148, prev 0/03000110, desc: COMMIT
// 2026-…"
std::optional<LogRecord> parse_record(std::string_view line) {
  constexpr std::string_view kPlace = "lsn: ";
  if (!line.starts_with("rmgr: ")) return std::nullopt;
  const auto begin = line.find(kPlace);
  if (begin == std::string_view::npos) return std::nullopt;
  const auto rest = line.substr(begin + kPlace.size());
  const auto at = base::parse_lsn(rest.substr(0, rest.find(',')));
  if (!at) return std::nullopt;
  return LogRecord{*at, line.starts_with("rmgr: Transaction") && rest.find("desc: COMMIT") != std::string_view::npos};
}

std::string history_file(int timeline) { return fmt::format("{:08X}.history", timeline); }

}  // namespace pgbaton::postgres
