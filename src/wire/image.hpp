// What a session's machines remember, as values that another process makes the same machines of: for a gateway that
// takes another one's sessions over.
//
// Strings in these values are bytes and not always text: they are for CBOR, never for JSON's text form, and hold
// secrets. Fields are added, never changed; their meaning has the version of the takeover's format.
#pragma once

#include "base/json.hpp"
#include "wire/frame.hpp"
#include "wire/journal.hpp"
#include "wire/server_login.hpp"
#include "wire/session.hpp"

namespace pgbaton::wire {

/// A friend of what it looks into. `from` takes what `of` made: anything else is a nlohmann::json::exception.
struct Image {
  [[nodiscard]] static base::Json of(const FrameWalker& walker);
  [[nodiscard]] static base::Json of(const SessionMachine& machine);
  [[nodiscard]] static base::Json of(const Journal& journal);
  [[nodiscard]] static base::Json of(const StartupMessage& message);
  [[nodiscard]] static base::Json of(const CancelKey& key);
  [[nodiscard]] static base::Json of(const Credentials& credentials);

  static void from(const base::Json& image, FrameWalker& walker);
  static void from(const base::Json& image, SessionMachine& machine);
  static void from(const base::Json& image, Journal& journal);
  static void from(const base::Json& image, StartupMessage& message);
  static void from(const base::Json& image, CancelKey& key);
  static void from(const base::Json& image, Credentials& credentials);
};

}  // namespace pgbaton::wire
