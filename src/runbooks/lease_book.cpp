#include "runbooks/lease_book.hpp"

#include "api/agent.hpp"

namespace pgbaton::runbooks {

std::vector<std::string> LeaseBook::grant(const std::vector<std::string>& primaries, Steady::time_point since) {
  const std::scoped_lock lock{mutex_};
  std::vector<std::string> granted;
  for (const auto& primary : primaries) {
    if (revoked_.contains(primary)) continue;
    granted_[primary] = since;
    granted.push_back(primary);
  }
  return granted;
}

void LeaseBook::revoke(const std::string& instance) {
  const std::scoped_lock lock{mutex_};
  revoked_.insert(instance);
}

void LeaseBook::allow(const std::string& instance) {
  const std::scoped_lock lock{mutex_};
  revoked_.erase(instance);
}

LeaseBook::Steady::time_point LeaseBook::stopped_by(const std::string& instance) const {
  const std::scoped_lock lock{mutex_};
  const auto found = granted_.find(instance);
  const auto since = found == granted_.end() ? start_ : found->second;
  return since + api::kLease + api::kLeaseSlack;
}

}  // namespace pgbaton::runbooks
