// What of a running primary's log is in the repository for certain. Any thread; not under the instance's lock.
#pragma once

#include "agent/job.hpp"

namespace pgbaton::agent {

/// Code::refused for a server that does not archive since its start.
[[nodiscard]] base::Result<> check_archives(const postgres::Spec& spec, base::Deadline deadline);

/// A commit of a later time than every other until now, and its segment in the repository.
[[nodiscard]] base::Result<api::SecureAnswer> secure(const JobContext& context, const Instance& instance,
                                                     const postgres::Spec& spec, base::Deadline deadline);

}  // namespace pgbaton::agent
