#include "cli/witness_command.hpp"

#include <charconv>

#include "base/text.hpp"
#include "cli/witness_text.hpp"
#include "system/stop_signal.hpp"
#include "witness/link.hpp"
#include "witness/witness.hpp"

namespace pgbaton::cli {

using base::Code;
using base::Result;

namespace {

constexpr int kFailed = 5;

template <typename T>
Result<T> number_of(const char* option, const std::string& text, T lowest, T highest) {
  T number{};
  const auto* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc{} && stopped == end && number >= lowest && number <= highest) return number;
  return base::fail({Code::invalid_argument,
                     fmt::format("{} is a number from {} to {}, not \"{}\"", option, lowest, highest, text),
                     "`pgbaton help witness` explains the options."});
}

Result<witness::Settings> witness_settings(const Options& options) {
  constexpr int kMostConnections = 1000;
  constexpr double kMostSeconds = 30.0 * 24 * 3600;
  constexpr double kMostRows = 1e6;
  TRY(witness::check_url(options.url));
  witness::Settings settings{.url = options.url, .out = options.out, .until = options.until};
  settings.connections = TRY(number_of("--connections", options.connections, 1, kMostConnections));
  settings.rows_per_second = TRY(number_of("--rows-per-second", options.rows_per_second, 0.0, kMostRows));
  settings.rows = options.keep ? witness::Rows::keep : witness::Rows::remove;
  if (options.duration.empty()) return settings;
  const std::chrono::duration<double> duration { TRY(number_of("--duration", options.duration, 0.0, kMostSeconds)) };
  settings.duration = std::chrono::round<base::Millis>(duration);
  return settings;
}

void announce(const witness::Settings& settings, const Console& console) {
  if (console.json || !console.err_terminal) return;
  console.err << fmt::format(
      "{} write{} now. Ctrl-C ends it with the report.\n",
      base::counted(static_cast<std::size_t>(settings.connections), "client"),
      settings.duration ? fmt::format(" for {}", base::humanise(*settings.duration)) : std::string{});
}

}  // namespace

void declare_witness(Declaration& declaration) {
  declaration.word("URL", &Options::url, "Of a database: postgresql://user:password@host:port/name");
  declaration.text("--connections", "N", &Options::connections, "How many clients write; 8 without it");
  declaration.text("--duration", "S", &Options::duration,
                   "For how many seconds; without it until Ctrl-C, SIGTERM or --until");
  declaration.text("--until", "FILE", &Options::until, "Write until this file is there");
  declaration.text(
      "--out", "FILE", &Options::out,
      "Where the acknowledged numbers are kept; without it a temporary file, which stays when something is "
      "wrong");
  declaration.text("--rows-per-second", "R", &Options::rows_per_second,
                   "Of each client; 0, which is the default, is as fast as it can");
  declaration.flag("--keep", &Options::keep, "Leave the rows in the table pgbaton_witness");
}

Result<int> run_witness(const Options& options, const Context& context) {
  const auto settings = TRY(witness_settings(options));
  const system::StopSignal stop;
  announce(settings, context.console);
  const auto report = TRY(witness::run(settings, [&](base::Millis time) { return stop.wait_for(time); }));
  if (context.console.json)
    context.console.print(base::Json(report));
  else
    context.console.out << witness_text(report, context.console) << std::flush;
  return report.is_clean() ? 0 : kFailed;
}

}  // namespace pgbaton::cli
