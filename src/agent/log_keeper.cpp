#include "agent/log_keeper.hpp"

#include "postgres/log_files.hpp"
#include "system/clock.hpp"
#include "system/pause.hpp"

namespace pgbaton::agent {

namespace {
constexpr base::Millis kLogLook{1'000};
}

system::Path log_folder(const Config& config, const std::string& instance) {
  return config.data / "agent" / "instances" / instance / "log";
}

void LogKeeper::begin() {
  looking_ = std::jthread([this](const std::stop_token& stop) {
    do look();
    while (system::pause(stop, kLogLook));
  });
}

void LogKeeper::look() {
  const auto all = journal_.instances();
  if (!all) return;
  for (const auto& instance : *all)
    postgres::prune_log(log_folder(config_, instance.name), {}, system::SystemClock{}.now());
}

}  // namespace pgbaton::agent
