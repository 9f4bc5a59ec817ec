#include "server/executor.hpp"

#include "operation/machine.hpp"
#include "system/log.hpp"

namespace pgbaton::server {

using base::Code;
using base::Deadline;
using base::Millis;
using base::Result;

namespace {

// The agent is restarted by its supervisor within a second; a step is asked for again that long before it counts as
// failed.
constexpr Millis kAgentAway{std::chrono::minutes{1}};
constexpr Millis kShortPause{100};
constexpr Millis kLongPause{std::chrono::seconds{30}};

}  // namespace

void Executor::begin(const std::string& id) {
  const std::scoped_lock lock{mutex_};
  if (stopping_) return;  // it is in the store: the next start goes on with it
  std::erase_if(running_, [](const auto& entry) { return entry.second.ended; });
  running_[id].thread = std::jthread([this, id](const std::stop_token& stop) { carry_out(id, stop); });
}

Result<> Executor::recover() {
  auto& records = shop_.records;
  for (const auto& stored : TRY(records.operations())) {
    if (model::has_ended(stored.state)) continue;
    const auto document = TRY(records.operation(stored.id));
    auto taken = document.value;
    std::vector<store::Write> writes;
    if (!taken.database.empty()) {
      auto database = TRY(records.database(taken.database));
      ++database.value.generation.number;
      taken = operation::taken_over(std::move(taken), database.value.generation);
      writes.push_back(put(database.value, database.revision));
    } else {
      const base::Generation next{taken.generation.number + 1};
      taken = operation::taken_over(std::move(taken), next);
    }
    writes.push_back(put(taken, document.revision));
    writes.push_back(event_of(taken, "note", "", "The server was restarted; the operation goes on where it was."));
    TRY(records.store().commit(writes));
    system::log_info("operation goes on", {{"operation", taken.id}, {"database", taken.database}});
    begin(taken.id);
  }
  return {};
}

TurnOptions Executor::options_for(const std::string& id, int attempt, bool agent_may_be_away) {
  const std::scoped_lock lock{mutex_};
  auto& running = running_[id];
  running.turn = {};
  if (stopping_) running.turn.request_stop();
  running.progress.reset();
  return {.attempt = attempt,
          .agent_may_be_away = agent_may_be_away,
          .stop = running.turn.get_token(),
          .on_progress = [this, id](const api::Progress& progress) {
            const std::scoped_lock inner{mutex_};
            running_[id].progress = progress;
          }};
}

void Executor::carry_out(const std::string& id, const std::stop_token& stop) {
  int attempt = 0;  // never reset: it tells the jobs of one step apart
  Millis wait = kShortPause;
  std::optional<Deadline> away;
  while (!stop.stop_requested()) {
    const auto more = take_turn(shop_, id, options_for(id, attempt, !away || !away->passed()));
    if (more && *more == More::no) break;
    ++attempt;
    if (more) {
      wait = kShortPause;
      away.reset();
      continue;
    }
    if (stop.stop_requested()) break;
    const bool conflict = more.error().code == Code::busy;  // changed meanwhile: read it again
    if (!conflict && !away) away = Deadline::after(kAgentAway);
    if (!conflict) system::log_warning("a turn is taken again", {{"operation", id}, {"error", more.error().message}});
    std::unique_lock lock{mutex_};
    wake_.wait_for(lock, stop, wait, [] { return false; });
    if (!conflict) wait = std::min(wait * 2, kLongPause);
  }
  const std::scoped_lock lock{mutex_};
  running_[id].ended = true;
}

void Executor::nudge(const std::string& id) {
  const std::scoped_lock lock{mutex_};
  if (const auto found = running_.find(id); found != running_.end()) found->second.turn.request_stop();
}

std::optional<api::Progress> Executor::progress(const std::string& id) {
  const std::scoped_lock lock{mutex_};
  const auto found = running_.find(id);
  return found == running_.end() ? std::nullopt : found->second.progress;
}

void Executor::stop() {
  {
    const std::scoped_lock lock{mutex_};
    stopping_ = true;  // from here on the map gains nothing
    for (auto& [id, running] : running_) {
      running.thread.request_stop();
      running.turn.request_stop();
    }
  }
  for (auto& [id, running] : running_)
    if (running.thread.joinable()) running.thread.join();
}

}  // namespace pgbaton::server
