// The old version that a major-upgrade has kept is given up.
#include "runbooks/major_steps.hpp"

namespace pgbaton::runbooks {
namespace {

using base::Millis;
using base::Result;
using model::Impact;

Result<> give_up_kept(Context& context) {
  auto& kept = context.database->kept;
  if (!kept) return {};
  TRY(remove_kept(context, *kept));
  kept.reset();
  return {};
}

constexpr Step kFinalizeSteps[] = {
    {{"remove", "The old version's data are deleted, on every node. There is no way back to it.", Impact::none,
      Millis{500}, true},
     nullptr,
     give_up_kept,
     nullptr},
};

}  // namespace

const Runbook kFinalize{"finalize", "The version before the last major-upgrade is given up",
                        model::DatabaseState::running, Fate::stays, kFinalizeSteps};

}  // namespace pgbaton::runbooks
