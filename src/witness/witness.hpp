// The proving client: writes through many connections while somebody upgrades the database, then says from outside what
// that did to its clients.
#pragma once

#include <functional>
#include <optional>

#include "system/file.hpp"
#include "witness/report.hpp"

namespace pgbaton::witness {

enum class Rows { remove, keep };

struct Settings {
  std::string url;
  int connections = 1;
  std::optional<base::Millis> duration;  // nothing: no limit
  system::Path out;                      // the proof; empty: a temporary file
  system::Path until;                    // writes until this file is there; empty: no such file
  double rows_per_second = 0;            // of each connection; 0: as fast as it can
  Rows rows = Rows::remove;
};

/// Waits for this long; true when the run is to end now.
using Stopped = std::function<bool(base::Millis)>;

/// A whole run. Fails when it cannot begin (Code::unreachable, Code::postgres, Code::invalid_argument), when the proof
/// cannot be written, or when the rows cannot be read back; what the clients suffered is in the report and no failure.
[[nodiscard]] base::Result<Report> run(const Settings& settings, const Stopped& stopped);

}  // namespace pgbaton::witness
