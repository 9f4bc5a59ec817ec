// Data directories that are not whole: those built beside their place, and those that were being rewound.
#pragma once

#include "base/time.hpp"
#include "postgres/spec.hpp"

namespace pgbaton::postgres {

/// A new name beside data/.
[[nodiscard]] system::Path unfinished_folder(const Spec& spec);
/// What killed attempts left. A program of theirs may still be writing, and end only when it finds its folder gone.
[[nodiscard]] base::Result<> remove_unfinished(const system::Path& folder, base::Deadline deadline);
/// Everything written to the file system of `data` is on its disk.
[[nodiscard]] base::Result<> make_durable(const system::Path& data);

[[nodiscard]] bool is_half_rewound(const Spec& spec);
[[nodiscard]] base::Result<> mark_half_rewound(const Spec& spec);
[[nodiscard]] base::Result<> unmark_half_rewound(const Spec& spec);

}  // namespace pgbaton::postgres
