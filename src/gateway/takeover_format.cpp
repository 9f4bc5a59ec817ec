#include "gateway/takeover_format.hpp"

namespace pgbaton::gateway {

using base::Json;

namespace {

struct CounterRow {
  const char* name;
  std::atomic<std::uint64_t> Counters::* field;
};
constexpr CounterRow kCounterRows[] = {
    {"connections", &Counters::connections},
    {"refused", &Counters::refused},
    {"transactions", &Counters::transactions},
    {"bytes_from_clients", &Counters::bytes_from_clients},
    {"bytes_to_clients", &Counters::bytes_to_clients},
    {"holds", &Counters::holds},
    {"moved", &Counters::moved},
    {"parked", &Counters::parked},
};

}  // namespace

Json image_of(const Counters& counters) {
  Json image;
  for (const auto& [name, field] : kCounterRows) image[name] = (counters.*field).load();
  Json buckets = Json::array();
  for (std::size_t i = 0; i < Histogram::kBuckets; ++i) buckets.push_back(counters.latency.count(i));
  image["latency"] = std::move(buckets);
  image["latency_micros"] = counters.latency.sum_micros();
  return image;
}

void add_counted(const Json& image, Counters& counters) {
  for (const auto& [name, field] : kCounterRows) (counters.*field) += image.value(name, std::uint64_t{0});
  const auto& buckets = image.at("latency");
  for (std::size_t i = 0; i < std::min(buckets.size(), Histogram::kBuckets); ++i)
    counters.latency.add_counted(i, buckets.at(i).get<std::uint64_t>());
  counters.latency.add_micros(image.at("latency_micros").get<std::uint64_t>());
}

}  // namespace pgbaton::gateway
