// The server's side of api/agent.hpp: jobs carried out to their end, and questions.
#pragma once

#include <functional>
#include <stop_token>

#include "api/agent.hpp"
#include "api/log.hpp"
#include "system/http_client.hpp"

namespace pgbaton::runbooks {

class AgentClient {
 public:
  explicit AgentClient(system::HttpTarget target) : target_(std::move(target)) {}

  using OnProgress = std::function<void(const api::Progress&)>;

  /// Submits the job and waits for its end. Code::interrupted when the agent died meanwhile; the job's own failure is
  /// its Error. Asked to stop, it returns Code::cancelled and leaves the job to the agent.
  [[nodiscard]] base::Result<base::Json> run(const api::JobRequest& request, const std::stop_token& stop,
                                             const OnProgress& on_progress = {}) const;

  [[nodiscard]] base::Result<std::vector<api::InstanceStatus>> instances() const;
  [[nodiscard]] base::Result<api::InstanceStatus> instance(const std::string& name) const;
  [[nodiscard]] base::Result<api::QueryAnswer> query(const std::string& instance, const api::Query& query) const;
  [[nodiscard]] base::Result<api::ProbeAnswer> probe(const std::string& instance, const api::Probe& probe) const;
  /// Answered within seconds or not at all: a host that does not answer may be lost.
  [[nodiscard]] base::Result<api::ReplicationStatus> replication(const std::string& name) const;
  [[nodiscard]] base::Result<api::LeaseAnswer> lease(const api::Lease& lease) const;
  [[nodiscard]] base::Result<api::BackupsAnswer> backups(const std::string& name) const;
  /// Answered within seconds or not at all.
  [[nodiscard]] base::Result<api::LogAnswer> log(const std::string& instance, const api::LogQuestion& question) const;
  [[nodiscard]] base::Result<api::HostStatus> host(const std::string& ports = "") const;

 private:
  [[nodiscard]] base::Result<base::Json> ask(std::string_view method, const std::string& path, const base::Json& body,
                                             base::Millis patience = kPatience) const;
  static constexpr base::Millis kPatience{std::chrono::seconds{90}};
  system::HttpTarget target_;
};

}  // namespace pgbaton::runbooks
