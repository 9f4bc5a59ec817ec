// Server-sent events of an operation: each message holds the operation as it is, what happened since the message
// before, and what the running step says of itself.
#include "server/http.hpp"

namespace pgbaton::server {

using base::Deadline;
using base::Json;
using base::Millis;

namespace {

constexpr Millis kLook{100};         // progress of a step is not in the store
constexpr Millis kKeepAlive{5'000};  // a comment, so that a client that has gone is noticed

Json progress_of(Executor& executor, const std::string& id) {
  const auto progress = executor.progress(id);
  return progress ? Json(*progress) : Json{};
}

}  // namespace

void send_events(const Services& services, const std::string& id, const system::SendEvent& send,
                 const std::function<bool()>& stopping) {
  auto& records = services.shop.records;
  std::size_t sent = 0;
  std::string last;
  auto silence = Deadline::after(kKeepAlive);
  for (std::int64_t revision = 0; !stopping();) {
    const auto operation = records.operation(id);
    const auto events = records.events(id);
    if (!operation || !events) return;
    Json fresh = Json::array();
    for (; sent < events->size(); ++sent) fresh.push_back((*events)[sent]);
    const Json message{{"operation", view(operation->value)},
                       {"events", std::move(fresh)},
                       {"progress", progress_of(services.executor, id)}};
    if (auto text = message.dump(-1, ' ', false, Json::error_handler_t::replace); text != last) {
      if (!send(text)) return;
      last = std::move(text);
      silence = Deadline::after(kKeepAlive);
    } else if (silence.passed()) {
      if (!send("")) return;
      silence = Deadline::after(kKeepAlive);
    }
    if (model::has_ended(operation->value.state)) return;
    revision = records.store().wait_for_change(revision, Deadline::after(kLook));
  }
}

}  // namespace pgbaton::server
