"""A switchover with every process killed at every step, under clients: one primary at every instant, no acknowledged row
lost, all nodes in replication afterwards."""

import pytest
from cluster_case import survive

KIND = "switchover"


@pytest.mark.timeout(300)
def test_a_switchover_ends_whole_with_every_row(standing, shelf, case):
    version = shelf.line.newer
    survive(standing, case, (version, version), "enterprise-512", lambda name: standing.house.ok("switchover", name))
