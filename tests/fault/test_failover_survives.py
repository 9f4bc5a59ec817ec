"""A failover, itself with every process killed at every step: no acknowledged row lost, all nodes in replication."""

import pytest
from carry_out import victims
from cluster_case import survive
from harness.processes import kill_all, wait_for

KIND = "failover"


def lose_primary(house, name):
    def failovers():
        return [row for row in house.ok("operations", name)["operations"] if row["kind"] == "failover"]

    earlier = {row["id"] for row in failovers()}
    kill_all(victims(house, "primary", name))

    def begun():
        return next((row for row in failovers() if row["id"] not in earlier), None)

    return wait_for("the failover to begin", begun)


@pytest.mark.timeout(300)
def test_a_failover_ends_whole_with_every_row(standing, shelf, case):
    version = shelf.line.newer
    survive(standing, case, (version, version), "enterprise-512", lambda name: lose_primary(standing.house, name))
