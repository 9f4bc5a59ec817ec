// The end of a database.
#include "runbooks/gate.hpp"
#include "runbooks/place.hpp"

namespace pgbaton::runbooks {
namespace {

using base::Millis;
using model::Impact;

constexpr Step kSteps[] = {
    {{"forget", "The gateway serves the database no more; its sessions end.", Impact::down, Millis{50}, true},
     nullptr,
     forget,
     nullptr},
    {{"remove", "PostgreSQL is stopped and all data of the database is deleted, backups too.", Impact::down,
      Millis{500}},
     nullptr,
     remove_nodes,
     nullptr},
};

}  // namespace

const Runbook kDestroy{"destroy", "The database is deleted", model::DatabaseState::migrating, Fate::goes_when_finished,
                       kSteps};

}  // namespace pgbaton::runbooks
