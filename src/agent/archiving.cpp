#include "agent/archiving.hpp"

#include <cstring>

#include "backup/cold_base.hpp"
#include "backup/spool.hpp"
#include "backup/tool.hpp"
#include "postgres/control_data.hpp"
#include "postgres/instance.hpp"
#include "postgres/platform.hpp"
#include "postgres/replication_text.hpp"
#include "postgres/standby.hpp"
#include "system/log.hpp"

namespace pgbaton::agent {

using base::Code;
using base::Deadline;
using base::Result;
using system::Path;

namespace {

// PostgreSQL keeps every segment until there is a command: none is lost. The agent tries each minute to make one.
constexpr auto kArchiveLater = "";
// Whoever looks at a database does not wait for a store that is silent.
constexpr base::Millis kStoreAnswers{std::chrono::seconds{5}};

Path stanza_file(const Path& folder, const std::string& data) { return folder / fmt::format("backup-{}.conf", data); }

std::string stanza_text(const Config& config, const Instance& instance, const postgres::Spec& spec,
                        const std::string& system_identifier) {
  return backup::render_stanza({.stanza = backup::stanza_name(instance.database, system_identifier),
                                .repository = repository_of(config),
                                .key = instance.backup->key,
                                .retention_days = instance.backup->retention_days,
                                .data = spec.data(),
                                .socket_folder = spec.socket_folder,
                                .port = spec.port,
                                .superuser = spec.superuser});
}

std::string rfc3339_of_epoch(const std::optional<std::string>& seconds) {
  if (!seconds) return {};
  const auto millis = static_cast<std::int64_t>(std::atof(seconds->c_str()) * 1000);
  return base::to_rfc3339(base::WallTime{base::Millis{millis}});
}

// A stream that is behind was known to be so at its last reply; since then it may have got everything.
constexpr auto kTailSql = R"(
SELECT write_lsn, pg_wal_lsn_diff(pg_current_wal_flush_lsn(), write_lsn)::bigint,
       CASE WHEN write_lsn < pg_current_wal_flush_lsn()
            THEN extract(epoch FROM clock_timestamp() - reply_time + coalesce(write_lag, '0')) * 1000 ELSE 0 END
FROM pg_stat_replication WHERE application_name = $1 AND state = 'streaming' AND write_lsn IS NOT NULL)";

Result<api::TailStatus> tail_status(postgres::Connection& connection, Deadline deadline) {
  const auto rows = TRY(connection.query(kTailSql, deadline, {std::string{postgres::kTailName}}));
  if (rows.empty()) return api::TailStatus{};
  const auto& row = rows.rows.at(0);
  return api::TailStatus{.state = "streaming",
                         .position = base::parse_lsn(row[0].value_or("")).value_or(base::Lsn{}),
                         .lag_bytes = std::max<std::int64_t>(0, std::atoll(row[1].value_or("0").c_str())),
                         .lag_ms = std::max<std::int64_t>(0, std::atoll(row[2].value_or("0").c_str()))};
}

Result<api::ArchivingStatus> archiving_status(const postgres::Spec& spec, Deadline deadline) {
  api::ArchivingStatus status;
  const auto control = TRY(postgres::control_data(spec.bindir, spec.data(), deadline));
  status.system_identifier = control.system_identifier;
  status.timeline = control.timeline;
  if (postgres::status(spec).state != postgres::InstanceState::running) return status;
  auto connection = TRY(postgres::connect_as_platform(spec, "postgres", deadline));
  const auto rows = TRY(connection.query(
      "SELECT current_setting('archive_mode'), extract(epoch FROM last_archived_time), last_failed_wal, "
      "last_failed_time > coalesce(last_archived_time, '-infinity'), (SELECT count(*) FROM "
      "pg_ls_archive_statusdir() WHERE name LIKE '%.ready') FROM pg_stat_archiver",
      deadline));
  const auto& row = rows.rows.at(0);
  const bool is_on = row[0] != "off" && spec.archive_command;
  const bool waits = is_on && *spec.archive_command == kArchiveLater;
  const bool fails = row[3] == "t" || waits;
  status.state = !is_on ? "off" : fails ? "failing" : "on";
  status.last_archived_at = rfc3339_of_epoch(row[1]);
  if (fails) status.last_failure = row[2].value_or("");
  status.waiting_segments = std::atoll(row[4].value_or("0").c_str());
  if (!postgres::is_standby(spec)) status.tail = TRY(tail_status(connection, deadline));
  return status;
}

}  // namespace

backup::Repository repository_of(const Config& config) { return {config.backups, config.backup_store}; }

backup::Contents contents_of(const Config& config) {
  return {repository_of(config), backup::tool_program(config.engines)};
}

Result<std::string> system_identifier_of(const Path& data) {
  const auto control = TRY(system::read_file(data / "global" / "pg_control"));
  std::uint64_t identifier = 0;
  if (control.size() < sizeof identifier)
    return base::fail(Code::corrupt, "{}/global/pg_control is too short", data.string());
  std::memcpy(&identifier, control.data(), sizeof identifier);
  return std::to_string(identifier);
}

std::optional<std::string> archive_command_of(const Config& config, const Instance& instance, const Path& folder) {
  if (!instance.backup) return std::nullopt;
  const auto file = stanza_file(folder, instance.data);
  const auto text = system::read_file(file);
  if (!text) return kArchiveLater;
  return backup::archive_command(backup::tool_program(config.engines), file, backup::stanza_in(*text));
}

Result<bool> ensure_archiving(const Archiving& archiving, const Instance& instance, const postgres::Spec& spec) {
  if (!instance.backup) return false;
  const auto& config = archiving.config;
  const auto text = stanza_text(config, instance, spec, TRY(system_identifier_of(spec.data())));
  const auto file = stanza_file(spec.folder, instance.data);
  TRY(backup::install_tool(config.engines, archiving.sources, {archiving.deadline, archiving.stop}));
  if (const auto now = system::read_file(file); now && *now == text) return false;
  const auto repository = repository_of(config);
  TRY(system::make_directory(repository.folder, 0700));
  TRY(system::make_directory(repository.locks(), 0700));
  const Path unproven = file.string() + ".new";
  TRY(system::write_file_atomic(unproven, text, 0600));
  const auto tool = TRY(backup::Pgbackrest::open(backup::tool_program(config.engines), unproven));
  TRY(tool.create_stanza({archiving.deadline, archiving.stop}));
  TRY(system::rename_path(unproven, file));
  system::log_info("the log is archived", {{"instance", instance.name}, {"stanza", tool.stanza()}});
  return true;
}

Result<backup::Pgbackrest> tool_of(const Config& config, const Instance& instance, const postgres::Spec& spec) {
  const auto file = stanza_file(spec.folder, instance.data);
  if (!instance.backup || !std::filesystem::exists(file))
    return base::fail({Code::refused, fmt::format("{} keeps no backups yet", instance.name),
                       fmt::format("Take the first one: pgbaton backup {}", instance.database)});
  return backup::Pgbackrest::open(backup::tool_program(config.engines), file);
}

Result<backup::Fetch> fetch_for(const JobContext& context, const api::RestoreSource& source) {
  backup::Fetch fetch{.program = backup::tool_program(context.config.engines),
                      .repository = repository_of(context.config),
                      .source = source};
  const auto instance = context.instances.find(source.instance);
  const auto spec = instance ? context.instances.spec_of(*instance) : std::unexpected(instance.error());
  if (spec && postgres::status(*spec).state == postgres::InstanceState::stopped)
    fetch.own_log = spec->data() / "pg_wal";
  if (!source.older) return fetch;
  fetch.older_bindir = TRY(engine_bindir(context.config.engines, source.older->engine));
  fetch.cold_base = find_cold_base(TRY(spec).folder, source.system_identifier);
  return fetch;
}

Path cold_base_of(const Path& folder, const std::string& system_identifier) {
  return folder / ("cold-" + system_identifier);
}

Path find_cold_base(const Path& folder, const std::string& system_identifier) {
  const auto instances = folder.parent_path();
  for (const auto& name : system::list_directory(instances))
    if (auto base = cold_base_of(instances / name, system_identifier); backup::has_cold_base(base)) return base;
  return cold_base_of(folder, system_identifier);
}

Result<std::vector<api::BackupLine>> KnownLines::read(const Config& config, const Instance& instance,
                                                      const postgres::Spec& spec, const backup::Pgbackrest& tool,
                                                      Deadline deadline) {
  if (config.backup_store) deadline = Deadline::after(kStoreAnswers);
  std::vector<api::BackupLine> lines;
  for (const auto& stanza : TRY(contents_of(config).stanzas_of(instance.database, deadline))) {
    auto known = tool.info(stanza, {deadline});
    if (!known && known.error().code == Code::timed_out && config.backup_store)
      return base::fail(Code::unreachable, "{} does not answer", to_string(repository_of(config)));
    auto line = TRY(std::move(known));
    line.has_cold_base = backup::has_cold_base(find_cold_base(spec.folder, line.system_identifier));
    lines.push_back(std::move(line));
  }
  return lines;
}

api::BackupsAnswer KnownLines::answer(const Config& config, const Instance& instance, const postgres::Spec& spec,
                                      Deadline deadline) {
  using Clock = std::chrono::steady_clock;
  constexpr auto kLookAgain = std::chrono::seconds{10};
  api::BackupsAnswer answer;
  if (auto status = archiving_status(spec, deadline)) answer.archiving = std::move(*status);
  const auto tool = tool_of(config, instance, spec);
  if (!tool) return answer;  // nor is what an earlier instance of that name had this one's
  {
    const std::scoped_lock lock{mutex_};
    answer.lines = lines_[instance.name];
    answer.problem = problem_;
    if (Clock::now() < look_again_) return answer;
  }
  auto lines = read(config, instance, spec, *tool, deadline);
  const std::scoped_lock lock{mutex_};
  answer.problem = lines ? "" : lines.error().message;
  if (lines) lines_[instance.name] = answer.lines = std::move(*lines);
  // What is wrong with one database's backups says nothing of the others'.
  if (lines || lines.error().code != Code::unreachable) return answer;
  problem_ = answer.problem;
  look_again_ = Clock::now() + kLookAgain;
  return answer;
}

}  // namespace pgbaton::agent
