#include "model/plan.hpp"

#include <algorithm>
#include <charconv>

namespace pgbaton::model {

namespace {
constexpr std::string_view kLongPrefix = "postgresql-dr-";
constexpr std::int64_t kSmallestMb = 512;
constexpr std::int64_t kLargestMb = 16 << 20;  // 16 TB: past any machine, and far from overflowing
}  // namespace

base::Result<Plan> parse_plan(std::string_view text) {
  auto rest = text;
  if (rest.starts_with(kLongPrefix)) rest.remove_prefix(kLongPrefix.size());
  const auto dash = rest.find('-');
  const auto topology = parse_Topology(rest.substr(0, dash));
  std::int64_t megabytes = 0;
  const auto number = dash == std::string_view::npos ? std::string_view{} : rest.substr(dash + 1);
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), megabytes);
  if (!topology || error != std::errc{} || end != number.data() + number.size())
    return base::fail(
        {base::Code::invalid_argument, fmt::format("there is no plan \"{}\"", text),
         "Plans are starter-N, business-N and enterprise-N, N being the memory in MB, like starter-4096."});
  if (megabytes < kSmallestMb || megabytes > kLargestMb)
    return base::fail({base::Code::invalid_argument,
                       fmt::format("the plan \"{}\" asks for {} MB of memory", text, megabytes),
                       "The smallest plan has 512 MB, like starter-512."});
  return Plan{*topology, base::Bytes{megabytes << 20}};
}

std::string to_string(const Plan& plan) {
  return fmt::format("{}-{}", to_string(plan.topology), plan.memory.count >> 20);
}

int client_connections(base::Bytes memory) {
  constexpr std::int64_t kPerGigabyte = 100;
  constexpr int kFewest = 50;
  return std::max<int>(kFewest, static_cast<int>(memory.count * kPerGigabyte / (std::int64_t{1} << 30)));
}

int retention_days(Topology topology) {
  switch (topology) {
    case Topology::starter:
      return 7;
    case Topology::business:
      return 14;
    case Topology::enterprise:
      return 30;
  }
  return 7;
}

}  // namespace pgbaton::model
