// A console whose two streams are strings, for tests.
#pragma once

#include <sstream>

#include "cli/console.hpp"

namespace pgbaton::cli {

struct TestConsole {
  std::ostringstream out;
  std::ostringstream err;
  Console console{out, err};
};

}  // namespace pgbaton::cli
