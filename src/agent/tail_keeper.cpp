#include "agent/tail_keeper.hpp"

#include "backup/spool.hpp"
#include "postgres/platform.hpp"
#include "postgres/replication_text.hpp"
#include "postgres/standby.hpp"
#include "system/child.hpp"
#include "system/log.hpp"
#include "system/pause.hpp"

namespace pgbaton::agent {

using base::Deadline;
using base::Result;
using system::Path;

namespace {

constexpr base::Millis kTailLook{500};
constexpr base::Millis kTailQuestion{std::chrono::seconds{5}};
constexpr base::Millis kForEver{std::chrono::hours{24} * 365};
// As much of the log as an archive that fails may leave here: 2 GiB. PostgreSQL itself keeps it then.
constexpr std::size_t kMostFiles = 128;

constexpr auto kListEvery = std::chrono::seconds{3};
constexpr auto kStoreAgain = std::chrono::seconds{15};

// The stream's place in the log is told once a second: known lag is at most that much more than the real one.
system::Command receivewal(const postgres::Spec& spec, const Path& folder) {
  return {
      .argv = {spec.program("pg_receivewal").string(), "--directory=" + folder.string(),
               fmt::format("--dbname=host='{}' port={} user={} application_name={}", spec.socket_folder.string(),
                           spec.port, spec.superuser, postgres::kTailName),
               "--no-loop", "--no-password", "--status-interval=1"},
      .environment = {"LC_ALL=C", "PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGOPTIONS", "PGAPPNAME", "PGSSLMODE"},
      .directory = "/",
      .dies_with_us = true};
}

}  // namespace

void TailKeeper::begin() {
  looking_ = std::jthread([this](const std::stop_token& stop) {
    do look();
    while (system::pause(stop, kTailLook));
  });
}

void TailKeeper::end() {
  looking_ = {};
  std::map<std::string, Stream> streams;
  {
    const std::scoped_lock lock{mutex_};
    streams = std::move(streams_);
    streams_.clear();
  }
  for (auto& [name, one] : streams) one.thread.request_stop();
}

void TailKeeper::leave(const std::string& instance) {
  std::jthread ending;
  {
    const std::scoped_lock lock{mutex_};
    const auto found = streams_.find(instance);
    if (found == streams_.end()) return;
    found->second.thread.request_stop();
    ending = std::move(found->second.thread);
  }
  ending.join();
}

void TailKeeper::look() {
  prune();
  const auto all = journal_.instances();
  if (!all) return;
  for (const auto& instance : *all) {
    if (!instance.backup || instance.desired != "running" || instance.guarded) continue;
    const auto looked = look_at(instance);
    if (!looked && looked.error().code != base::Code::unreachable)
      system::log_warning("the tail of the log is not streamed",
                          {{"instance", instance.name}, {"error", looked.error().message}});
  }
}

// Also what no stream writes any more is pruned: the spools of lines and timelines that have ended.
void TailKeeper::prune() {
  const auto repository = repository_of(config_);
  for (const auto& stanza : system::list_directory(repository.folder / "spool")) {
    std::string written;
    {
      const std::scoped_lock lock{mutex_};
      for (const auto& [name, stream] : streams_)
        if (stream.stanza == stanza && !stream.ended) written = stream.timeline;
    }
    if (prune_one(stanza, written) < kMostFiles) continue;
    const std::scoped_lock lock{mutex_};
    for (auto& [name, stream] : streams_)
      if (stream.stanza == stanza) stream.thread.request_stop();
  }
}

// What cannot be found out stays, and counts.
std::size_t TailKeeper::prune_one(const std::string& stanza, const std::string& written) {
  const auto contents = contents_of(config_);
  const auto now = std::chrono::steady_clock::now();
  if (config_.backup_store) {
    const auto waiting = backup::count_spool(contents.repository(), stanza);
    if (waiting <= 1 || now < store_again_ || now < list_again_[stanza]) return waiting;
  }
  const auto left = backup::prune_spool(contents, stanza, written, Deadline::after(kTailQuestion));
  list_again_[stanza] = std::chrono::steady_clock::now() + kListEvery;
  if (!left) store_again_ = std::chrono::steady_clock::now() + kStoreAgain;
  return left ? *left : backup::count_spool(contents.repository(), stanza);
}

// A stream that has ended is taken away; one that runs is not doubled.
bool TailKeeper::makes_room(const std::string& instance) {
  const std::scoped_lock lock{mutex_};
  const auto found = streams_.find(instance);
  if (found == streams_.end()) return true;
  if (!found->second.ended) return false;
  streams_.erase(found);
  return true;
}

Result<> TailKeeper::look_at(const Instance& instance) {
  if (!makes_room(instance.name)) return {};
  const auto wanted = TRY(wanted_of(instance));
  if (!wanted) return {};
  const auto repository = repository_of(config_);
  if (prune_one(wanted->stanza, "") >= kMostFiles)
    return base::fail(base::Code::failed, "{} is full, because the log does not get into the repository",
                      backup::spool_of(repository, wanted->stanza).string());
  TRY(system::make_directory(repository.folder / "spool", 0700));
  TRY(system::make_directory(backup::spool_of(repository, wanted->stanza), 0700));
  TRY(system::make_directory(backup::spool_of(repository, wanted->stanza, wanted->timeline), 0700));
  start(instance.name, *wanted);
  return {};
}

Result<std::optional<TailKeeper::Wanted>> TailKeeper::wanted_of(const Instance& instance) const {
  auto spec = TRY(instances_.spec_of(instance));
  if (postgres::status(spec).state != postgres::InstanceState::running || postgres::is_standby(spec))
    return std::nullopt;
  const auto tool = tool_of(config_, instance, spec);
  if (!tool) return std::nullopt;  // its place in the repository is still being made
  const auto deadline = Deadline::after(kTailQuestion);
  auto connection = TRY(postgres::connect_as_platform(spec, "postgres", deadline));
  // What the control file says of the timeline may be older than a promotion.
  const auto now = TRY(connection.query(
      "SELECT CASE WHEN NOT pg_is_in_recovery() THEN left(pg_walfile_name(pg_current_wal_lsn()), 8) END", deadline));
  const auto& timeline = now.rows.at(0)[0];
  if (!timeline) return std::nullopt;
  return Wanted{tool->stanza(), *timeline, std::move(spec)};
}

void TailKeeper::start(const std::string& instance, const Wanted& wanted) {
  const std::scoped_lock lock{mutex_};
  auto& stream = streams_[instance];
  stream.stanza = wanted.stanza;
  stream.timeline = wanted.timeline;
  stream.thread = std::jthread([this, wanted, &stream](const std::stop_token& stop) {
    receive(wanted, stop);
    const std::scoped_lock ended{mutex_};
    stream.ended = true;
  });
}

void TailKeeper::receive(const Wanted& wanted, const std::stop_token& stop) const {
  const auto folder = backup::spool_of(repository_of(config_), wanted.stanza, wanted.timeline);
  const auto ended = system::run(receivewal(wanted.spec, folder), Deadline::after(kForEver), stop);
  if (!ended || ended->status == 0 || stop.stop_requested()) return;
  // It was away for so long that what follows its last segment is in the archive by now: it begins anew.
  if (ended->err.contains("has already been removed")) {
    for (const auto& name : system::list_directory(folder)) std::ignore = system::remove_tree(folder / name);
    return;
  }
  if (postgres::status(wanted.spec).state == postgres::InstanceState::running)
    system::log_warning("the stream of the log has ended, and is begun again",
                        {{"instance", wanted.spec.name}, {"error", ended->tail()}});
}

}  // namespace pgbaton::agent
