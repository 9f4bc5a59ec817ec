// A database changes its server: what a candidate is, and when it is the server.
#include "gateway/hold.hpp"
#include "system/log.hpp"

namespace pgbaton::gateway {

using base::Code;
using base::Result;

Result<> Held::choose_candidate(const std::optional<api::ServerAddress>& candidate) {
  // A runbook that is carried out again after its move asks for what is served already.
  const bool is_another = candidate && *candidate != served_->settings()->database.server;
  if (!is_another || served_->candidate() != candidate) give_candidate_up();
  if (is_another) served_->set_candidate(candidate);
  return {};
}

void Held::give_candidate_up() {
  if (!served_->candidate()) return;
  served_->set_candidate(std::nullopt);
  on_each([](Session& session) { session.drop_spare(); });
}

Result<> Held::move(const api::Move& asked, const std::function<Result<>()>& persist) {
  const std::scoped_lock control{control_};
  TRY(check_generation(asked.generation));
  if (asked.server == served_->settings()->database.server) return {};  // asked once more
  {
    const std::scoped_lock lock{mutex_};
    if (gate_ != Gate::closed || operation_ != asked.operation || deadline_.passed())
      return base::fail({Code::refused, fmt::format("{} is not held by operation {}", served_->name, asked.operation),
                         "Nothing was changed. Hold it first."});
  }
  TRY(persist());
  system::log_info(
      "another server is served",
      {{"database", served_->name}, {"operation", asked.operation}, {"server", words_for(served_->server())}});
  on_each([](Session& session) { session.leave_server(); });
  on_each_door([](Door& door) { door.forget_server(); });
  return {};
}

}  // namespace pgbaton::gateway
