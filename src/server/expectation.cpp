#include "server/expectation.hpp"

#include <algorithm>

namespace pgbaton::server {

using base::Millis;
using base::Result;

namespace {

constexpr auto kDatabases = "SELECT datname, pg_database_size(oid)::text AS bytes FROM pg_database WHERE datallowconn";
constexpr auto kObjects =
    "SELECT (SELECT count(*) FROM pg_class WHERE oid >= 16384)::text AS relations, "
    "(SELECT count(*) FROM pg_largeobject_metadata)::text AS large_objects";

std::int64_t count_in(const base::Json& row, const char* column) {
  return std::atoll(row.at(column).get<std::string>().c_str());
}

std::optional<std::int64_t> conversion_of(const model::Operation& operation) {
  for (const auto& step : operation.steps)
    if (step.name == "convert" && step.actual_ms) return step.actual_ms;
  return std::nullopt;
}

}  // namespace

Result<MajorSize> measure(const runbooks::AgentClient& agent, const std::string& instance) {
  MajorSize size;
  const auto databases = TRY(agent.query(instance, {"postgres", kDatabases}));
  for (const auto& row : databases.rows) {
    ++size.databases;
    size.bytes += count_in(row, "bytes");
    const auto objects = TRY(agent.query(instance, {row.at("datname").get<std::string>(), kObjects}));
    if (objects.rows.empty()) continue;
    size.relations += count_in(objects.rows.front(), "relations");
    size.large_objects += count_in(objects.rows.front(), "large_objects");
  }
  return size;
}

// Measured on two cores with PostgreSQL 15 to 18: docs/performance.md. A table with a primary key and a long column is
// four relations.
Millis usual_conversion(const MajorSize& size, model::Transfer transfer) {
  constexpr double kServers = 1'500;  // five starts and stops, checks, two runs of vacuumdb
  constexpr double kRelation = 0.75;
  constexpr double kDatabase = 80;
  constexpr double kLargeObject = 0.037;
  constexpr double kCopiedByte = 1000.0 / 150e6;
  double ms = kServers + kRelation * static_cast<double>(size.relations) +
              kDatabase * static_cast<double>(size.databases) + kLargeObject * static_cast<double>(size.large_objects);
  if (transfer == model::Transfer::copy) ms += kCopiedByte * static_cast<double>(size.bytes);
  return Millis{static_cast<std::int64_t>(ms)};
}

double pace_of_host(std::span<const model::Operation> past) {
  constexpr std::size_t kRemembered = 10;
  std::vector<double> paces;
  for (const auto& operation : past.first(std::min(past.size(), kRemembered))) {
    const auto usual = operation.request.value("usual_ms", std::int64_t{0});
    const auto actual = conversion_of(operation);
    if (usual > 0 && actual) paces.push_back(static_cast<double>(*actual) / static_cast<double>(usual));
  }
  if (paces.empty()) return 1;
  std::ranges::sort(paces);
  return paces[paces.size() / 2];
}

operation::Estimate major_estimate(std::span<const operation::Row> rows, std::span<const model::Operation> past,
                                   Millis usual) {
  std::vector<operation::Row> others;
  std::ranges::copy_if(rows, std::back_inserter(others), [](const auto& row) { return row.name != "convert"; });
  auto sum = operation::estimate(others, past);
  const bool learnt = std::ranges::any_of(past, [](const auto& one) { return one.request.contains("usual_ms"); });
  const auto expected = static_cast<double>(usual.count()) * pace_of_host(past);
  const auto low = Millis{static_cast<std::int64_t>(expected * (learnt ? 0.8 : 0.5))};
  const auto high = Millis{static_cast<std::int64_t>(expected * (learnt ? 1.25 : 2))};
  sum.total_low += low;
  sum.total_high += high;
  sum.outage_low += low;
  sum.outage_high += high;
  return sum;
}

}  // namespace pgbaton::server
