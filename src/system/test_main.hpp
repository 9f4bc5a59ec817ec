// The main of tests that run PostgreSQL: it refuses to run as root, and the modules run as whoever starts them. For one
// source of a test program.
#pragma once

#include <cstdio>

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "system/user.hpp"

namespace pgbaton::system {

// The folder that GTEST_OUTPUT names belongs to root: the report is opened before root's rights are given up, and
// written through the descriptor.
inline void keep_report_writable(const User& user, const char* program) {
  std::string report = testing::GTEST_FLAG(output);
  if (!report.starts_with("xml:") && !report.starts_with("json:")) return;
  const auto kind = report.substr(0, report.find(':'));
  report.erase(0, kind.size() + 1);
  if (report.ends_with('/')) report += fmt::format("{}.{}", program, kind);
  const int fd = ::open(report.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd >= 0 && ::fchown(fd, user.uid, user.gid) == 0)
    testing::GTEST_FLAG(output) = fmt::format("{}:/proc/self/fd/{}", kind, fd);
}

inline bool become_ordinary(const char* program) {
  const auto nobody = find_user("nobody");
  if (!nobody) return false;
  keep_report_writable(*nobody, program);
  // Changing the user makes a process closed to others of that user, its own /proc files and the leak sanitizer
  // included.
  return become(*nobody) && ::prctl(PR_SET_DUMPABLE, 1) == 0;
}

/// `program`: the name of the test program, which its report gets.
inline int run_tests_as_ordinary_user(int count, char** arguments, const char* program) {
  if (current_user().uid == 0 && !become_ordinary(program))
    return std::fputs("cannot become the user nobody\n", stderr), 1;
  testing::InitGoogleMock(&count, arguments);  // looks for engines, with the eyes of who will run them
  return RUN_ALL_TESTS();
}

}  // namespace pgbaton::system
