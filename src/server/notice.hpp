// An event of an operation as receivers are told it. Pure. Inside of the module.
#pragma once

#include "model/operation.hpp"
#include "model/receiver.hpp"

namespace pgbaton::server {

/// Whether this receiver is told this event.
[[nodiscard]] bool concerns(const model::Receiver& receiver, const model::Event& event,
                            const model::Operation& operation);
/// {event, time, message, step, operation: {id, kind, database, from, to, state}}. `event` is operation.begun,
/// operation.STATE once it has ended, operation.cancelling, or operation.step, .note, .alarm.
[[nodiscard]] base::Json notice_of(const model::Event& event, const model::Operation& operation);

/// Headers that a webhook's receiver checks: X-Pgbaton-Signature is sha256= and the HMAC-SHA256, in hexadecimal digits,
/// of the timestamp, a full stop and the body; the key is the receiver's secret.
[[nodiscard]] std::vector<std::string> signed_headers(const base::Secret& secret, const std::string& delivery,
                                                      std::int64_t timestamp, const std::string& body);

/// RFC 5322. `id` makes the Message-ID: the same event has the same one each time it is tried.
[[nodiscard]] std::string mail_of(const base::Json& notice, const model::Receiver& receiver, const std::string& id,
                                  base::WallTime now);

/// How long after the `failures`th failure in a row the next attempt is: 1 s, 2 s, 4 s … 5 min.
[[nodiscard]] base::Millis wait_after(int failures);

}  // namespace pgbaton::server
