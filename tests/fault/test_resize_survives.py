"""A change of plan with every process killed at every step: the old plan or the new one, whole, with every row."""

import pytest
from cluster_case import survive

KINDS = ("resize-nodes", "resize-rolling", "resize-restart")
PLANS = {"resize-nodes": ("enterprise-512", "business-512"), "resize-rolling": ("business-512", "enterprise-1024"),
         "resize-restart": ("business-1024", "enterprise-512")}


@pytest.mark.timeout(300)
def test_a_change_of_plan_ends_in_one_of_the_two_plans_with_every_row(standing, shelf, case):
    version = shelf.line.newer
    before, after = PLANS[case.kind]
    survive(standing, case, (version, version), before, lambda name: standing.house.ok("resize", name, "--plan", after), (before, after))
