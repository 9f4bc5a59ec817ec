#include "cli/postmasters.hpp"

#include <charconv>
#include <set>
#include <thread>

#include <signal.h>
#include <sys/stat.h>

#include "base/text.hpp"
#include "system/process.hpp"

namespace pgbaton::cli {

using base::Code;
using base::Result;
using system::Path;

namespace {

constexpr base::Millis kPause{50};

// A lock file may be left from before a crash, its number now another process'. A postmaster works in its data
// directory: whoever does is one of its processes, and the file names the first.
bool works_in(pid_t pid, const Path& directory) {
  struct stat working{};
  struct stat data{};
  return ::stat(fmt::format("/proc/{}/cwd", pid).c_str(), &working) == 0 && ::stat(directory.c_str(), &data) == 0 &&
         working.st_dev == data.st_dev && working.st_ino == data.st_ino;
}

pid_t postmaster_of(const Path& data) {
  const auto text = system::read_file(data / "postmaster.pid");
  if (!text) return 0;
  pid_t pid = 0;
  std::from_chars(text->data(), text->data() + text->size(), pid);
  return pid > 1 && system::is_running(pid) && works_in(pid, data) ? pid : 0;
}

}  // namespace

std::vector<Postmaster> find_postmasters(const Path& instances) {
  std::vector<Postmaster> found;
  for (const auto& name : system::list_directory(instances))
    for (const auto& folder : system::list_directory(instances / name)) {
      if (!folder.starts_with("data")) continue;  // data, and after a major-upgrade data-17
      if (const auto pid = postmaster_of(instances / name / folder); pid > 0) found.push_back({name, pid});
    }
  return found;
}

Result<std::vector<std::string>> stop_postmasters(const Path& instances, base::Deadline deadline) {
  std::set<pid_t> asked;
  std::set<std::string> names;
  for (;;) {
    const auto running = find_postmasters(instances);
    if (running.empty()) return std::vector<std::string>{names.begin(), names.end()};
    for (const auto& postmaster : running) {
      if (!asked.insert(postmaster.pid).second) continue;
      names.insert(postmaster.instance);
      // SIGINT: fast shutdown. Sessions are ended, a checkpoint is written.
      if (const auto sent = system::send_signal(postmaster.pid, SIGINT); !sent && sent.error().code != Code::not_found)
        return std::unexpected(sent.error());
    }
    if (deadline.passed()) {
      std::vector<std::string> left;
      for (const auto& postmaster : running)
        left.push_back(fmt::format("{} (process {})", postmaster.instance, postmaster.pid));
      return base::fail({Code::timed_out, fmt::format("still shutting down: {}", base::join(left, ", ")),
                         "They were told to stop and are writing their checkpoints; run it again to wait longer."});
    }
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace pgbaton::cli
