// Bytes from one leg to another, as they come.
#pragma once

#include "gateway/leg.hpp"

namespace pgbaton::gateway {

/// Whether there may be more. A leg whose peer has gone has ended afterwards. While a leg has unsent bytes nothing is
/// read for it: a slow reader costs a buffer.
inline bool pass_some(Loop& loop, Leg& from, Leg& to) {
  if (!to.flush()) to.ended = true;
  if (to.ended || !to.unsent.empty()) return false;
  const auto got = from.receive(loop.scratch());
  if (got > 0 && !to.send({loop.scratch().data(), got})) to.ended = true;
  return got > 0;
}

}  // namespace pgbaton::gateway
