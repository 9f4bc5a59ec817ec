#include "agent/leases.hpp"

#include <charconv>
#include <fstream>

#include <time.h>

#include "base/text.hpp"
#include "postgres/platform.hpp"
#include "postgres/standby.hpp"

namespace pgbaton::agent {

using base::Deadline;
using base::Millis;

namespace {

constexpr Millis kAskStandbys{500};

BootTime boot_time() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return now.tv_sec * 1'000 + now.tv_nsec / 1'000'000;
}

std::string boot_id() {
  return std::string{base::trim(system::read_file("/proc/sys/kernel/random/boot_id").value_or(""))};
}

struct LeaseFile {
  std::string boot;
  std::map<std::string, BootTime> until;
};
PGBATON_JSON(LeaseFile, boot, until)

}  // namespace

std::optional<BootTime> reach_of(const std::string& seen, const std::string& boot, BootTime now) {
  const auto space = seen.find(' ');
  if (space == std::string::npos || seen.substr(0, space) != boot) return std::nullopt;
  BootTime at = 0;
  const char* const end = seen.data() + seen.size();
  const auto [last, error] = std::from_chars(seen.data() + space + 1, end, at);
  if (error != std::errc{} || last != end || at > now) return std::nullopt;
  return at + api::kLease.count();
}

Leases::Leases(const Config& config) : file_(config.data / "agent" / "leases.json"), boot_(boot_id()) {
  const auto kept = base::from_json_text<LeaseFile>(system::read_file(file_).value_or("{}"));
  if (kept && kept->boot == boot_) until_ = kept->until;
}

api::LeaseAnswer Leases::renew(const api::Lease& lease) {
  const auto now = boot_time();
  const std::scoped_lock lock{mutex_};
  if (const auto until = reach_of(lease.clock, boot_, now); until && !lease.instances.empty()) {
    for (const auto& instance : lease.instances) reach(instance, *until);
    save();
  }
  return {fmt::format("{} {}", boot_, now)};
}

void Leases::grant(const std::string& instance) {
  const std::scoped_lock lock{mutex_};
  reach(instance, boot_time() + api::kLease.count());
  save();
}

bool Leases::holds(const std::string& instance) const {
  const std::scoped_lock lock{mutex_};
  const auto found = until_.find(instance);
  return found != until_.end() && boot_time() < found->second;
}

void Leases::reach(const std::string& instance, BootTime until) {
  auto& now = until_[instance];
  now = std::max(now, until);
}

void Leases::save() const {
  const auto fresh = file_.string() + ".new";
  {
    std::ofstream out{fresh};
    out << base::Json(LeaseFile{boot_, until_}).dump();
  }
  std::error_code ignored;
  std::filesystem::rename(fresh, file_, ignored);
}

bool needs_lease(const Instance& instance, const postgres::Spec& spec) {
  return instance.replication && instance.replication->leased && !postgres::is_standby(spec);
}

bool all_standbys_stream(const postgres::Spec& spec) {
  if (!spec.replication || spec.replication->slots.empty()) return false;
  const auto deadline = Deadline::after(kAskStandbys);
  auto connection = postgres::connect_as_platform(spec, "postgres", deadline);
  if (!connection) return false;
  const auto rows = connection->query(
      "SELECT count(DISTINCT application_name) FROM pg_stat_replication "
      "WHERE state = 'streaming' AND application_name = ANY (string_to_array($1, ','))",
      deadline, {base::join(spec.replication->slots, ",")});
  return rows && rows->single() == std::to_string(spec.replication->slots.size());
}

}  // namespace pgbaton::agent
