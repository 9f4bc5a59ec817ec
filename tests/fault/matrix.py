"""The fault matrix, generated from the runbooks that the server shows: every step, every moment, every victim."""

import functools
from dataclasses import dataclass

from harness.house import House

MOMENTS = ("started", "ran")
PARTS = ("server", "agent", "gateway")
CLUSTERS = ("create-cluster", "minor-cluster", "switchover", "failover", "resize-nodes", "resize-rolling", "resize-restart",
            "major-cluster", "revert-cluster")
# The jobs that the steps of a runbook give to the agent: there the agent itself is held and killed.
JOBS = {
    "create-single": ("create-instance", "start-instance", "provision-instance"),
    "minor-single": ("checkpoint-instance", "stop-instance", "start-instance", "update-extensions"),
    "create-cluster": ("create-instance", "configure-replication", "create-standby"),
    "minor-cluster": ("stop-instance", "start-instance", "ready-instance", "fence-instance", "promote-instance",
                      "rejoin-instance"),
    "switchover": ("checkpoint-instance", "ready-instance", "fence-instance", "promote-instance", "rejoin-instance"),
    "failover": ("fence-instance", "promote-instance", "rejoin-instance"),
    "resize-nodes": ("configure-replication", "destroy-instance"),
    "resize-rolling": ("create-standby", "resize-instance", "start-instance", "fence-instance", "rejoin-instance"),
    "resize-restart": ("resize-instance", "stop-instance", "start-instance", "create-standby"),
    "major-single": ("rehearse-schema", "prepare-target", "stop-instance", "convert-instance", "start-instance",
                     "update-extensions", "open-instance", "analyze-instance"),
    "major-cluster": ("prepare-target", "stop-instance", "configure-replication", "convert-instance", "start-instance",
                      "open-instance", "rejoin-instance"),
    "revert-cluster": ("stop-instance", "start-instance", "promote-instance", "open-instance", "rejoin-instance", "remove-data"),
    "backup": ("configure-backups", "backup-instance", "secure-log"),
    "restore-new": ("secure-log", "restore-instance", "provision-instance"),
    "restore-in-place": ("restore-beside", "stop-instance", "start-instance", "open-instance"),
    "revert-single": ("stop-instance", "start-instance", "open-instance", "remove-data"),
}


@dataclass(frozen=True)
class Case:
    kind: str  # of the runbook
    point: str  # the failpoint at which the program is held
    victim: str
    going_back: bool = False  # the operation is cancelled at `cancel_at`, and held on its way back
    cancel_at: str = ""
    impact: str = "none"  # of the step, as clients notice it

    def __str__(self):
        return f"{self.victim}-dies-at-{self.point}"


@functools.cache
def runbooks():
    """{kind: names of its steps}"""
    with House() as house:
        answer = house.request("GET", "/api/v1/runbooks").json
    return {runbook["kind"]: runbook["steps"] for runbook in answer["runbooks"]}


def victims(kind):
    return PARTS + (("primary", "standby", "walsender") if kind in CLUSTERS else ("postmaster",)) + ("everything",)


def forward(kind):
    return [Case(kind, f"server.{kind}.{step['name']}.{moment}", victim, impact=step["impact"])
            for step in runbooks()[kind] for moment in MOMENTS for victim in victims(kind)]


def in_the_agent(kind):
    return [Case(kind, f"agent.{job}.{moment}", "agent") for job in JOBS[kind] for moment in MOMENTS]


def backward(kind):
    """Cancelled at the last step from which there is a way back, and killed while going it."""
    steps = []
    for step in runbooks()[kind]:
        if step["point_of_no_return"]:
            break
        steps.append(step)
    cancel_at = f"server.{kind}.{steps[-1]['name']}.started"
    return [Case(kind, f"server.{kind}.{step['name']}.undo.{moment}", victim, True, cancel_at, step["impact"])
            for step in reversed(steps) for moment in MOMENTS for victim in victims(kind)]


def all_cases(kind):
    return forward(kind) + in_the_agent(kind) + backward(kind)
