// What SQL text says of the transaction that it is sent in: enough to tell a client whose server has died whether its
// transaction was rolled back for certain. When in doubt it may commit.
#pragma once

#include <string_view>

namespace pgbaton::wire {

/// Whether any statement of it may commit: COMMIT, END, PREPARE TRANSACTION.
[[nodiscard]] bool may_commit(std::string_view sql);
/// Nothing but BEGIN or START TRANSACTION.
[[nodiscard]] bool only_begins(std::string_view sql);
/// Nothing but ROLLBACK or ABORT of the whole transaction.
[[nodiscard]] bool only_rolls_back(std::string_view sql);

}  // namespace pgbaton::wire
