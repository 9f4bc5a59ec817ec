// Where the program speaks: results go to standard output, progress and errors to standard error. Made once in run();
// says what the two can show. Does not know commands.
#pragma once

#include <ostream>
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace pgbaton::cli {

enum class Paint { plain, good, warning, bad, dim, strong };

struct Console {
  std::ostream& out;
  std::ostream& err;
  bool out_terminal = false;
  bool err_terminal = false;
  bool in_terminal = false;  // somebody can answer a question
  bool colours = true;       // wanted: used on terminals only
  bool json = false;
  std::size_t width = 0;  // columns of the terminal; 0: lines are not broken

  /// Text for standard output, with an escape sequence around it where that is shown as a colour.
  [[nodiscard]] std::string painted(Paint paint, std::string_view text) const;
  /// The same for standard error.
  [[nodiscard]] std::string painted_progress(Paint paint, std::string_view text) const;
  /// An API answer, as scripts read it.
  void print(const base::Json& value) const;
  /// The two lines that every failure ends with, or their JSON.
  void print(const base::Error& error) const;
};

/// Of this process: its standard streams, NO_COLOR, TERM and the terminal's size.
[[nodiscard]] Console process_console();

}  // namespace pgbaton::cli
