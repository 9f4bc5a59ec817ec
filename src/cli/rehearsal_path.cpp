#include "cli/rehearsal_path.hpp"

#include "cli/json_view.hpp"

namespace pgbaton::cli {

using base::Code;
using base::Json;
using base::Result;

namespace {

// Of the same major as the goal only the goal itself: what is beyond it cannot be gone back from.
bool leads_to(model::Version offered, const model::VersionRequest& to) {
  return offered.major < to.major || to.matches(offered);
}

}  // namespace

// The path of the offers: the newest minor first, then one major after another. What skips majors is not on it.
Result<std::string> next_hop(const Json& offers, const model::VersionRequest& to) {
  const auto current = text_at(part_at(offers, "current"), "version");
  std::string next;
  for (const auto& offer : part_at(offers, "offers")) {
    const auto version = TRY(model::parse_version(text_at(offer, "version")));
    if (flag_at(offer, "direct") || !leads_to(version, to)) continue;
    if (to.matches(version)) return text_at(offer, "version");
    if (next.empty()) next = text_at(offer, "version");
  }
  if (!next.empty() || to.matches(TRY(model::parse_version(current)))) return next;
  for (const auto& refusal : part_at(offers, "refused"))
    if (to.matches(TRY(model::parse_version(text_at(refusal, "version")))))
      return base::fail({Code::refused, text_at(refusal, "reason"), "`pgbaton offers NAME` shows what is possible."});
  return base::fail({Code::refused, fmt::format("no upgrade leads from {} to {}", current, model::to_string(to)),
                     "`pgbaton offers NAME` shows what is possible."});
}

}  // namespace pgbaton::cli
