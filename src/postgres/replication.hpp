// Replication of one running instance, by its own superuser: the role, the slots, what stands where, promotion.
#pragma once

#include "postgres/connection.hpp"
#include "postgres/spec.hpp"

namespace pgbaton::postgres {

/// The role that peers come with, its password and its rights. A primary only.
[[nodiscard]] base::Result<> ensure_replication_role(Connection& connection, const base::Secret& password,
                                                     base::Deadline deadline);
/// Whether a slot that is made keeps the log from now on, or from the first time that its standby comes: on a standby
/// nothing would ever move it on.
enum class Reserve { now, at_first_use };
/// Physical slots: makes those that lack, makes those anew whose log is gone, drops all others.
[[nodiscard]] base::Result<> ensure_slots(Connection& connection, const std::vector<std::string>& slots,
                                          Reserve reserve, base::Deadline deadline);

/// What a primary of earlier kept for its standbys and for consumers: on a standby nothing moves it on, and it would
/// keep log for ever. Logical slots are its new primary's, if they were carried.
[[nodiscard]] base::Result<> drop_idle_slots(Connection& standby, base::Deadline deadline);

[[nodiscard]] base::Result<api::ReplicationStatus> replication_status(const Spec& spec, base::Deadline deadline);

/// Until a standby that was told to receive nothing does so.
[[nodiscard]] base::Result<> wait_until_detached(const Spec& standby, base::Deadline deadline);

/// Until this standby has all of the running primary's log on disk, what was committed asynchronously too. Nobody may
/// be writing. Code::refused when it does not come to that by the deadline, or when somebody is connected past the
/// gateway; Code::failed when the instance is no primary.
[[nodiscard]] base::Result<api::LogEnd> await_heir(const Spec& spec, const std::string& heir, base::Deadline deadline);

/// pg_promote(false), looked at each millisecond. One that takes writes already is fine. Code::refused when it has not
/// got the log up to `at_least`.
[[nodiscard]] base::Result<api::PromoteAnswer> promote(const Spec& spec, base::Lsn at_least, base::Deadline deadline);

/// CHECKPOINT, on a standby a restartpoint; there the slots are made that it will need, and future segments removed.
[[nodiscard]] base::Result<api::ReadyAnswer> make_ready(const Spec& spec, base::Deadline deadline);

}  // namespace pgbaton::postgres
