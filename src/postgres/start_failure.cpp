#include "postgres/start_failure.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.hpp"

namespace pgbaton::postgres {
namespace {

using base::Code;
using base::Error;

// The first row whose text is in the log. {0}: the instance, {1}: its port, {2}: the engine's folder.
struct Row {
  std::string_view needle;
  Code code;
  std::string_view sentence;
  std::string_view remedy;
};
constexpr std::string_view kOtherPort = "Stop the program that listens there, or use another port.";
constexpr std::string_view kReinstall = "Install the engine again.";
constexpr std::array kRows{
    Row{"error while loading shared libraries", Code::corrupt, "the engine in {2} lacks a library", kReinstall},
    Row{"No space left on device", Code::no_space, "the disk of {0} is full", ""},
    Row{"Address already in use", Code::refused, "port {1} is in use by another program", kOtherPort},
    Row{"pre-existing shared memory block", Code::busy, "processes of a killed postmaster of {0} are still there", ""},
    Row{"could not map anonymous shared memory", Code::failed, "this host has not enough free memory for {0}",
        "Use a smaller plan, or free memory."},
    Row{"could not load server certificate", Code::failed, "the TLS certificate of {0} is missing or unreadable", ""},
    Row{"could not load private key", Code::failed, "the TLS key of {0} is missing or unreadable", ""},
    Row{"private key file", Code::failed, "the TLS key of {0} is not private", ""},
    Row{"contains errors", Code::failed, "the configuration of {0} has a setting that its engine refuses", ""},
    Row{"invalid value for parameter", Code::failed, "the configuration of {0} has a setting that its engine refuses",
        ""},
    Row{"could not locate a valid checkpoint record", Code::corrupt, "the data of {0} lacks the WAL that it needs",
        "Restore the database from a backup."},
    Row{"root\" execution of the PostgreSQL server is not permitted", Code::failed, "PostgreSQL refuses to run as root",
        ""},
};

bool matters(std::string_view line) {
  constexpr std::array<std::string_view, 9> kWords{
      "FATAL:",       "PANIC:",       "ERROR:", "DETAIL:", "HINT:", "could not", "error while loading",
      "unrecognized", "invalid value"};
  return std::ranges::any_of(kWords, [&](auto word) { return line.find(word) != std::string_view::npos; }) &&
         line.find("redirecting log output") == std::string_view::npos &&
         line.find("Future log output") == std::string_view::npos;
}

}  // namespace

bool is_shared_memory_in_use(std::string_view log) {
  return log.find("pre-existing shared memory block") != std::string_view::npos;
}

std::string relevant_lines(std::string_view log, std::size_t count) {
  const auto all = base::lines(log);
  std::vector<std::string> chosen;
  std::ranges::copy_if(all, std::back_inserter(chosen), matters);
  if (chosen.empty()) chosen = all;
  if (chosen.size() > count) chosen.erase(chosen.begin(), chosen.end() - static_cast<std::ptrdiff_t>(count));
  return base::join(chosen, "\n");
}

Error explain_start_failure(const Spec& spec, std::string_view log) {
  const auto said = relevant_lines(log, 6);
  const auto quote = said.empty() ? "it left nothing in its log" : "its log says:\n" + said;
  const auto* row =
      std::ranges::find_if(kRows, [&](const Row& r) { return log.find(r.needle) != std::string_view::npos; });
  if (row == kRows.end()) return {Code::failed, fmt::format("{} did not start; {}", spec.name, quote), {}};
  const auto sentence = fmt::format(fmt::runtime(row->sentence), spec.name, spec.port, spec.bindir.string());
  return {row->code, fmt::format("{} did not start: {}; {}", spec.name, sentence, quote), std::string{row->remedy}};
}

Error port_in_use(const Spec& spec, std::string_view address) {
  return {Code::refused,
          fmt::format("{} did not start: port {} of {} is in use by another program", spec.name, spec.port, address),
          std::string{kOtherPort}};
}

Error wrong_major(const Spec& spec, int data, model::Version engine) {
  return {Code::refused,
          fmt::format("{} did not start: its data are of PostgreSQL {}, the engine in {} is PostgreSQL {}", spec.name,
                      data, spec.bindir.string(), to_string(engine)),
          "Start it with an engine of its own major, or upgrade it."};
}

}  // namespace pgbaton::postgres
