"""The cases of the matrix as tests. What is not quick is marked `campaign`: only `./run fault` runs it."""

import pytest
from cluster_case import Standing
from matrix import CLUSTERS, all_cases


# A major-upgrade takes half a minute: the moments at which a wrong move would cost data.
QUICK_OF_MAJORS = {("everything", "server.major-single.convert.started"), ("everything", "server.major-single.convert.ran"),
                   ("everything", "server.major-single.start.ran"), ("everything", "server.major-single.resume.started"),
                   ("agent", "agent.convert-instance.ran"), ("server", "server.major-single.resume.ran"),
                   ("everything", "server.major-single.convert.undo.started")}


QUICK_OF_BACKUPS = {("everything", "server.backup.backup.started"), ("agent", "agent.backup-instance.ran"),
                    ("everything", "server.restore-new.restore.ran"), ("agent", "agent.restore-instance.started"),
                    ("everything", "server.restore-in-place.start.ran")}


def is_quick(case):
    """Where clients wait, forward and back, everybody; of the rest the death of everything at the beginning of a step."""
    if case.kind in CLUSTERS:
        return is_quick_of_clusters(case)
    if case.kind in ("backup", "restore-new", "restore-in-place"):
        return (case.victim, case.point) in QUICK_OF_BACKUPS
    if case.kind in ("major-single", "revert-single"):
        return (case.victim, case.point) in QUICK_OF_MAJORS
    if case.going_back:
        first_back = case.point == case.cancel_at.replace(".started", ".undo.started")
        return case.victim == "everything" and case.point.endswith(".started") and (
            first_back or case.impact == "stall")
    if case.point.startswith("agent."):
        return case.point.endswith(".ran")
    if case.impact == "stall":
        return case.victim == "server" if case.point.endswith(".ran") else case.victim in ("gateway", "postmaster", "everything")
    return case.victim == "everything" and case.point.endswith((
        "place.started", "initialise.started", "provision.started", "serve.started", "certify.started"))


QUICK_OF_RESIZES = {"server.resize-nodes.remove.started", "server.resize-rolling.standbys.undo.started",
                    "server.resize-restart.restart.ran", "server.resize-restart.restart.undo.started"}


QUICK_OF_MAJOR_CLUSTERS = {("everything", "server.major-cluster.stop.ran"), ("everything", "server.major-cluster.standbys.ran"),
                           ("everything", "server.major-cluster.stop.undo.started")}


def is_quick_of_clusters(case):
    """Where clients wait; of the way back and of the rest a case or two. Each takes ten seconds."""
    if case.kind in ("major-cluster", "revert-cluster"):
        return (case.victim, case.point) in QUICK_OF_MAJOR_CLUSTERS
    if case.kind.startswith("resize-"):
        return case.victim == "everything" and case.point in QUICK_OF_RESIZES
    if case.kind == "create-cluster":
        return case.victim == "everything" and case.point.endswith(("standbys.started", "replicate.ran"))
    if case.going_back:
        return case.victim == "everything" and case.point.endswith(("promote.undo.started", "fence.undo.ran"))
    if case.point.startswith("agent."):
        return case.kind == "switchover" and case.point.endswith(("fence-instance.ran", "promote-instance.ran"))
    if case.victim == "walsender":
        return case.point == "server.switchover.fence.started"
    if case.kind == "switchover":
        return case.impact == "stall" and case.point.endswith(".ran") and case.victim in ("server", "everything")
    return case.victim == "everything" and case.point.endswith(("fence.ran", "move.started", "restart-standby.ran"))


def pytest_generate_tests(metafunc):
    if "case" not in metafunc.fixturenames:
        return
    kinds = getattr(metafunc.module, "KINDS", None) or [metafunc.module.KIND]
    metafunc.parametrize("case", [
        pytest.param(case, id=str(case), marks=[] if is_quick(case) else [pytest.mark.campaign])
        for kind in kinds for case in all_cases(kind)])


def keep(house):
    """One database for the cases of a module."""
    database = Standing(house)
    yield database
    database.end()


def lend(database):
    """A case that failed leaves nobody held."""
    yield database
    database.house.failpoints.release_all()


@pytest.fixture(scope="module")
def kept(shared_house):
    yield from keep(shared_house)


@pytest.fixture
def standing(kept):
    yield from lend(kept)


@pytest.fixture(scope="module")
def kept_major(shared_house_of_majors):
    yield from keep(shared_house_of_majors)


@pytest.fixture
def standing_major(kept_major):
    yield from lend(kept_major)
