#include "agent/backup_keeper.hpp"

#include "backup/schedule.hpp"
#include "postgres/configure.hpp"
#include "postgres/platform.hpp"
#include "postgres/standby.hpp"
#include "system/clock.hpp"
#include "system/log.hpp"

namespace pgbaton::agent {

using base::Code;
using base::Deadline;
using base::Result;

namespace {

constexpr base::Millis kLookEvery{2'000};
constexpr auto kLookAgain = std::chrono::seconds{60};
// A new database is filled first more often than not.
constexpr auto kSettles = std::chrono::seconds{20};
constexpr std::size_t kAtOnce = 2;
constexpr base::Millis kLongest{std::chrono::hours{24}};
constexpr base::Millis kQuestion{std::chrono::seconds{20}};

Result<bool> is_archiving(const postgres::Spec& spec) {
  auto connection = TRY(postgres::connect_as_platform(spec, "postgres", Deadline::after(kQuestion)));
  const auto rows =
      TRY(connection.query("SELECT pg_is_in_recovery(), current_setting('archive_mode')", Deadline::after(kQuestion)));
  return rows.rows.at(0)[0] == "f" && rows.rows.at(0)[1] != "off";
}

}  // namespace

void BackupKeeper::begin() {
  looking_ = std::jthread([this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      look();
      std::unique_lock lock{mutex_};
      wake_.wait_for(lock, stop, kLookEvery, [this] { return !wanted_.empty() && running_.size() < kAtOnce; });
    }
  });
}

void BackupKeeper::end() {
  looking_ = {};
  std::map<std::string, Running> running;
  {
    const std::scoped_lock lock{mutex_};
    running = std::move(running_);
    running_.clear();
  }
  for (auto& [name, one] : running) one.thread.request_stop();
}

void BackupKeeper::want(const std::string& instance) {
  const std::scoped_lock lock{mutex_};
  wanted_.insert(instance);
  wake_.notify_all();
}

void BackupKeeper::leave(const std::string& instance) {
  std::jthread ending;
  {
    const std::scoped_lock lock{mutex_};
    wanted_.erase(instance);
    const auto found = running_.find(instance);
    if (found == running_.end()) return;
    found->second.thread.request_stop();
    ending = std::move(found->second.thread);
  }
  ending.join();
}

void BackupKeeper::reap() {
  const std::scoped_lock lock{mutex_};
  std::erase_if(running_, [](const auto& entry) { return entry.second.ended; });
}

void BackupKeeper::look() {
  reap();
  const auto all = journal_.instances();
  if (!all) return;
  for (const auto& instance : *all)
    if (instance.backup && instance.desired == "running" && !instance.guarded) look_at(instance);
}

void BackupKeeper::look_at(const Instance& instance) {
  auto& seen = seen_[instance.name];
  bool is_wanted = false;
  {
    const std::scoped_lock lock{mutex_};
    if (running_.contains(instance.name) || running_.size() >= kAtOnce) return;
    is_wanted = wanted_.erase(instance.name) > 0;
  }
  if (!is_wanted && Steady::now() < seen.look_again) return;
  seen.look_again = Steady::now() + kLookAgain;
  const auto begun = begin_if_due(instance, seen, is_wanted);
  if (begun || begun.error().code == Code::unreachable) return;
  system::log_error("the database is not backed up", {{"instance", instance.name}, {"error", begun.error().message}});
}

Result<> BackupKeeper::begin_if_due(const Instance& instance, Seen& seen, bool is_wanted) {
  auto spec = TRY(instances_.spec_of(instance));
  if (postgres::status(spec).state != postgres::InstanceState::running) return {};
  const auto deadline = Deadline::after(kLongest);
  if (const auto held = instances_.try_lock(instance.name)) {
    if (TRY(ensure_archiving({config_, sources_, deadline, {}}, instance, spec))) {
      spec = TRY(instances_.spec_of(instance));
      std::ignore = TRY(postgres::configure(spec));
      TRY(postgres::reload(spec));
    }
  }
  // A standby archives too, from its own copy of the log, and keeps what it cannot; its primary is who is backed up.
  if (postgres::is_standby(spec) || !TRY(is_archiving(spec))) return {};
  const auto tool = TRY(tool_of(config_, instance, spec));
  const auto line = TRY(tool.info(tool.stanza(), {Deadline::after(kQuestion)}));
  const auto due = backup::due_backup(line.sets, system::now());
  if (!due) {
    seen.without_backup.reset();
    return {};
  }
  const auto now = Steady::now();
  if (!seen.without_backup) seen.without_backup = now;
  if (line.sets.empty() && !is_wanted && now - *seen.without_backup < kSettles) {
    seen.look_again = *seen.without_backup + kSettles;
    return {};
  }
  start(instance, *due);
  return {};
}

Result<> BackupKeeper::back_up(const Instance& instance, api::BackupKind kind, const std::stop_token& stop) const {
  const auto spec = TRY(instances_.spec_of(instance));
  const auto tool = TRY(tool_of(config_, instance, spec));
  return tool.back_up(kind, {Deadline::after(kLongest), stop});
}

void BackupKeeper::start(const Instance& instance, api::BackupKind kind) {
  const std::scoped_lock lock{mutex_};
  auto& running = running_[instance.name];
  running.thread = std::jthread([this, instance, kind, &running](const std::stop_token& stop) {
    const auto done = back_up(instance, kind, stop);
    if (done)
      system::log_info("backup taken", {{"instance", instance.name}, {"kind", to_string(kind)}});
    else if (!stop.stop_requested())
      system::log_warning("backup failed, and is tried again",
                          {{"instance", instance.name}, {"error", done.error().message}});
    const std::scoped_lock ended{mutex_};
    running.ended = true;
  });
}

}  // namespace pgbaton::agent
