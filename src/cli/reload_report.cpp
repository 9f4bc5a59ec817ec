#include "cli/reload_report.hpp"

#include "system/log.hpp"

namespace pgbaton::cli {

using base::Json;

namespace {

system::Path reload_file(const system::Path& data) { return data / "run" / "reload.json"; }

}  // namespace

ReloadOutcome last_reload(const system::Path& data) {
  const auto text = system::read_file(reload_file(data));
  return base::from_json_text<ReloadOutcome>(text.value_or("{}")).value_or(ReloadOutcome{});
}

ReloadReport::ReloadReport(system::Path data) : data_(std::move(data)) { outcome_.number = last_reload(data_).number; }

void ReloadReport::begin() {
  begun_ = std::chrono::steady_clock::now();
  outcome_ = {.number = outcome_.number + 1, .running = true};
  system::log_info("the parts become the program that is on disk now");
  write();
}

void ReloadReport::end(const base::Result<>& outcome) {
  outcome_.running = false;
  outcome_.took_ms = std::chrono::duration_cast<base::Millis>(std::chrono::steady_clock::now() - begun_).count();
  if (outcome) {
    system::log_info("all parts run the program that is on disk now", {{"took_ms", outcome_.took_ms}});
  } else {
    outcome_.code = base::traits(outcome.error().code).name;
    outcome_.message = outcome.error().message;
    outcome_.remedy = outcome.error().remedy;
    system::log_error(outcome_.message, {{"code", outcome_.code}, {"remedy", outcome_.remedy}});
  }
  write();
}

void ReloadReport::write() const {
  const auto written = system::write_file_atomic(reload_file(data_), Json(outcome_).dump() + "\n", 0600);
  if (!written) system::log_warning(written.error().message);
}

}  // namespace pgbaton::cli
