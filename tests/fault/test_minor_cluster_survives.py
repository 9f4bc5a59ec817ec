"""The minor-upgrade of a database with standbys with every process killed at every step: it ends whole, on the old
version or on the new one, with every acknowledged row."""

import pytest
from cluster_case import survive

KIND = "minor-cluster"


@pytest.mark.timeout(300)
def test_a_minor_upgrade_of_a_cluster_ends_whole_with_every_row(standing, shelf, case):
    line = shelf.line
    survive(standing, case, (line.older, line.newer), "enterprise-512", lambda name: standing.house.ok("upgrade", name))
