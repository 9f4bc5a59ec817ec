// Which `pgbaton up`s run on this machine, and how to talk to them: one small file each in a run folder. A file whose
// process is gone says nothing; it is removed by the next `up` that may.
#pragma once

#include <sys/types.h>

#include "base/json.hpp"
#include "cli/environment.hpp"

namespace pgbaton::cli {

struct Registration {
  std::string server;  // URL
  std::string token_file;
  std::string ca_file;  // empty: plain HTTP
  std::string data;
  pid_t pid = 0;
  std::uint64_t pid_start = 0;  // with the pid: one process for ever
};
PGBATON_JSON(Registration, server, token_file, ca_file, data, pid, pid_start)

[[nodiscard]] bool is_alive(const Registration& registration);

/// Makes the run folder when it is not there, removes files of dead processes and adds this one's.
[[nodiscard]] base::Result<> add_registration(const system::Path& folder, const Registration& registration);
void remove_registration(const system::Path& folder, const Registration& registration);
/// The living ones in folders that only root or this user can have written.
[[nodiscard]] std::vector<Registration> living_registrations(const Environment& environment);
/// The one that a data folder itself names, dead or alive.
[[nodiscard]] base::Result<Registration> registration_of(const system::Path& data);
[[nodiscard]] system::Path registration_file(const system::Path& data);

/// The one to talk to: pure. `usable`: its token can be read by this user.
struct Candidate {
  Registration registration;
  bool usable = false;
};
[[nodiscard]] base::Result<Registration> choose(const std::vector<Candidate>& living);

}  // namespace pgbaton::cli
