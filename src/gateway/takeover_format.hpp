// What goes from the gateway that serves to the one that takes over, in the order of its sending. All of it is CBOR
// (takeover_channel.hpp).
//
//   new → old   {formats}                  which versions of this it understands
//   old → new   {format} or {refused}      the version that follows; nothing has happened yet
//   new → old   {go}                       the old one stands still from here on
//   old → new   {refused}                  ... or it does not
//   old → new   {database, ...}            and its listening sockets: once for each database
//   old → new   {session, ...}             and its descriptors: once for each session
//   old → new   {end}                      how many these were
//   new → old   {ready}                    everything is there and could be served
//   old → new   {yours}                    the decision: from its sending on the old one never serves again
//
// Until {yours} the old one goes on when anything fails. The new one serves when it has {yours}; or when the old one
// has died after {ready}: then nobody else has the clients.
#pragma once

#include "base/time.hpp"
#include "gateway/config.hpp"
#include "gateway/served.hpp"

namespace pgbaton::gateway {

constexpr int kTakeoverFormat = 1;
constexpr base::Millis kTakeoverAnswer{5'000};   // how long the old one stands still for the new one at most
constexpr base::Millis kTakeoverPassage{2'000};  // how long logins that have begun are waited for, before

/// Beside control's socket.
[[nodiscard]] inline system::Path takeover_socket(const Config& config) {
  return system::Path{config.socket}.parent_path() / "takeover.sock";
}

[[nodiscard]] base::Json image_of(const Counters& counters);
void add_counted(const base::Json& image, Counters& counters);

}  // namespace pgbaton::gateway
