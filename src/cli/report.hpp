// What the commands that start an operation share: wait for its end or not, and say what came of it.
#pragma once

#include "cli/api.hpp"
#include "cli/command.hpp"
#include "model/operation.hpp"

namespace pgbaton::cli {

enum class Wait { no, yes };

/// `answer`: the operation as the API gave it when it was started. Without waiting its id is the result. Returns the
/// exit status; `success` is the sentence for an operation that finished.
[[nodiscard]] base::Result<int> report(const Api& api, const base::Json& answer, Wait wait,
                                       const std::function<std::string(const model::Operation&)>& success,
                                       const Context& context);

/// The same for an operation that has ended already.
[[nodiscard]] base::Result<int> report_end(const base::Json& answer,
                                           const std::function<std::string(const model::Operation&)>& success,
                                           const Context& context);

}  // namespace pgbaton::cli
