#include "cli/registry.hpp"

#include <sys/stat.h>

#include "base/text.hpp"
#include "system/process.hpp"
#include "system/reach.hpp"

namespace pgbaton::cli {

using base::Code;
using base::Result;
using system::Path;

namespace {

Path file_in(const Path& folder, const Registration& registration) {
  return folder / fmt::format("up-{}.json", system::path_hash(registration.data));
}

Result<Registration> read_registration(const Path& file) {
  return base::from_json_text<Registration>(TRY(system::read_file(file)));
}

bool is_only_ours(const Path& folder, uid_t uid) {
  struct stat info{};
  if (::stat(folder.c_str(), &info) != 0) return false;
  return (info.st_uid == 0 || info.st_uid == uid) && (info.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

// A folder that others can write to, or put in the place of ours, could send our token to a stranger's server.
bool is_trustworthy(const Path& folder, uid_t uid) {
  return is_only_ours(folder, uid) && is_only_ours(folder.parent_path(), uid);
}

}  // namespace

bool is_alive(const Registration& registration) {
  const auto start = system::process_start(registration.pid);
  return start && *start == registration.pid_start;
}

Result<> add_registration(const Path& folder, const Registration& registration) {
  TRY(system::make_directory(folder, 0755));
  for (const auto& name : system::list_directory(folder)) {
    if (!name.starts_with("up-") || !name.ends_with(".json")) continue;
    const auto other = read_registration(folder / name);
    if (!other || !is_alive(*other)) TRY(system::remove_tree(folder / name));
  }
  return system::write_file_atomic(file_in(folder, registration), base::Json(registration).dump() + "\n", 0644);
}

void remove_registration(const Path& folder, const Registration& registration) {
  // Started as root, we are no longer allowed to: the file then names a dead process, which says the same.
  std::error_code ignored;
  std::filesystem::remove(file_in(folder, registration), ignored);
}

std::vector<Registration> living_registrations(const Environment& environment) {
  std::vector<Registration> living;
  for (const auto& folder : environment.run_folders()) {
    if (!is_trustworthy(folder, environment.uid)) continue;
    for (const auto& name : system::list_directory(folder)) {
      if (!name.starts_with("up-") || !name.ends_with(".json")) continue;
      if (auto registration = read_registration(folder / name); registration && is_alive(*registration))
        living.push_back(std::move(*registration));
    }
  }
  return living;
}

Path registration_file(const Path& data) { return data / "run" / "up.json"; }

Result<Registration> registration_of(const Path& data) { return read_registration(registration_file(data)); }

Result<Registration> choose(const std::vector<Candidate>& living) {
  std::vector<Registration> usable;
  for (const auto& candidate : living)
    if (candidate.usable) usable.push_back(candidate.registration);
  if (usable.size() == 1) return usable[0];
  if (living.empty())
    return base::fail({Code::unreachable, "no pgbaton runs on this machine", "Start it with `pgbaton up`."});
  if (usable.empty())
    return base::fail({Code::unauthorized,
                       fmt::format("pgbaton runs here with its data in {}, which only its owner can read",
                                   living[0].registration.data),
                       "Run the command as root or as that owner, or set PGBATON_SERVER and PGBATON_TOKEN."});
  std::vector<std::string> folders;
  for (const auto& registration : usable)
    folders.push_back(fmt::format("{} ({})", registration.data, registration.server));
  std::ranges::sort(folders);
  return base::fail({Code::invalid_argument,
                     fmt::format("{} pgbatons run on this machine: {}", usable.size(), base::join(folders, ", ")),
                     "Say which one: `--data DIR`, or set PGBATON_DATA or PGBATON_SERVER."});
}

}  // namespace pgbaton::cli
