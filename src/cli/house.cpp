#include "cli/house.hpp"

#include <thread>

#include <signal.h>
#include <sys/stat.h>

#include "base/text.hpp"
#include "system/cgroup.hpp"
#include "system/log.hpp"
#include "system/process.hpp"
#include "system/reach.hpp"
#include "system/user.hpp"

namespace pgbaton::cli {

using base::Code;
using base::Result;
using system::Path;
using system::User;

namespace {

constexpr base::Millis kOldChildren{10'000};
constexpr base::Millis kOldPort{3'000};
constexpr base::Millis kPause{20};

Path children_file(const Path& data) { return data / "run" / "children.json"; }

// A folder that holds something else is not ours to close to everybody and to give away.
Result<> check_folder(const Path& data, const User& user) {
  struct stat info{};
  if (::stat(data.c_str(), &info) != 0) return {};
  if (!S_ISDIR(info.st_mode))
    return base::fail(
        {Code::refused, fmt::format("{} is not a folder", data.string()), "Name another one with --data."});
  const auto names = system::list_directory(data);
  const bool ours = names.empty() || std::ranges::find(names, "lock") != names.end();
  if (!ours)
    return base::fail({Code::refused, fmt::format("{} holds files that are not pgbaton's", data.string()),
                       "Name an empty or a new folder with --data."});
  if (!names.empty() && info.st_uid != user.uid && info.st_uid != 0)
    return base::fail({Code::refused, fmt::format("{} belongs to another user than {}", data.string(), user.name),
                       "Start pgbaton as the user who started it there before, or name another folder with --data."});
  return {};
}

Result<system::FileLock> lock_folder(const Path& data, const Path& shown) {
  auto lock = system::FileLock::try_acquire(data / "lock");
  if (lock || lock.error().code != Code::busy) return lock;
  const auto other = registration_of(data);
  return base::fail({Code::refused,
                     other ? fmt::format("pgbaton runs already with its data in {} (process {}, {})", shown.string(),
                                         other->pid, other->server)
                           : fmt::format("pgbaton runs already with its data in {}", shown.string()),
                     fmt::format("Use it as it is, or end it first: pgbaton down --data {}", shown.string())});
}

bool wait_until(auto&& condition, base::Millis longest) {
  const auto deadline = base::Deadline::after(longest);
  while (!condition()) {
    if (deadline.passed()) return false;
    std::this_thread::sleep_for(kPause);
  }
  return true;
}

// A supervisor that was killed leaves children that are still ending. Two agents must never serve one folder.
void wait_for_old_children(const Path& data) {
  const auto text = system::read_file(children_file(data));
  const auto children = base::from_json_text<std::vector<std::pair<pid_t, std::uint64_t>>>(text.value_or("[]"));
  if (!children) return;
  const auto gone = [](const auto& child) { return system::process_start(child.first) != child.second; };
  for (const auto& child : *children) {
    if (wait_until([&] { return gone(child); }, kOldChildren)) continue;
    [[maybe_unused]] const auto sent = system::send_signal(child.first, SIGKILL);
    wait_until([&] { return gone(child); }, kOldChildren);
  }
}

Result<> check_address(const UpSettings& settings, const Environment& environment) {
  // What ends just now may hold the port for another moment.
  if (wait_until([&] { return system::can_listen(settings.listen); },
                 registration_of(settings.data) ? kOldPort : base::Millis{0}))
    return {};
  const auto address = system::to_string(settings.listen);
  const auto remedy = fmt::format("Choose another one, like: pgbaton up --listen {}",
                                  system::to_string({settings.listen.host, settings.listen.port + 1}));
  for (const auto& other : living_registrations(environment))
    if (other.server == local_url(settings))
      return base::fail(
          {Code::failed, fmt::format("{} is used by the pgbaton with its data in {}", address, other.data), remedy});
  const bool in_use = system::accepts(settings.listen);
  return base::fail(
      {Code::failed,
       in_use ? fmt::format("{} is used by another program", address)
              : fmt::format("{} cannot be listened on: it is in use, or no address of this machine", address),
       remedy});
}

// Below the data the agent makes it.
Result<> make_backup_folder(const UpSettings& settings, const User& user) {
  if (settings.backups == settings.data / "agent" / "backups") return {};
  TRY(system::make_directory(settings.backups, 0700));
  return ::geteuid() == 0 ? system::give_to(user, settings.backups) : Result<>{};
}

Result<> make_folders(const UpSettings& settings, const User& user) {
  TRY(system::make_directory(settings.data, 0700));
  if (::geteuid() == 0) TRY(system::give_to(user, settings.data));
  TRY(make_backup_folder(settings, user));
  // Engines that are there already stay whose they are.
  if (!system::list_directory(settings.engines).empty()) return {};
  TRY(system::make_directory(settings.engines, 0755));
  if (::geteuid() == 0) TRY(system::give_to(user, settings.engines));
  return {};
}

// What only root can do, and must before it stops being root.
Result<> hand_over(House& house, const User& user) {
  TRY(system::give_to(user, house.settings.data / "lock"));
  const auto name = system::path_hash(house.settings.data);
  if (const auto delegated = system::delegate_cgroup(name, user); delegated)
    house.cgroup = name;
  else
    house.cgroup_refusal = delegated.error().message;
  house.settings.data = TRY(system::reachable(user, house.settings.data));
  house.settings.engines = TRY(system::reachable(user, house.settings.engines));
  if (std::filesystem::exists(house.settings.backups))
    house.settings.backups = TRY(system::reachable(user, house.settings.backups));
  else
    house.settings.backups = house.settings.data / "agent" / "backups";
  TRY(add_registration(house.run_folder, house.registration));
  return system::become(user);
}

}  // namespace

Result<House> take_house(const UpSettings& settings, const Environment& environment) {
  const bool root = environment.is_root();
  const auto user = root ? TRY(system::ensure_system_user(settings.user)) : system::current_user();
  TRY(check_folder(settings.data, user));
  TRY(make_folders(settings, user));
  auto lock = TRY(lock_folder(settings.data, settings.data));
  wait_for_old_children(settings.data);
  TRY(check_address(settings, environment));
  House house{.settings = settings,
              .registration = {.server = local_url(settings),
                               .token_file = settings.data / "token",
                               .ca_file = uses_tls(settings) ? (settings.data / "tls" / "ca.crt").string() : "",
                               .data = settings.data,
                               .pid = ::getpid(),
                               .pid_start = system::process_start(::getpid()).value_or(0)},
              .run_folder = environment.run_folder(),
              .cgroup_refusal = "pgbaton up was not started as root",
              .lock = std::move(lock)};
  if (root)
    TRY(hand_over(house, user));
  else
    TRY(add_registration(house.run_folder, house.registration));
  TRY(system::make_directory(house.settings.data / "run", 0700));
  TRY(system::write_file_atomic(registration_file(house.settings.data), base::Json(house.registration).dump() + "\n",
                                0600));
  return house;
}

void leave_house(const House& house) {
  remove_registration(house.run_folder, house.registration);
  std::error_code ignored;
  for (const auto& file : {registration_file(house.settings.data), children_file(house.settings.data)})
    std::filesystem::remove(file, ignored);
}

Result<> remember_children(const Path& data, const std::vector<pid_t>& children) {
  std::vector<std::pair<pid_t, std::uint64_t>> known;
  for (const auto pid : children)
    if (const auto start = system::process_start(pid)) known.emplace_back(pid, *start);
  return system::write_file_atomic(children_file(data), base::Json(known).dump() + "\n", 0600);
}

}  // namespace pgbaton::cli
