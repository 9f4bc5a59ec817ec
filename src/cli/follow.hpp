// Following operations to their end: events of the server, kept up over its restarts; shown as bars that move on a
// terminal, as one line per step elsewhere.
#pragma once

#include "cli/api.hpp"
#include "cli/console.hpp"
#include "model/operation.hpp"

namespace pgbaton::cli {

/// Called with each message of the event stream, from the calling thread.
using OnUpdate = std::function<void(const base::Json& update)>;

/// Returns the operation as the API gives it when it has ended. A stream that breaks is taken up again; when nothing
/// answers for 60 seconds the result is Code::unreachable, and the operation may go on without us.
[[nodiscard]] base::Result<base::Json> follow(const Api& api, const std::string& id, const OnUpdate& on_update);

struct ToFollow {
  std::string label;  // tells several from each other
  std::string id;
};
enum class Detail {
  steps,  // a line per step
  bar,    // a line per operation
};
/// Follows all of them at once and shows how they go. The results are in the order of the operations.
[[nodiscard]] std::vector<base::Result<base::Json>> follow_all(const Api& api, const std::vector<ToFollow>& operations,
                                                               Detail detail, const Console& console);

}  // namespace pgbaton::cli
