#include "agent/journal.hpp"

#include "system/clock.hpp"

namespace pgbaton::agent {

using api::Job;
using api::JobState;
using base::Code;
using base::Json;
using base::Result;

namespace {

constexpr std::size_t kRemembered = 500;

std::string job_key(const std::string& id) { return "jobs/" + id; }
std::string instance_key(const std::string& name) { return "instances/" + name; }
std::string generation_key(const std::string& database) { return "generations/" + database; }

std::unexpected<base::Error> stale(const api::JobRequest& request, std::int64_t seen) {
  return base::fail(Code::stale_generation, "job {} carries generation {} of database {}, but {} was seen", request.id,
                    request.generation.number, request.database, seen);
}

}  // namespace

Result<Journal::Accepted> Journal::accept(const api::JobRequest& request) {
  if (const auto known = TRY(job(request.id))) return Accepted{*known, false};
  TRY(check_generation(request));
  Job fresh{.id = request.id, .kind = request.kind, .started_at = system::timestamp()};
  std::vector<store::Write> writes{{job_key(request.id), Json(fresh), 0}};
  if (!request.database.empty()) writes.push_back({generation_key(request.database), Json(request.generation), {}});
  TRY(store_.commit(writes));
  return Accepted{std::move(fresh), true};
}

Result<> Journal::check_generation(const api::JobRequest& request) {
  if (request.database.empty()) return {};
  const auto seen = TRY(store_.get(generation_key(request.database)));
  if (seen && seen->value.get<std::int64_t>() > request.generation.number)
    return stale(request, seen->value.get<std::int64_t>());
  return {};
}

Result<> Journal::put(const Job& job) {
  TRY(store_.commit({{job_key(job.id), Json(job), {}}}));
  return {};
}

Result<std::optional<Job>> Journal::job(const std::string& id) {
  auto document = TRY(store::get_as<Job>(store_, job_key(id)));
  if (!document) return std::nullopt;
  return std::move(document->value);
}

Result<> Journal::recover() {
  auto jobs = TRY(store::list_as<Job>(store_, "jobs/"));
  std::ranges::sort(jobs, {}, [](const auto& document) { return document.revision; });
  for (auto& document : jobs) {
    if (document.value.state != JobState::running) continue;
    document.value.state = JobState::interrupted;
    document.value.ended_at = system::timestamp();
    TRY(put(document.value));
  }
  for (std::size_t at = 0; at + kRemembered < jobs.size(); ++at)
    TRY(store_.commit({{job_key(jobs[at].value.id), std::nullopt, {}}}));
  return {};
}

Result<std::vector<Instance>> Journal::instances() {
  std::vector<Instance> all;
  for (auto& document : TRY(store::list_as<Instance>(store_, "instances/"))) all.push_back(std::move(document.value));
  return all;
}

Result<std::optional<Instance>> Journal::instance(const std::string& name) {
  auto document = TRY(store::get_as<Instance>(store_, instance_key(name)));
  if (!document) return std::nullopt;
  return std::move(document->value);
}

Result<> Journal::put(const Instance& instance) {
  TRY(store_.commit({{instance_key(instance.name), Json(instance), {}}}));
  return {};
}

Result<> Journal::forget_instance(const std::string& name) {
  TRY(store_.commit({{instance_key(name), std::nullopt, {}}}));
  return {};
}

}  // namespace pgbaton::agent
