// What came of the last reload, in DATA/run/reload.json: written by `up`, waited for by `pgbaton reload`.
#pragma once

#include "base/json.hpp"
#include "system/file.hpp"

namespace pgbaton::cli {

struct ReloadOutcome {
  std::int64_t number = 0;  // of reloads since `up` began
  bool running = false;
  std::string code;  // of the error; empty: it went well
  std::string message;
  std::string remedy;
  std::int64_t took_ms = 0;
};
PGBATON_JSON(ReloadOutcome, number, running, code, message, remedy, took_ms)

/// Of the `up` with its data there; nothing yet is number 0.
[[nodiscard]] ReloadOutcome last_reload(const system::Path& data);

class ReloadReport {
 public:
  explicit ReloadReport(system::Path data);
  void begin();
  void end(const base::Result<>& outcome);

 private:
  void write() const;

  system::Path data_;
  ReloadOutcome outcome_;
  std::chrono::steady_clock::time_point begun_;
};

}  // namespace pgbaton::cli
