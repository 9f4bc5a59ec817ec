#include "server/notifier.hpp"

#include "server/notice.hpp"
#include "system/clock.hpp"
#include "system/log.hpp"

namespace pgbaton::server {

using base::Code;
using base::Millis;
using base::Result;
using model::Receiver;
using model::Told;

namespace {

constexpr Millis kLookForEvents{1'000};
constexpr std::size_t kAtOnce = 50;
constexpr std::chrono::hours kGivenUpAfter{24};

bool is_too_old(const model::Event& event) {
  const auto time = base::parse_rfc3339(event.time);
  return time && *time + kGivenUpAfter < system::now();
}

}  // namespace

// Whether to go on with the next event.
Result<bool> Notifier::tell_one(const Receiver& receiver, Told& told, const store::Entry& entry) {
  const auto event = TRY(base::convert<model::Event>(entry.value));
  const auto operation = shop_.records.operation(event.operation);
  if (!operation && operation.error().code != Code::not_found) return std::unexpected(operation.error());
  if (!operation || !concerns(receiver, event, operation->value)) {
    told.revision = entry.revision;
    return true;
  }
  auto& attempts = attempts_[receiver.id];
  const auto done = deliver(receiver, notice_of(event, operation->value), entry.key.substr(entry.key.rfind('/') + 1));
  if (done) {
    attempts = {};
    told = {.revision = entry.revision, .last_at = system::timestamp(), .skipped = told.skipped};
    return true;
  }
  told.problem = done.error().message;
  attempts.next = system::now() + wait_after(++attempts.failures);
  if (!is_too_old(event)) return false;
  system::log_warning("an event was not told", {{"receiver", receiver.id}, {"error", told.problem}});
  told.revision = entry.revision;
  ++told.skipped;
  return false;
}

Result<> Notifier::tell(const Receiver& receiver) {
  if (const auto found = attempts_.find(receiver.id); found != attempts_.end() && system::now() < found->second.next)
    return {};
  const auto there = TRY(store::get_as<Told>(shop_.records.store(), kTold + receiver.id));
  if (!there) return {};  // it has just been removed
  auto told = there->value;
  for (const auto& entry : TRY(shop_.records.store().changed_since("events/", told.revision, kAtOnce)))
    if (!TRY(tell_one(receiver, told, entry))) break;
  if (base::Json(told) == base::Json(there->value)) return {};
  TRY(shop_.records.store().commit({{kTold + receiver.id, base::Json(told), there->revision}}));
  return {};
}

void Notifier::run(const std::stop_token& stop) {
  auto& store = shop_.records.store();
  while (!stop.stop_requested()) {
    const auto seen = store.revision();
    if (const auto all = store::list_as<Receiver>(store, kReceivers))
      for (const auto& document : *all) {
        if (stop.stop_requested()) return;
        if (const auto told = tell(document.value); !told && told.error().code != Code::busy)
          system::log_warning("a receiver could not be looked at",
                              {{"receiver", document.value.id}, {"error", told.error().message}});
      }
    std::ignore = store.wait_for_change(seen, base::Deadline::after(kLookForEvents));
  }
}

}  // namespace pgbaton::server
