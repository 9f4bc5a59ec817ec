#include "agent/questions.hpp"

#include "agent/archiving.hpp"
#include "agent/log_keeper.hpp"
#include "engine/engine.hpp"
#include "postgres/conversion.hpp"
#include "postgres/log_files.hpp"
#include "postgres/platform.hpp"
#include "postgres/replication.hpp"
#include "system/clock.hpp"
#include "system/net.hpp"

namespace pgbaton::agent {

using base::Deadline;
using base::Json;
using base::Result;

namespace {

constexpr base::Millis kQuery{std::chrono::minutes{1}};
constexpr base::Millis kProbe{std::chrono::seconds{10}};

// As the platform's own role: what the owner's password is now is the owner's matter.
Result<postgres::Connection> past_the_gateway(const Instances& instances, const std::string& instance,
                                              const api::Probe& probe, Deadline deadline) {
  const auto spec = TRY(instances.spec_of(TRY(instances.find(instance))));
  return postgres::connect_as_platform(spec, probe.database, deadline);
}

// Asked on the gateway's host: the instance may be on another one.
Result<postgres::Connection> through_the_gateway(const api::Probe& probe, Deadline deadline) {
  return postgres::Connection::open({.host = "127.0.0.1",
                                     .port = probe.gateway_port,
                                     .user = probe.user,
                                     .password = probe.password,
                                     .database = probe.database,
                                     .sslmode = "require",
                                     .application_name = "pgbaton probe"},
                                    deadline);
}

}  // namespace

Result<api::QueryAnswer> answer_query(const Instances& instances, const std::string& instance,
                                      const api::Query& query) {
  const auto deadline = Deadline::after(kQuery);
  const auto spec = TRY(instances.spec_of(TRY(instances.find(instance))));
  auto connection = TRY(postgres::connect_as_platform(spec, query.database, deadline));
  TRY(connection.execute("BEGIN READ ONLY", deadline));
  const Json rows(TRY(connection.query(query.sql, deadline)));
  TRY(connection.execute("ROLLBACK", deadline));
  return api::QueryAnswer{rows.get<std::vector<Json>>()};
}

Result<api::ProbeAnswer> answer_probe(const Instances& instances, const std::string& instance,
                                      const api::Probe& probe) {
  const auto deadline = Deadline::after(kProbe);
  auto connection = TRY(probe.through == api::Through::socket ? past_the_gateway(instances, instance, probe, deadline)
                                                              : through_the_gateway(probe, deadline));
  api::ProbeAnswer answer{.time = system::timestamp()};
  answer.position = TRY(base::parse_lsn(TRY(connection.query("SELECT pg_current_wal_lsn()", deadline)).single()));
  answer.version = model::to_string(connection.server_version());
  return answer;
}

Result<api::ReplicationStatus> answer_replication(const Instances& instances, const std::string& instance) {
  const auto spec = TRY(instances.spec_of(TRY(instances.find(instance))));
  return postgres::replication_status(spec, Deadline::after(kProbe));
}

Result<api::BackupsAnswer> answer_backups(const Config& config, const Instances& instances, KnownLines& lines,
                                          const std::string& instance) {
  const auto known = TRY(instances.find(instance));
  return lines.answer(config, known, TRY(instances.spec_of(known)), Deadline::after(kQuery));
}

Result<api::LogAnswer> answer_log(const Config& config, const Instances& instances, const std::string& instance,
                                  const api::LogQuestion& question) {
  const auto known = TRY(instances.find(instance));
  return postgres::read_log(log_folder(config, known.name), question);
}

Result<api::HostStatus> answer_host(const Config& config, const std::string& ports) {
  api::HostStatus status{.engines = engine::installed(engine::Folder{config.engines}), .address = config.address};
  status.free_space = TRY(system::free_space(config.data));
  status.can_clone = postgres::can_clone(config.data / "agent");
  int first = 0;
  int last = -1;
  std::sscanf(ports.c_str(), "%d-%d", &first, &last);
  for (int port = first; port <= last; ++port)
    if (!system::can_listen({"0.0.0.0", port})) status.busy_ports.push_back(port);
  return status;
}

}  // namespace pgbaton::agent
