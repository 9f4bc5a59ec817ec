// The steps that all changes of plan share. operation.request["resize"] is a Resize.
#pragma once

#include "runbooks/cluster.hpp"
#include "runbooks/resize_choice.hpp"

namespace pgbaton::runbooks {

[[nodiscard]] base::Result<Resize> resize_of(const Context& context);
[[nodiscard]] base::Result<> set_memory(Context& context, const model::Node& node, base::Bytes memory);

/// Code::refused when a standby does not replicate, or more sessions are connected than there will be room for.
[[nodiscard]] base::Result<> check_resize(Context& context);

/// Places for standbys that the new plan has more of; Code::refused when their host lacks the space.
[[nodiscard]] base::Result<> place_more(Context& context);
[[nodiscard]] base::Result<> forget_places(Context& context);
/// The primary gets their slots and lets them in; where it listens changes with its next start.
[[nodiscard]] base::Result<> announce_more(Context& context);
[[nodiscard]] base::Result<> copy_more(Context& context);
[[nodiscard]] base::Result<> remove_more(Context& context);

/// The standbys that were there before, one after the other.
[[nodiscard]] base::Result<> resize_standbys(Context& context);
[[nodiscard]] base::Result<> standbys_as_before(Context& context);

/// The records say that the new plan is the database's.
[[nodiscard]] base::Result<> adopt_plan(Context& context);
[[nodiscard]] base::Result<> give_plan_up(Context& context);
/// All nodes know of each other, and commits wait or not as the plan says.
[[nodiscard]] base::Result<> settle_nodes(Context& context);
/// Standbys that the plan has fewer of.
[[nodiscard]] base::Result<> remove_surplus(Context& context);
[[nodiscard]] base::Result<> certify_resize(Context& context);

}  // namespace pgbaton::runbooks
