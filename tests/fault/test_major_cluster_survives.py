"""The major-upgrade of a database with standbys with every process killed at every step: it ends whole, on the old
version or on the new one, with every acknowledged row."""

import pytest
from cluster_case import survive

KIND = "major-cluster"


@pytest.mark.timeout(500)
def test_a_major_upgrade_of_a_cluster_ends_whole_with_every_row(standing_major, majors, case):
    survive(standing_major, case, (majors[15], majors[17]), "enterprise-512",
            lambda name: standing_major.house.ok("upgrade", name, "--to", "17", "--transfer", "link"), seconds=300)
