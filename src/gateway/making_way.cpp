// A database in maintenance: who wants in is refused, who is in leaves between two transactions. It lasts in the
// gateway's own file, and ends by the gateway's own clock.
#include "gateway/gateway.hpp"
#include "gateway/maintenance.hpp"
#include "system/clock.hpp"
#include "system/log.hpp"

namespace pgbaton::gateway {

using base::Code;
using base::Result;

// ---- one session, on its loop

bool Session::is_shut_out() const { return served_->in_maintenance && !startup_.is_replication(); }

void Session::refuse_in_maintenance() {
  const auto maintenance = served_->settings()->database.maintenance.value_or(api::Maintenance{});
  ++served_->counters.refused;
  end("57P03", sentence_about(served_->name, maintenance), hint_about(maintenance));
}

// While the gate is closed an operation counts on what it holds.
void Session::make_way(Transactions transactions) {
  if (!is_shut_out() || served_->gate_closed || phase_ == Phase::entry || phase_ == Phase::closing) return;
  if (!welcomed_) return refuse_in_maintenance();
  const bool is_between = phase_ != Phase::active || is_at_boundary();
  if (!is_between && transactions == Transactions::finish) return;
  // A server only notices that its client has gone when it has something to say.
  if (!is_between && machine_.is_busy()) cancel();
  const auto maintenance = served_->settings()->database.maintenance.value_or(api::Maintenance{});
  const auto sentence = sentence_about(served_->name, maintenance);
  end("57P01", is_between ? sentence : "the transaction was ended: " + sentence, hint_about(maintenance));
}

void Session::maintenance_over() {
  if (phase_ == Phase::active) step();
}

// ---- all of a database

void Held::make_way(Session::Transactions transactions) {
  on_each([transactions](Session& session) { session.make_way(transactions); });
}

void Held::maintenance_over() {
  on_each([](Session& session) { session.maintenance_over(); });
}

Result<> Gateway::set_maintenance(const std::string& name, const std::optional<api::Maintenance>& wanted) {
  std::shared_ptr<Held> held;
  {
    const std::scoped_lock lock{mutex_};
    TRY(check_here());
    if (const auto unserved = unserved_.find(name); unserved != unserved_.end()) {
      unserved->second.maintenance = wanted;
      return save();
    }
    const auto found = databases_.find(name);
    if (found == databases_.end()) return base::fail(Code::not_found, "the gateway does not serve {}", name);
    held = found->second;
    if (held->served().settings()->database.maintenance == wanted) return {};
    TRY(change(held->served(), [&](api::ServedDatabase& database) { database.maintenance = wanted; }));
  }
  system::log_info(wanted ? "maintenance begins, or is changed" : "maintenance ends", {{"database", name}});
  if (wanted)
    mind_maintenance(*held);
  else
    held->maintenance_over();
  return {};
}

void Gateway::mind_maintenance(Held& held) {
  auto& served = held.served();
  if (!served.in_maintenance) return;
  const auto maintenance = served.settings()->database.maintenance.value_or(api::Maintenance{});
  switch (stage_of(maintenance, system::now())) {
    case MaintenanceStage::letting_go:
      return held.make_way(Session::Transactions::finish);
    case MaintenanceStage::cutting:
      return held.make_way(Session::Transactions::cut);
    case MaintenanceStage::over:
      end_maintenance(served);
      return held.maintenance_over();
  }
}

// What cannot be written down counts all the same: by what the file says its time is over, for whoever reads it.
void Gateway::end_maintenance(Served& served) {
  const std::scoped_lock lock{mutex_};
  if (given_away_) return;
  auto settings = *served.settings();
  auto& maintenance = settings.database.maintenance;
  if (!maintenance || stage_of(*maintenance, system::now()) != MaintenanceStage::over) return;
  maintenance.reset();
  served.replace(std::move(settings));
  system::log_info("the time of a maintenance is over", {{"database", served.name}});
  if (const auto saved = save(); !saved)
    system::log_warning("the end of a maintenance could not be written down", {{"error", saved.error().message}});
}

}  // namespace pgbaton::gateway
