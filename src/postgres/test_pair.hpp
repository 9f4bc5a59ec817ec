// Two real instances that know each other, for tests of replication.
#pragma once

#include <gmock/gmock.h>

#include "postgres/configure.hpp"
#include "postgres/rejoin.hpp"
#include "postgres/replication.hpp"
#include "postgres/test_instance.hpp"

namespace pgbaton::postgres {

template <typename Condition>
bool comes_true(Condition&& condition) {
  for (const auto deadline = soon(); !condition();)
    if (deadline.passed()) return false;
  return true;
}

class Pair {
 public:
  explicit Pair(const system::Path& bindir) : first(bindir), second(bindir) {
    first.spec.name = "shop_1";
    second.spec.name = "shop_2";
    // One authority for all nodes: they check each other.
    std::filesystem::remove_all(second.spec.tls());
    std::filesystem::copy(first.spec.tls(), second.spec.tls());
    first.spec.replication = settings("shop_2");
    second.spec.replication = settings("shop_1");
    point(second, first);
  }

  static void point(TestInstance& standby, const TestInstance& primary) {
    standby.spec.upstream = api::Upstream{
        .address = "127.0.0.1", .port = primary.spec.port, .password = password(), .slot = standby.spec.name};
  }

  /// The first is the primary, the second its standby.
  [[nodiscard]] base::Result<> begin() {
    TRY(initialise(first.spec, soon()));
    TRY(start(first.spec, soon()));
    auto connection = TRY(connect_as_platform(first.spec, "postgres", soon()));
    TRY(ensure_replication_role(connection, password(), soon()));
    TRY(ensure_slots(connection, first.spec.replication->slots, Reserve::now, soon()));
    TRY(connection.execute("CREATE TABLE public.t (n int)", soon()));
    TRY(create_standby(second.spec, soon()));
    TRY(start(second.spec, soon()));
    return wait_until_streaming(second.spec, soon());
  }

  /// As a switchover does it: nothing of the first is missing on the second.
  [[nodiscard]] base::Result<api::PromoteAnswer> switch_over() {
    TRY(make_ready(first.spec, soon()));
    TRY(make_ready(second.spec, soon()));
    const auto fence = TRY(replication_status(first.spec, soon()))
    .position;
    comes_true([&] { return replication_status(second.spec, soon()).value().replayed >= fence; });
    TRY(stop(first.spec, StopMode::immediate, soon()));
    return promote(second.spec, fence, soon());
  }

  [[nodiscard]] static std::string rows(const TestInstance& instance) {
    return instance.value("SELECT string_agg(n::text, ' ' ORDER BY n) FROM public.t");
  }

  TestInstance first;
  TestInstance second;

 private:
  static base::Secret password() { return base::Secret{"it's a:b\\c"}; }
  static api::ReplicationSettings settings(const std::string& standby) {
    return {.listen_address = "127.0.0.1", .peers = {"127.0.0.1"}, .password = password(), .slots = {standby}};
  }
};

}  // namespace pgbaton::postgres
