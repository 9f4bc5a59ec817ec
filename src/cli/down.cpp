// down: the end of an `up` and of its databases.
#include <thread>

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.hpp"
#include "cli/machine_commands.hpp"
#include "cli/postmasters.hpp"
#include "cli/target.hpp"
#include "system/process.hpp"

namespace pgbaton::cli {

using base::Code;
using base::Result;
using system::Path;

namespace {

constexpr base::Millis kSupervisorEnds{45'000};  // its children have 30 s
constexpr base::Millis kDatabasesStop{180'000};
constexpr base::Millis kPause{20};

Result<> end_supervisor(const Registration& registration) {
  const auto sent = system::send_signal(registration.pid, SIGTERM);
  if (!sent && sent.error().code != Code::not_found)
    return base::fail({Code::failed, sent.error().message, "Run it as root, or as the user who started `pgbaton up`."});
  const auto deadline = base::Deadline::after(kSupervisorEnds);
  while (is_alive(registration)) {
    if (deadline.passed())
      return base::fail(Code::timed_out, "pgbaton (process {}) was told to end and still runs", registration.pid);
    std::this_thread::sleep_for(kPause);
  }
  return {};
}

// Containers often withhold from root the right to look into other users' processes: as the owner we may look into its
// own. From the folder itself on, because the parents may be closed to that user.
Result<> become_owner(const Path& data) {
  struct stat info{};
  if (::chdir(data.c_str()) != 0 || ::stat(".", &info) != 0) return system::os_failure("cannot enter", data);
  if (::geteuid() != 0 || info.st_uid == 0) return {};
  if (::setegid(info.st_gid) != 0 || ::seteuid(info.st_uid) != 0)
    return system::os_failure("cannot become the owner of", data);
  return {};
}

}  // namespace

Result<int> run_down(const Options& options, const Context& context) {
  const auto target = TRY(find_house(options, context.environment));
  if (target.running) TRY(end_supervisor(*target.running));
  std::vector<std::string> stopped;
  if (std::filesystem::exists(target.data)) {
    TRY(become_owner(target.data));
    stopped = TRY(stop_postmasters(Path{"agent"} / "instances", base::Deadline::after(kDatabasesStop)));
  }
  const auto& console = context.console;
  if (options.json) {
    console.print(
        base::Json{{"data", target.data.string()}, {"ended", target.running.has_value()}, {"stopped", stopped}});
  } else if (!target.running && stopped.empty()) {
    console.out << fmt::format("Nothing runs with its data in {}.\n", target.data.string());
  } else {
    console.out << fmt::format(
        "{}{}.\n",
        target.running ? fmt::format("Ended pgbaton (data in {})", target.data.string()) : "Ended nothing else",
        stopped.empty()
            ? "; no database was running"
            : fmt::format("; stopped {}: {}", base::counted(stopped.size(), "instance"), base::join(stopped, ", ")));
  }
  return 0;
}

}  // namespace pgbaton::cli
