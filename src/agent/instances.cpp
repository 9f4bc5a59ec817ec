#include "agent/instances.hpp"

#include <csignal>

#include "agent/archiving.hpp"
#include "engine/folder.hpp"
#include "postgres/platform.hpp"
#include "postgres/process.hpp"
#include "postgres/settings.hpp"
#include "system/certificate.hpp"
#include "system/cgroup.hpp"
#include "system/log.hpp"
#include "system/pause.hpp"

namespace pgbaton::agent {

using base::Code;
using base::Json;
using base::Result;

namespace {

constexpr base::Millis kKeepEvery{200};
constexpr base::Millis kStartLimit{std::chrono::minutes{10}};
constexpr base::Millis kLongestPause{std::chrono::seconds{30}};

// One instance's weight on the CPUs is in proportion to its memory; 1 GB weighs as much as an ordinary process group.
int cpu_shares(base::Bytes memory) { return static_cast<int>(std::max<std::int64_t>(2, memory.count >> 20)); }

}  // namespace

Result<system::Path> engine_bindir(const system::Path& engines, const model::EngineId& id) {
  const auto manifest = engine::published(engine::Folder{engines}, id);
  if (!manifest)
    return base::fail({Code::not_found, fmt::format("this host does not have the engine {}", model::to_string(id)),
                       fmt::format("Install it: pgbaton engines install {}", model::to_string(id.version))});
  return system::Path{manifest->bindir};
}

namespace {

// The authority's key is on the server's host: this one was given a certificate for all of its instances.
Result<> copy_certificate(const system::Path& from, const system::Path& to) {
  TRY(system::write_file_atomic(to / "server.key", TRY(system::read_file(from / "host.key")), 0600));
  TRY(system::write_file_atomic(to / "server.crt", TRY(system::read_file(from / "host.crt")), 0644));
  return system::write_file_atomic(to / "ca.crt", TRY(system::read_file(from / "ca.crt")), 0644);
}

}  // namespace

Result<> ensure_certificate(const Config& config, const postgres::Spec& spec) {
  if (std::filesystem::exists(spec.tls() / "server.crt") && std::filesystem::exists(spec.tls() / "ca.crt")) return {};
  const auto authority = config.data / "tls";
  TRY(system::make_directory(spec.folder, 0700));
  TRY(system::make_directory(spec.tls(), 0700));
  if (config.is_remote()) return copy_certificate(authority, spec.tls());
  TRY(system::ensure_authority(authority));
  TRY(system::issue_certificate(
      authority, {.common_name = "localhost", .dns_names = {"localhost"}, .addresses = {"127.0.0.1", "::1"}},
      spec.tls() / "server.crt", spec.tls() / "server.key"));
  return system::write_file_atomic(spec.tls() / "ca.crt", TRY(system::read_file(authority / "ca.crt")), 0644);
}

Result<Instance> Instances::find(const std::string& name) const {
  auto found = TRY(journal_.instance(name));
  if (!found) return base::fail(Code::not_found, "this host has no instance {}", name);
  return *found;
}

Result<postgres::Spec> Instances::spec_of(const Instance& instance) const {
  const auto bindir = TRY(engine_bindir(config_.engines, instance.engine));
  postgres::Spec spec{.name = instance.name,
                      .folder = config_.data / "agent" / "instances" / instance.name,
                      .socket_folder = system::Path{config_.socket}.parent_path(),
                      .bindir = bindir,
                      .port = instance.port,
                      .memory = instance.memory,
                      .locale = instance.locale,
                      .superuser_os_users = config_.superuser_os_users,
                      .replication = instance.replication,
                      .upstream = instance.upstream,
                      .data_name = instance.data,
                      .detached = instance.detached,
                      .guarded = instance.guarded};
  spec.archive_command = archive_command_of(config_, instance, spec.folder);
  if (instance.replication && !instance.replication->listen_address.empty())
    spec.listen_addresses = {instance.replication->listen_address};
  return spec;
}

Result<api::InstanceStatus> Instances::status(const Instance& instance) {
  const auto spec = TRY(spec_of(instance));
  const auto now = postgres::status(spec);
  api::InstanceStatus status{.name = instance.name,
                             .database = instance.database,
                             .engine = instance.engine,
                             .desired = instance.desired,
                             .state = std::string{to_string(now.state)},
                             .port = instance.port,
                             .pid = now.pid,
                             .size = system::tree_size(spec.data()),
                             .socket_folder = spec.socket_folder,
                             .superuser = spec.superuser,
                             .certificate = spec.tls() / "server.crt",
                             .key = spec.tls() / "server.key",
                             .client_connections = postgres::connections_of(instance.memory),
                             .data = instance.data,
                             .guarded = instance.guarded,
                             .memory = instance.memory};
  const std::scoped_lock lock{mutex_};
  status.limits = limits_.contains(instance.name) ? limits_[instance.name] : config_.cgroup_refusal;
  if (now.state != postgres::InstanceState::running) return status;
  if (auto connection = postgres::connect_as_platform(spec, "postgres", base::Deadline::after(std::chrono::seconds{5})))
    status.version = model::to_string(connection->server_version());
  return status;
}

std::mutex& Instances::mutex_of(const std::string& name) {
  const std::scoped_lock lock{mutex_};
  return locks_[name];
}

std::unique_lock<std::mutex> Instances::lock(const std::string& name) { return std::unique_lock{mutex_of(name)}; }

std::unique_lock<std::mutex> Instances::try_lock(const std::string& name) {
  return std::unique_lock{mutex_of(name), std::try_to_lock};
}

void Instances::limit(const Instance& instance, pid_t pid) {
  auto outcome = [&]() -> Result<> {
    if (config_.cgroup.empty()) return base::fail(Code::failed, "{}", config_.cgroup_refusal);
    const auto group = TRY(system::Cgroup::create(
        config_.cgroup, instance.name, {.memory = instance.memory, .cpu_shares = cpu_shares(instance.memory)}));
    return group.enter(pid);
  }();
  const std::scoped_lock lock{mutex_};
  limits_[instance.name] = outcome ? "enforced" : "not enforced: " + outcome.error().message;
}

Result<> Instances::start(const Instance& instance, base::Deadline deadline) {
  return postgres::start(TRY(spec_of(instance)), deadline, [&](pid_t pid) { limit(instance, pid); });
}

Result<> Instances::destroy(const Instance& instance, base::Deadline deadline) {
  TRY(postgres::destroy(TRY(spec_of(instance)), deadline));
  if (!config_.cgroup.empty()) system::Cgroup::remove(config_.cgroup, instance.name);
  return journal_.forget_instance(instance.name);
}

void Instances::begin_keeping() {
  keeper_ = std::jthread([this](const std::stop_token& stop) { keep(stop); });
  lease_watch_ = std::jthread([this](const std::stop_token& stop) { watch_leases(stop); });
}

void Instances::end_keeping() {
  keeper_ = {};
  lease_watch_ = {};
}

// Beside the keeper, which may be waiting for a recovery of minutes.
void Instances::watch_leases(const std::stop_token& stop) {
  do {
    if (const auto all = journal_.instances())
      for (const auto& instance : *all) stop_unleased(instance);
  } while (system::pause(stop, kKeepEvery));
}

// Not under the instance's lock: a job that has it may be waiting for the very server that has gone.
void Instances::stop_unleased(const Instance& instance) {
  if (leases_.holds(instance.name)) return;
  const auto spec = spec_of(instance);
  if (!spec || !needs_lease(instance, *spec)) return;
  const auto postmaster = postgres::find_postmaster(spec->data());
  if (!postmaster || all_standbys_stream(*spec)) return;
  system::log_error("a primary without a lease is stopped: another node may be the primary now",
                    {{"instance", instance.name}});
  std::ignore = postmaster->process.signal(SIGQUIT);
}

void Instances::keep(const std::stop_token& stop) {
  do {
    if (const auto all = journal_.instances())
      for (const auto& instance : *all) keep(instance);
  } while (system::pause(stop, kKeepEvery));
}

// Whoever decides about a failover gets as long to fence it as the settings say.
bool Instances::waits_for_failover(const Instance& instance, Attempt& attempt) {
  if (attempt.seen_stopped || !instance.replication || instance.replication->slots.empty()) return false;
  const base::Millis wait{instance.replication->restart_after_ms};
  if (wait <= base::Millis{0}) return false;
  attempt.seen_stopped = true;
  attempt.next = base::Deadline::after(wait);
  return true;
}

void Instances::keep(const Instance& listed) {
  auto& attempt = attempts_[listed.name];
  if (listed.desired != "running" || (!attempt.seen_stopped && !attempt.next.passed())) return;
  const auto held = try_lock(listed.name);
  if (!held) return;  // a job is at it
  // Read again: a job may have changed it between the listing and the lock.
  const auto instance = find(listed.name);
  if (!instance || instance->desired != "running") return;
  const auto spec = spec_of(*instance);
  if (spec && postgres::status(*spec).state != postgres::InstanceState::stopped) {
    attempt = {};
    return;
  }
  if (spec && needs_lease(*instance, *spec) && !leases_.holds(instance->name)) return;
  if (waits_for_failover(*instance, attempt) || !attempt.next.passed()) return;
  system::log_warning("instance is not running and is started again", {{"instance", instance->name}});
  if (auto started = start(*instance, base::Deadline::after(kStartLimit)); started) {
    attempt = {};
    system::log_info("instance runs again", {{"instance", instance->name}});
  } else {
    const auto pause = std::min(kLongestPause, base::Millis{500} * (1 << std::min(attempt.failures, 6)));
    attempt = {attempt.failures + 1, base::Deadline::after(pause), attempt.seen_stopped};
    system::log_error("instance could not be started",
                      {{"instance", instance->name}, {"error", started.error().message}, {"pause_ms", pause.count()}});
  }
}

}  // namespace pgbaton::agent
