// Named places at which a test can hold this process still, to kill it (or its neighbours) exactly there.
//
// Only when the environment variable PGBATON_FAILPOINTS names a folder. A test arms a place by making
// FOLDER/NAME.armed. The first process that comes by renames it to NAME.hit and waits until that file is gone. Without
// the variable: nothing.
#pragma once

#include <string_view>

namespace pgbaton::system {

void failpoint(std::string_view name);

}  // namespace pgbaton::system
