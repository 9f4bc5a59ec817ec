#include "cli/target.hpp"

namespace pgbaton::cli {

using base::Code;
using base::Result;

namespace {

std::optional<Registration> running_in(const system::Path& data, const Environment& environment) {
  for (const auto& registration : living_registrations(environment))
    if (registration.data == data) return registration;
  if (const auto own = registration_of(data); own && is_alive(*own)) return *own;
  return std::nullopt;
}

}  // namespace

Result<HouseTarget> find_house(const Options& options, const Environment& environment) {
  const auto& named = options.data.empty() ? environment.data : options.data;
  if (!named.empty()) {
    std::error_code error;
    const auto data = std::filesystem::canonical(named, error);
    if (error)
      return base::fail({Code::not_found, fmt::format("there is no folder {}", named),
                         "Name the folder that `pgbaton up` was given."});
    return HouseTarget{data, running_in(data, environment)};
  }
  std::vector<Candidate> living;
  for (auto& registration : living_registrations(environment)) living.push_back({std::move(registration), true});
  if (living.empty()) return HouseTarget{environment.default_data(), std::nullopt};
  const auto chosen = TRY(choose(living));
  return HouseTarget{chosen.data, chosen};
}

}  // namespace pgbaton::cli
