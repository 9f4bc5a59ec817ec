#include "system/terminal.hpp"

#include <iostream>

#include <termios.h>
#include <unistd.h>

namespace pgbaton::system {

namespace {

class WithoutEcho {
 public:
  WithoutEcho() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    auto quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
  }
  WithoutEcho(const WithoutEcho&) = delete;
  WithoutEcho& operator=(const WithoutEcho&) = delete;
  ~WithoutEcho() {
    if (changed_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }

 private:
  termios before_{};
  bool changed_ = false;
};

}  // namespace

base::Result<base::Secret> read_secret_line(std::string_view prompt) {
  const bool terminal = ::isatty(STDIN_FILENO) == 1;
  if (terminal) std::cerr << prompt << std::flush;
  std::string line;
  bool read = false;
  {
    const WithoutEcho quiet;
    read = static_cast<bool>(std::getline(std::cin, line));
  }
  if (terminal) std::cerr << '\n';
  if (!read) return base::fail(base::Code::invalid_argument, "standard input ended before a line was read");
  return base::Secret{std::move(line)};
}

}  // namespace pgbaton::system
