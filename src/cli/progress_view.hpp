// What a person sees while operations run. A value per operation goes in, lines come out; only show() writes.
//
// On a terminal a block of lines that is painted over and over, elsewhere one line per step that starts or ends, and
// nothing at all for scripts that asked for JSON.
#pragma once

#include "base/time.hpp"
#include "cli/console.hpp"
#include "model/operation.hpp"

namespace pgbaton::cli {

struct Followed {
  std::string label;
  model::Operation operation;
  std::string phase;  // of the running step
  std::optional<double> fraction;
  std::vector<std::string> remarks;  // notes and alarms, oldest first
};

/// Takes over one message of the event stream: {operation, events, progress}.
void apply(Followed& followed, const base::Json& update);

/// "[#########---------------]" filled to the fraction.
[[nodiscard]] std::string bar(double fraction, std::size_t cells);

/// The block of one operation: a line per step.
[[nodiscard]] std::vector<std::string> step_lines(const Followed& followed, base::WallTime now, const Console& console);
/// One line for one operation; labels are padded to `label_width`.
[[nodiscard]] std::string bar_line(const Followed& followed, std::size_t label_width, const Console& console);
/// What has happened from one moment to the next, a line each.
[[nodiscard]] std::vector<std::string> news(const Followed& before, const Followed& after);

class ProgressView {
 public:
  enum class Shape { steps, bar };
  ProgressView(Shape shape, const Console& console) : shape_(shape), console_(console) {}
  void show(const std::vector<Followed>& lines, base::WallTime now);

 private:
  void paint(const std::vector<std::string>& block);
  Shape shape_;
  const Console& console_;
  std::vector<Followed> before_;
  std::vector<std::string> painted_;
};

}  // namespace pgbaton::cli
