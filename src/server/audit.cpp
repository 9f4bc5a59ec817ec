#include "server/audit.hpp"

#include <atomic>

#include "system/clock.hpp"
#include "system/log.hpp"

namespace pgbaton::server {

using base::Json;
using base::Result;

namespace {

constexpr std::size_t kKept = 5'000;
constexpr std::size_t kPrunedAt = 64;  // so many new ones are added between two times that old ones are removed
constexpr std::size_t kShown = 500;

std::string next_key() {
  static std::atomic<unsigned> in_this_process = 0;  // two within a microsecond keep their order
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  return fmt::format("audit/{:016}-{:06}", micros, in_this_process++ % 1'000'000);
}

Result<> write_entry(store::Store& store, const model::AuditEntry& entry) {
  static std::atomic<std::size_t> added = 0;
  std::vector<store::Write> writes{{next_key(), Json(entry), 0}};
  if (added++ % kPrunedAt == 0) {
    const auto all = TRY(store.list("audit/", store::kNoLimit));
    for (std::size_t at = 0; at + kKept < all.size(); ++at) writes.push_back({all[at].key, std::nullopt, {}});
  }
  TRY(store.commit(writes));
  return {};
}

}  // namespace

void Audit::note(model::AuditEntry entry) {
  entry.time = system::timestamp();
  system::log_info("a user's request", {{"user", entry.user},
                                        {"address", entry.address},
                                        {"method", entry.method},
                                        {"path", entry.path},
                                        {"status", entry.status}});
  if (const auto written = write_entry(records_.store(), entry); !written)
    system::log_error("the audit log could not be written", {{"error", written.error().message}});
}

Result<Json> Audit::list() {
  const auto all = TRY(records_.store().list("audit/", store::kNoLimit));
  Json shown = Json::array();
  for (auto entry = all.rbegin(); entry != all.rend() && shown.size() < kShown; ++entry) shown.push_back(entry->value);
  return Json{{"entries", shown}};
}

}  // namespace pgbaton::server
