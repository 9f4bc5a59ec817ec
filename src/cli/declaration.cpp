#include "cli/declaration.hpp"

#include <algorithm>

namespace pgbaton::cli {

bool Declaration::has(std::string_view written) const {
  return std::ranges::find(rows_, written, &Declared::written) != rows_.end();
}

void Declaration::engine() {
  word("V", &Options::engine, "17 (its newest minor), 17.12, or one build of it like 17.12-deb13u1");
}

void Declaration::to() { text("--to", "V", &Options::to, "The version to go to: 17 (the newest there is) or 17.12"); }

void Declaration::wait() { flag("--wait", &Options::wait, "Return when it has ended, with its exit status"); }

}  // namespace pgbaton::cli
