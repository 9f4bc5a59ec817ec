#include "cli/command_line.hpp"

#include <numeric>

#include <CLI/CLI.hpp>

#include "base/text.hpp"

namespace pgbaton::cli {

using base::Code;
using base::Error;
using base::Result;

namespace {

Declaration declare(const Command& command, Options& options) {
  Declaration declaration{options};
  command.declare(declaration);
  declaration.flag("--json", &Options::json, "Print exactly what the API answers");
  if (!declaration.has("--data"))
    declaration.text("--data", "DIR", &Options::data, "Talk to the pgbaton whose data is in this folder");
  declaration.flag("-h,--help", &Options::help, "Show this text");
  return declaration;
}

void add(CLI::App& app, const Declared& row) {
  if (auto* const* flag = std::get_if<bool*>(&row.field)) {
    app.add_flag(row.written, **flag);
    return;
  }
  auto* const* one = std::get_if<std::string*>(&row.field);
  auto* option = one != nullptr ? app.add_option(row.written, **one)
                                : app.add_option(row.written, *std::get<std::vector<std::string>*>(row.field));
  option->required(row.required);
}

std::string remedy_for(const Command& command) {
  return fmt::format("Usage: pgbaton {} {}", command.path, command.usage);
}

// CLI11's own words, where they are sentences already; the others are turned into one.
std::string sentence(const CLI::ParseError& error, const CLI::App& app) {
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr)
    return fmt::format("\"{}\" is not expected here", base::join(app.remaining(), " "));
  const std::string said = error.what();
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    const auto name = said.substr(0, said.find(' '));
    return fmt::format("{} is missing", name);
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr)
    return fmt::format("{} needs a value", said.substr(0, said.find(':')));
  return said;
}

std::size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 1; i <= from.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const auto replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replaced}));
    }
  }
  return row.back();
}

std::unexpected<Error> unknown_command(const std::string& words) {
  constexpr std::size_t kTypingSlip = 2;
  std::string remedy = "`pgbaton help` lists the commands.";
  std::size_t best = kTypingSlip + 1;
  for (const auto& command : commands())
    if (const auto distance = edit_distance(words, command.path); distance < best) {
      best = distance;
      remedy = fmt::format("Did you mean `pgbaton {}`? `pgbaton help` lists the commands.", command.path);
    }
  return base::fail({Code::invalid_argument, fmt::format("there is no command \"{}\"", words), remedy});
}

bool begins_a_group(const std::string& word) {
  return std::ranges::any_of(commands(), [&](const Command& command) { return command.path.starts_with(word + " "); });
}

std::vector<std::string> members_of(const std::string& group) {
  std::vector<std::string> names;
  for (const auto& command : commands())
    if (command.path.starts_with(group + " ")) names.emplace_back(command.path.substr(group.size() + 1));
  return names;
}

// Where the words of the command are: options may stand before them.
std::vector<std::size_t> command_words(const std::vector<std::string>& arguments) {
  std::vector<std::size_t> places;
  for (std::size_t at = 0; at < arguments.size() && places.size() < 2; ++at) {
    if (arguments[at] == "--data")
      ++at;
    else if (!arguments[at].starts_with('-'))
      places.push_back(at);
  }
  return places;
}

struct Found {
  const Command* command = nullptr;
  std::vector<std::string> rest;  // the arguments without the command's words
};

Result<Found> find(const std::vector<std::string>& arguments) {
  const auto places = command_words(arguments);
  if (places.empty()) return Found{nullptr, arguments};
  std::string words = arguments[places[0]];
  std::size_t used = 1;
  if (begins_a_group(words)) {
    const bool asks_help =
        std::ranges::any_of(arguments, [](const auto& word) { return word == "--help" || word == "-h"; });
    if (places.size() < 2 && asks_help) return Found{find_command("help"), {words}};
    if (places.size() < 2)
      return base::fail({Code::invalid_argument, fmt::format("\"pgbaton {}\" does nothing by itself", words),
                         fmt::format("Add one of: {}.", base::join(members_of(words), ", "))});
    words += " " + arguments[places[1]];
    used = 2;
  }
  const auto* command = find_command(words);
  if (command == nullptr) return unknown_command(words);
  Found found{command, {}};
  for (std::size_t at = 0; at < arguments.size(); ++at)
    if (at != places[0] && (used < 2 || at != places[1])) found.rest.push_back(arguments[at]);
  return found;
}

Result<> check_leading(const std::vector<std::string>& arguments) {
  for (const auto& word : arguments)
    if (word != "--help" && word != "-h" && word != "--json")
      return base::fail({Code::invalid_argument, fmt::format("\"{}\" is not expected before a command", word),
                         "`pgbaton help` lists the commands."});
  return {};
}

}  // namespace

Result<Invocation> parse_command_line(const std::vector<std::string>& arguments) {
  if (arguments.size() == 1 && (arguments[0] == "--version" || arguments[0] == "-V"))
    return Invocation{find_command("version"), {}};
  auto found = TRY(find(arguments));
  Invocation invocation{found.command, {}};
  if (found.command == nullptr) {
    TRY(check_leading(found.rest));
    invocation.options.help = !found.rest.empty();
    return invocation;
  }
  CLI::App app;
  app.set_help_flag();  // ours prints the table's texts
  const auto declaration = declare(*found.command, invocation.options);
  for (const auto& row : declaration.rows()) add(app, row);
  // Help wins over whatever else is wrong or missing.
  if (std::ranges::any_of(found.rest, [](const auto& word) { return word == "--help" || word == "-h"; })) {
    invocation.options.help = true;
    return invocation;
  }
  std::ranges::reverse(found.rest);  // CLI11 takes its words from the end
  try {
    app.parse(std::move(found.rest));
  } catch (const CLI::ParseError& error) {
    return base::fail({Code::invalid_argument, fmt::format("pgbaton {}: {}", found.command->path, sentence(error, app)),
                       remedy_for(*found.command)});
  }
  return invocation;
}

std::vector<OptionHelp> option_help(const Command& command) {
  Options options;
  std::vector<OptionHelp> rows;
  const auto declaration = declare(command, options);
  for (const auto& row : declaration.rows())
    rows.push_back(
        {base::join(base::split(row.written, ','), ", ") + (row.type.empty() ? "" : " " + row.type), row.about});
  return rows;
}

}  // namespace pgbaton::cli
