#include "cli/console.hpp"

#include <cstdlib>
#include <iostream>

#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.hpp"

namespace pgbaton::cli {
namespace {

constexpr std::string_view kReset = "\x1b[0m";

constexpr std::string_view escape(Paint paint) {
  switch (paint) {
    case Paint::good:
      return "\x1b[32m";
    case Paint::warning:
      return "\x1b[33m";
    case Paint::bad:
      return "\x1b[31m";
    case Paint::dim:
      return "\x1b[2m";
    case Paint::strong:
      return "\x1b[1m";
    case Paint::plain:
      break;
  }
  return {};
}

std::string paint_if(bool shown, Paint paint, std::string_view text) {
  if (!shown || paint == Paint::plain || text.empty()) return std::string{text};
  return fmt::format("{}{}{}", escape(paint), text, kReset);
}

std::size_t terminal_width(int fd) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

// Messages of programs below us may have several lines; a person gets each, indented, a script one string.
std::string indented(std::string_view text) { return base::join(base::lines(base::trim(text)), "\n  "); }

}  // namespace

std::string Console::painted(Paint paint, std::string_view text) const {
  return paint_if(colours && out_terminal, paint, text);
}

std::string Console::painted_progress(Paint paint, std::string_view text) const {
  return paint_if(colours && err_terminal, paint, text);
}

void Console::print(const base::Json& value) const {
  out << value.dump(2, ' ', false, base::Json::error_handler_t::replace) << '\n' << std::flush;
}

void Console::print(const base::Error& error) const {
  const auto remedy = error.remedy_or_default();
  if (json) {
    const base::Json body{
        {"error", {{"code", base::traits(error.code).name}, {"message", error.message}, {"remedy", remedy}}}};
    err << body.dump(-1, ' ', false, base::Json::error_handler_t::replace) << '\n' << std::flush;
    return;
  }
  err << painted_progress(Paint::bad, "pgbaton:") << ' ' << indented(error.message) << "\n  " << indented(remedy)
      << '\n'
      << std::flush;
}

Console process_console() {
  const auto* no_colour = std::getenv("NO_COLOR");
  const auto* terminal = std::getenv("TERM");
  Console console{std::cout, std::cerr};
  console.out_terminal = ::isatty(STDOUT_FILENO) == 1;
  console.err_terminal =
      ::isatty(STDERR_FILENO) == 1 && std::string_view{terminal == nullptr ? "dumb" : terminal} != "dumb";
  console.in_terminal = ::isatty(STDIN_FILENO) == 1;
  console.colours = (no_colour == nullptr || *no_colour == '\0') && terminal != nullptr;
  if (console.out_terminal || console.err_terminal)
    console.width = terminal_width(console.out_terminal ? STDOUT_FILENO : STDERR_FILENO);
  return console;
}

}  // namespace pgbaton::cli
