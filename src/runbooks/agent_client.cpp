#include "runbooks/agent_client.hpp"

#include "api/problem.hpp"

namespace pgbaton::runbooks {

using base::Code;
using base::Json;
using base::Result;

namespace {

constexpr base::Millis kReplicationPatience{std::chrono::seconds{3}};
constexpr base::Millis kElsewherePatience{1'500};  // a failover may be waiting for who does not answer
constexpr base::Millis kLogPatience{std::chrono::seconds{4}};
constexpr int kWaitMs = 1000;
constexpr base::Millis kJobPatience{std::chrono::seconds{20}};  // an answer comes after kWaitMs
constexpr base::Millis kLeasePatience{std::chrono::seconds{2}};

Result<Json> outcome(const api::Job& job) {
  if (job.state == api::JobState::finished) return job.result;
  if (job.state == api::JobState::interrupted)
    return base::fail(Code::interrupted, "the agent was restarted while it did {}", to_string(job.kind));
  return std::unexpected(api::from_problem(500, job.problem.dump()));
}

}  // namespace

Result<Json> AgentClient::ask(std::string_view method, const std::string& path, const Json& body,
                              base::Millis patience) const {
  auto answer = system::http_request(target_, method, path, body, base::Deadline::after(patience));
  if (!answer) return std::unexpected(std::move(answer.error()).with_context("agent"));
  return std::move(answer->body);
}

Result<Json> AgentClient::run(const api::JobRequest& request, const std::stop_token& stop,
                              const OnProgress& on_progress) const {
  auto job = TRY(base::convert<api::Job>(
      TRY(ask("POST", fmt::format("/v1/jobs?wait_ms={}", kWaitMs), Json(request), kJobPatience))));
  while (job.state == api::JobState::running) {
    if (stop.stop_requested()) return base::fail(Code::cancelled, "{} was left to the agent", to_string(request.kind));
    job = TRY(base::convert<api::Job>(
        TRY(ask("GET", fmt::format("/v1/jobs/{}?wait_ms={}", request.id, kWaitMs), nullptr, kJobPatience))));
    if (on_progress) on_progress(job.progress);
  }
  return outcome(job);
}

Result<std::vector<api::InstanceStatus>> AgentClient::instances() const {
  return base::convert<std::vector<api::InstanceStatus>>(TRY(ask("GET", "/v1/instances", nullptr)));
}

Result<api::InstanceStatus> AgentClient::instance(const std::string& name) const {
  return base::convert<api::InstanceStatus>(TRY(ask("GET", "/v1/instances/" + name, nullptr)));
}

Result<api::QueryAnswer> AgentClient::query(const std::string& instance, const api::Query& query) const {
  return base::convert<api::QueryAnswer>(TRY(ask("POST", "/v1/instances/" + instance + "/query", Json(query))));
}

Result<api::ProbeAnswer> AgentClient::probe(const std::string& instance, const api::Probe& probe) const {
  return base::convert<api::ProbeAnswer>(TRY(ask("POST", "/v1/instances/" + instance + "/probe", Json(probe))));
}

Result<api::ReplicationStatus> AgentClient::replication(const std::string& name) const {
  return base::convert<api::ReplicationStatus>(
      TRY(ask("GET", "/v1/instances/" + name + "/replication", nullptr,
              target_.unix_socket.empty() ? kElsewherePatience : kReplicationPatience)));
}

Result<api::LeaseAnswer> AgentClient::lease(const api::Lease& lease) const {
  return base::convert<api::LeaseAnswer>(TRY(ask("POST", "/v1/lease", Json(lease), kLeasePatience)));
}

Result<api::BackupsAnswer> AgentClient::backups(const std::string& name) const {
  return base::convert<api::BackupsAnswer>(TRY(ask("GET", "/v1/instances/" + name + "/backups", nullptr)));
}

Result<api::LogAnswer> AgentClient::log(const std::string& instance, const api::LogQuestion& question) const {
  return base::convert<api::LogAnswer>(
      TRY(ask("POST", "/v1/instances/" + instance + "/log", Json(question), kLogPatience)));
}

Result<api::HostStatus> AgentClient::host(const std::string& ports) const {
  return base::convert<api::HostStatus>(
      TRY(ask("GET", ports.empty() ? "/v1/host" : "/v1/host?ports=" + ports, nullptr)));
}

}  // namespace pgbaton::runbooks
