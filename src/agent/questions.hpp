// What the agent answers at once, without a job.
#pragma once

#include "agent/archiving.hpp"
#include "agent/instances.hpp"
#include "api/log.hpp"

namespace pgbaton::agent {

/// One query in a read-only transaction, as the platform's superuser.
[[nodiscard]] base::Result<api::QueryAnswer> answer_query(const Instances& instances, const std::string& instance,
                                                          const api::Query& query);
/// Connects as a client would: over TCP with TLS and a password.
[[nodiscard]] base::Result<api::ProbeAnswer> answer_probe(const Instances& instances, const std::string& instance,
                                                          const api::Probe& probe);
/// Where it stands in replication; of one that does not answer, what its files say.
[[nodiscard]] base::Result<api::ReplicationStatus> answer_replication(const Instances& instances,
                                                                      const std::string& instance);
/// What the repository has of the instance's database.
[[nodiscard]] base::Result<api::BackupsAnswer> answer_backups(const Config& config, const Instances& instances,
                                                              KnownLines& lines, const std::string& instance);
/// What the instance has logged, while it runs or not.
[[nodiscard]] base::Result<api::LogAnswer> answer_log(const Config& config, const Instances& instances,
                                                      const std::string& instance, const api::LogQuestion& question);
/// `ports`: "6001-6999", those of them that something listens on are in the answer.
[[nodiscard]] base::Result<api::HostStatus> answer_host(const Config& config, const std::string& ports);

}  // namespace pgbaton::agent
