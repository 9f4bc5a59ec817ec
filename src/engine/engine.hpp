// Engines: builds of PostgreSQL of many versions, side by side on one host. Find what the sources offer, install
// (fetch, unpack, relocate, inspect, test, publish), list, remove.
//
// Blocking; any thread. Several processes may share an engines folder. Knows nothing of databases: whether an engine is
// still used is for the caller to know.
#pragma once

#include "engine/folder.hpp"
#include "engine/source.hpp"

namespace pgbaton::engine {

struct Found {
  std::vector<model::FoundEngine> engines;  // newest first
  std::vector<std::string> warnings;        // one sentence per source that could not be asked, or not wholly
};
/// Asks every source. One that cannot be reached does not hide the others.
[[nodiscard]] base::Result<Found> sync(const Folder& wanted, const std::vector<Source>& sources,
                                       base::Deadline deadline, std::stop_token stop);

/// Called with what is going on, in words, and how far the whole is: 0 … 1. One call at a time, from any thread.
using OnProgress = std::function<void(std::string_view phase, double fraction)>;

/// Installs one engine that a source offers. When it is there already, or another process is making it, that one is
/// waited for and returned. A failure leaves nothing behind but what was downloaded.
/// Errors: not_found (the source no longer has it), no_space, corrupt (a hash or signature does not fit), cancelled,
/// timed_out, failed.
[[nodiscard]] base::Result<model::EngineManifest> install(const Folder& wanted, const std::vector<Source>& sources,
                                                          const model::FoundEngine& engine, base::Deadline deadline,
                                                          std::stop_token stop, const OnProgress& on_progress);

/// Engines that are there, oldest first. The host's own only while they still are what was installed.
[[nodiscard]] std::vector<model::EngineManifest> installed(const Folder& folder);

/// Removes an engine's files. No process may be using them. Code::not_found when it is not installed.
[[nodiscard]] base::Result<> remove(const Folder& wanted, const model::EngineId& id);

}  // namespace pgbaton::engine
