#include "server/records.hpp"

#include <atomic>

#include "system/clock.hpp"

namespace pgbaton::server {

using base::Code;
using base::Result;

namespace {

// A history is read by people: one that a step retried for days has filled is shown from its beginning.
constexpr std::size_t kEvents = 2000;

template <typename T>
Result<Document<T>> need(store::Store& store, const std::string& key, base::Error absent) {
  auto found = TRY(store::get_as<T>(store, key));
  if (!found) return base::fail(std::move(absent));
  return std::move(*found);
}

template <typename T>
std::vector<T> values(std::vector<Document<T>> documents) {
  std::vector<T> all;
  for (auto& document : documents) all.push_back(std::move(document.value));
  return all;
}

}  // namespace

Result<Document<model::Database>> Records::database(const std::string& name) {
  return need<model::Database>(store_, "databases/" + name,
                               {Code::not_found, fmt::format("there is no database \"{}\"", name), {}});
}

Result<Document<model::Operation>> Records::operation(const std::string& id) {
  return need<model::Operation>(store_, "operations/" + id,
                                {Code::not_found, fmt::format("there is no operation \"{}\"", id),
                                 "`pgbaton operations` shows which there are."});
}

Result<Document<model::EngineRecord>> Records::engine(const model::EngineId& id) {
  return need<model::EngineRecord>(store_, "engines/" + model::to_string(id),
                                   {Code::not_found, fmt::format("there is no engine {}", model::to_string(id)),
                                    "`pgbaton engines list` shows which there are."});
}

Result<std::vector<Document<model::Database>>> Records::databases() {
  return store::list_as<model::Database>(store_, "databases/");
}

Result<std::vector<model::Operation>> Records::operations() {
  auto all = values(TRY(store::list_as<model::Operation>(store_, "operations/")));
  std::ranges::reverse(all);  // ids sort by time of making
  return all;
}

Result<std::vector<model::EngineRecord>> Records::engines() {
  return values(TRY(store::list_as<model::EngineRecord>(store_, "engines/")));
}

Result<std::vector<model::Event>> Records::events(const std::string& operation) {
  auto all = values(TRY(store::list_as<model::Event>(store_, "events/" + operation + "/", kEvents)));
  for (std::size_t at = 0; at < all.size(); ++at) all[at].number = static_cast<std::int64_t>(at) + 1;
  return all;
}

Result<base::Generation> Records::generation_before(const std::string& name) {
  const auto kept = TRY(store_.get("generations/" + name));
  return kept ? TRY(base::convert<base::Generation>(kept->value)) : base::Generation{};
}

store::Write put_preflight(const model::PreflightRecord& record) {
  return {fmt::format("preflights/{}/{}", record.database, model::to_string(record.to)), base::Json(record),
          std::nullopt};
}

store::Write last_generation(const model::Database& database) {
  return {"generations/" + database.name, base::Json(database.generation), std::nullopt};
}

store::Write event_of(const model::Operation& operation, std::string_view kind, std::string_view step,
                      std::string_view message) {
  const model::Event event{.time = system::timestamp(),
                           .operation = operation.id,
                           .step = std::string{step},
                           .kind = std::string{kind},
                           .message = std::string{message}};
  static std::atomic<unsigned> in_this_process = 0;  // two within a microsecond keep their order
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  return {fmt::format("events/{}/{:016}-{:06}", operation.id, micros, in_this_process++ % 1'000'000), base::Json(event),
          0};
}

}  // namespace pgbaton::server
