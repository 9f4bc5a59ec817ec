// The commands as a table: one row says how a command is written, what it is for, which options it takes and what runs.
// Help, parsing and dispatch all read it.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/console.hpp"
#include "cli/declaration.hpp"
#include "cli/environment.hpp"

namespace pgbaton::cli {

/// The long-running parts, as main.cpp wires them: each serves until SIGTERM.
struct Daemons {
  std::function<base::Result<>(const std::string& config_file)> server;
  std::function<base::Result<>(const std::string& config_file)> agent;
  std::function<base::Result<>(const std::string& config_file)> gateway;
  std::function<base::Result<>(const std::string& config_file)> gateway_takeover;
};

struct Context {
  const Console& console;
  const Environment& environment;
  const Daemons& daemons;
};

struct Example {
  std::string_view line;
  std::string_view about;
};

struct Command {
  std::string_view group;
  std::string_view path;     // "upgrade", "engines install"
  std::string_view usage;    // what follows the path
  std::string_view summary;  // one line, for the list
  std::string_view about;    // a paragraph, for its own page
  std::vector<Example> examples;
  void (*declare)(Declaration& declaration);
  base::Result<int> (*run)(const Options& options, const Context& context);  // the exit status
};

/// All of them, in the order of the help.
[[nodiscard]] std::span<const Command> commands();
[[nodiscard]] const Command* find_command(std::string_view path);

}  // namespace pgbaton::cli
