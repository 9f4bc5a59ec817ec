// An operation in words: its title, how it ended, what it cost the clients. Pure.
#pragma once

#include "cli/console.hpp"
#include "model/operation.hpp"

namespace pgbaton::cli {

/// An operation as the API shows it, where null stands for what there is not.
[[nodiscard]] base::Result<model::Operation> read_operation(base::Json json);

/// "minor-upgrade of shop from 17.11 to 17.12"
[[nodiscard]] std::string title(const model::Operation& operation);
/// The noun for a kind of operation: "minor-upgrade" for "minor-single".
[[nodiscard]] std::string_view noun(std::string_view kind);
/// "17.12" of "17.12" and of the engine "17.12-deb13u1".
[[nodiscard]] std::string plain_version(std::string_view version);
/// "17.11 → 17.12", "17.12", or nothing.
[[nodiscard]] std::string versions(const model::Operation& operation);
/// How long clients were not served: measured, else the steps during which they could not be; absent when there are
/// none.
[[nodiscard]] std::optional<base::Millis> outage(const model::Operation& operation);
/// Whether clients stayed connected and waited, rather than being cut off.
[[nodiscard]] bool were_held(const model::Operation& operation);
/// What clients noticed, as a sentence with a space before it; empty when they noticed nothing.
[[nodiscard]] std::string waited_text(const model::Operation& operation);
/// From begin to end, absent while it runs.
[[nodiscard]] std::optional<base::Millis> duration(const model::Operation& operation);

/// Of a command that waited for it: 0 finished, 4 user-error, 5 error and cancelled.
[[nodiscard]] int exit_status(model::OperationState state);
/// What went wrong, in the words of an error: what happened, what is in service now, what to do.
[[nodiscard]] base::Error failure(const model::Operation& operation);

[[nodiscard]] Paint paint_of(model::OperationState state);
/// What clients notice: "not served", "wait" …
[[nodiscard]] std::string_view impact_text(model::Impact impact);

/// Everything about one operation, as `pgbaton operation ID` shows it.
[[nodiscard]] std::string describe(const model::Operation& operation, const Console& console);

}  // namespace pgbaton::cli
