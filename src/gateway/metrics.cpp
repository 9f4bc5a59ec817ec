#include "gateway/metrics.hpp"

#include <array>
#include <iterator>

namespace pgbaton::gateway {
namespace {

struct Family {
  const char* name;
  const char* type;
  const char* help;
  double (*value)(Held&);  // null: the histogram
};

constexpr std::array kFamilies{
    Family{"pgbaton_gateway_sessions", "gauge", "Client sessions.",
           [](Held& held) { return static_cast<double>(held.served().sessions.load()); }},
    Family{"pgbaton_gateway_gate_closed", "gauge", "1 while clients are held.",
           [](Held& held) { return held.served().gate_closed ? 1.0 : 0.0; }},
    Family{"pgbaton_gateway_maintenance", "gauge", "1 while the database is in maintenance.",
           [](Held& held) { return held.served().in_maintenance ? 1.0 : 0.0; }},
    Family{"pgbaton_gateway_connections_total", "counter", "Client connections let in.",
           [](Held& held) { return static_cast<double>(held.served().counters.connections.load()); }},
    Family{"pgbaton_gateway_refused_total", "counter",
           "Client connections refused by a limit, the list of addresses or maintenance.",
           [](Held& held) { return static_cast<double>(held.served().counters.refused.load()); }},
    Family{"pgbaton_gateway_requests_total", "counter", "Requests answered with ReadyForQuery.",
           [](Held& held) { return static_cast<double>(held.served().counters.transactions.load()); }},
    Family{"pgbaton_gateway_bytes_from_clients_total", "counter", "Bytes passed on to the server.",
           [](Held& held) { return static_cast<double>(held.served().counters.bytes_from_clients.load()); }},
    Family{"pgbaton_gateway_bytes_to_clients_total", "counter", "Bytes passed on to clients.",
           [](Held& held) { return static_cast<double>(held.served().counters.bytes_to_clients.load()); }},
    Family{"pgbaton_gateway_holds_total", "counter", "Holds begun.",
           [](Held& held) { return static_cast<double>(held.served().counters.holds.load()); }},
    Family{"pgbaton_gateway_moved_total", "counter", "Sessions re-created on a new server connection.",
           [](Held& held) { return static_cast<double>(held.served().counters.moved.load()); }},
    Family{"pgbaton_gateway_swapped_total", "counter", "Of those moved: onto a connection that was prepared before.",
           [](Held& held) { return static_cast<double>(held.served().counters.swapped.load()); }},
    Family{"pgbaton_gateway_parked_total", "counter", "Server connections given back by idle sessions.",
           [](Held& held) { return static_cast<double>(held.served().counters.parked.load()); }},
    Family{"pgbaton_gateway_lost", "gauge", "Sessions that wait for the next server: theirs has died.",
           [](Held& held) { return static_cast<double>(held.served().lost().first); }},
    Family{"pgbaton_gateway_losses_total", "counter", "Servers that died while their sessions were not held.",
           [](Held& held) { return static_cast<double>(held.served().counters.losses.load()); }},
    Family{"pgbaton_gateway_waited_total", "counter", "Sessions that waited for the next server after such a death.",
           [](Held& held) { return static_cast<double>(held.served().counters.waited.load()); }},
    Family{"pgbaton_gateway_request_seconds", "histogram", "From a request's first message to its ReadyForQuery.",
           nullptr},
};

void append_histogram(std::string& text, const char* name, Held& held) {
  const auto& histogram = held.served().counters.latency;
  const auto& database = held.served().name;
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < Histogram::kBuckets; ++i) {
    below += histogram.count(i);
    const auto bound = i + 1 == Histogram::kBuckets ? std::string{"+Inf"} : fmt::format("{}", Histogram::bound(i));
    fmt::format_to(std::back_inserter(text), "{}_bucket{{database=\"{}\",le=\"{}\"}} {}\n", name, database, bound,
                   below);
  }
  fmt::format_to(std::back_inserter(text), "{0}_sum{{database=\"{1}\"}} {2}\n{0}_count{{database=\"{1}\"}} {3}\n", name,
                 database, histogram.sum_seconds(), below);
}

}  // namespace

std::string render_metrics(const std::vector<std::shared_ptr<Held>>& databases) {
  std::string text;
  for (const auto& family : kFamilies) {
    fmt::format_to(std::back_inserter(text), "# HELP {0} {1}\n# TYPE {0} {2}\n", family.name, family.help, family.type);
    for (const auto& held : databases) {
      if (family.value == nullptr)
        append_histogram(text, family.name, *held);
      else
        fmt::format_to(std::back_inserter(text), "{}{{database=\"{}\"}} {}\n", family.name, held->served().name,
                       family.value(*held));
    }
  }
  return text;
}

}  // namespace pgbaton::gateway
