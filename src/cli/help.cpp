#include "cli/help.hpp"

#include "cli/command_line.hpp"
#include "cli/table.hpp"
#include "cli/text_layout.hpp"

namespace pgbaton::cli {
namespace {

constexpr std::string_view kOpening =
    "pgbaton runs PostgreSQL databases and upgrades them while their clients stay connected.\n\n"
    "Usage: pgbaton COMMAND [options]\n";

constexpr std::string_view kClosing =
    "Every command takes --json, and `pgbaton help COMMAND` says more about it.\n\n"
    "The commands find the pgbaton that runs on this machine by themselves. Set PGBATON_SERVER (its URL) and\n"
    "PGBATON_TOKEN (the content of the file `token` in its data folder) to reach another one.\n\n"
    "Exit status: 0 done, 2 wrong usage, 3 no such thing, 4 refused and nothing changed, 5 failed, 6 server not "
    "reachable.\n";

constexpr std::size_t kTextWidth = 100;

std::size_t text_width(const Console& console) {
  return console.width == 0 ? kTextWidth : std::min(console.width, kTextWidth);
}

// Two columns: what to write, what it does.
std::string columns(const std::vector<std::pair<std::string, std::string>>& rows, std::size_t left,
                    const Console& console) {
  constexpr std::size_t kIndent = 2;
  const auto width = text_width(console);
  const auto at = kIndent + left + 2;
  std::string result;
  for (const auto& [written, about] : rows) {
    std::string line = std::string(kIndent, ' ') + padded(written, left) + "  ";
    if (display_width(written) > left) {
      result += std::string(kIndent, ' ') + written + "\n";
      line = std::string(at, ' ');
    }
    for (const auto& part : wrapped(about, width > at + 20 ? width - at : 0)) {
      result += line + part + "\n";
      line = std::string(at, ' ');
    }
  }
  return result;
}

std::string command_list(auto&& belongs, const Console& console) {
  constexpr std::size_t kLeft = 34;
  std::vector<std::pair<std::string, std::string>> rows;
  for (const auto& command : commands())
    if (belongs(command)) {
      // Only what has to be given: the options have their own page.
      const auto required = command.usage.substr(0, command.usage.find(" ["));
      const bool none = command.usage.empty() || command.usage.starts_with('[');
      rows.emplace_back(fmt::format("{}{}{}", command.path, none ? "" : " ", none ? "" : required), command.summary);
    }
  return columns(rows, kLeft, console);
}

}  // namespace

std::string general_help(const Console& console) {
  std::string result{kOpening};
  std::string_view group;
  for (const auto& command : commands()) {
    if (command.group == group) continue;
    group = command.group;
    result += fmt::format("\n{}\n", console.painted(Paint::strong, group));
    result += command_list([&](const Command& other) { return other.group == group; }, console);
  }
  return result + "\n" + std::string{kClosing};
}

std::string command_help(const Command& command, const Console& console) {
  std::string result =
      fmt::format("Usage: pgbaton {}{}{}\n\n", command.path, command.usage.empty() ? "" : " ", command.usage);
  result += paragraph(command.about.empty() ? command.summary : command.about, text_width(console), 0);
  std::vector<std::pair<std::string, std::string>> rows;
  std::size_t left = 0;
  for (const auto& row : option_help(command)) {
    rows.emplace_back(row.written, row.about);
    left = std::max(left, display_width(row.written));
  }
  result += "\n" + columns(rows, std::min<std::size_t>(left, 28), console);
  if (command.examples.empty()) return result;
  result += fmt::format("\n{}\n", console.painted(Paint::strong, "Examples"));
  for (const auto& example : command.examples) {
    result += fmt::format("  {}\n", example.line);
    if (!example.about.empty()) result += paragraph(example.about, text_width(console), 6);
  }
  return result;
}

std::string group_help(std::string_view word, const Console& console) {
  const auto prefix = std::string{word} + " ";
  return fmt::format("Usage: pgbaton {} COMMAND [options]\n\n", word) +
         command_list([&](const Command& command) { return command.path.starts_with(prefix); }, console) +
         fmt::format("\n`pgbaton help {} COMMAND` says more.\n", word);
}

}  // namespace pgbaton::cli
