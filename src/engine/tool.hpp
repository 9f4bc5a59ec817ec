// Running the tools that engines are made with: apt, dpkg-deb, patchelf, PostgreSQL's own programs. What they say on
// failure becomes an Error with the code and the remedy that fit.
#pragma once

#include "system/child.hpp"

namespace pgbaton::engine {

/// The Error for a tool that failed with these words.
[[nodiscard]] base::Error tool_failure(std::string_view tool, std::string_view said);

/// How far what is under way is: 0 … 1.
using OnFraction = std::function<void(double)>;

/// When and why to give up: passed down through everything that takes time.
struct Patience {
  base::Deadline deadline;
  std::stop_token stop;
};

/// Runs a program with messages in English and the dynamic linker's environment cleared; a failure is tool_failure().
[[nodiscard]] base::Result<system::Output> run_tool(std::vector<std::string> argv, const Patience& patience,
                                                    const system::OnLine& on_line = {},
                                                    const system::Path& directory = {});

}  // namespace pgbaton::engine
