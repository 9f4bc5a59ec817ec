"""A switchover with every process killed at every step, under clients: one primary at every instant, no acknowledged row
lost, all nodes in replication afterwards."""

import pytest
from cluster_case import survive

KIND = "switchover"


@pytest.mark.timeout(300)
def test_a_switchover_ends_whole_with_every_row(house, shelf, case):
    version = shelf.line.newer
    survive(house, case, (version, version), "enterprise-512", lambda name: house.ok("switchover", name))
