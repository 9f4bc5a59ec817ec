// A standby becomes the primary, and the primary its standby, while the gateway holds the clients.
#include "runbooks/gate.hpp"
#include "runbooks/switchover_steps.hpp"
#include "runbooks/upgrade_steps.hpp"

namespace pgbaton::runbooks {
namespace {

using base::Millis;
using model::Impact;

constexpr Step kSteps[] = {
    {{"check", "A standby that has caught up is chosen; nothing is changed.", Impact::none, Millis{50}},
     nullptr,
     choose_candidate,
     nullptr},
    {{"ready", "CHECKPOINTs are taken on both, so that the rest is short.", Impact::none, Millis{300}},
     nullptr,
     make_ready,
     nullptr},
    {{"prepare", "The sessions of connected clients are opened and loaded on the standby.", Impact::none, Millis{100}},
     nullptr,
     prepare_on_candidate,
     nullptr},
    {{"hold", "Clients are held where nothing of theirs is in flight; they stay connected and wait.", Impact::stall,
      Millis{20}},
     nullptr,
     hold,
     resume},
    {{"fence", "The standby has all of the log, and the primary is stopped.", Impact::stall, Millis{60}},
     nullptr,
     fence,
     start_old_primary},
    {{"promote", "The standby is promoted.", Impact::stall, Millis{40}}, nullptr, promote, take_back_promotion},
    {{"move", "The gateway turns to the new primary.", Impact::stall, Millis{10}, true},
     nullptr,
     move_clients,
     nullptr},
    {{"resume", "The clients' sessions go on there.", Impact::stall, Millis{20}, true}, nullptr, go_on, nullptr},
    {{"rejoin", "The old primary becomes the standby.", Impact::degraded, Millis{600}},
     nullptr,
     rejoin_others,
     nullptr},
    {{"compare", "The re-created sessions are compared with what they were.", Impact::none, Millis{300}},
     nullptr,
     compare,
     nullptr},
    {{"synchronise", "All standbys have caught up with the new primary.", Impact::none, Millis{200}},
     nullptr,
     synchronise,
     nullptr},
    {{"certify", "The certificate is written.", Impact::none, Millis{5}}, nullptr, certify_switch, nullptr},
};

}  // namespace

const Runbook kSwitchover{"switchover", "Switchover to a standby", model::DatabaseState::updating, Fate::stays, kSteps};

}  // namespace pgbaton::runbooks
