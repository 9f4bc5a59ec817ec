// How initdb is called, major by major. Pure.
#pragma once

#include <string>
#include <vector>

#include "postgres/spec.hpp"

namespace pgbaton::postgres {

/// The arguments after the program's name. Code::refused, in words, when this major has not got the locale provider.
[[nodiscard]] base::Result<std::vector<std::string>> initdb_arguments(const Spec& spec, int major,
                                                                      const system::Path& data);

}  // namespace pgbaton::postgres
