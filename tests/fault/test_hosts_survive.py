"""Databases spread over hosts, with the network cut at every step of an operation and healed when that was noticed: one
primary at every instant, no acknowledged row lost, all nodes in replication afterwards."""

import contextlib
import zlib
from dataclasses import dataclass

import pytest
from cluster_case import prove_whole
from harness.clients import Writer
from harness.cluster import WriteWatcher, ask_node, nodes, primary, wait_all_replicate
from harness.hosts import Farm
from harness.processes import kill_all, wait_for
from matrix import runbooks

OPERATIONS = ("switchover", "failover", "minor-cluster")
CUTS = ("primary", "standby", "between", "agent")
QUICK = {"switchover.fence-primary", "switchover.promote-standby", "failover.promote-between", "minor-cluster.move-agent"}


@dataclass(frozen=True)
class Cut:
    kind: str
    step: str
    where: str  # the host of: the primary, another node; between these two; or not the network, but the primary's agent

    def __str__(self):
        return f"{self.kind}.{self.step}-{self.where}"


def pytest_generate_tests(metafunc):
    cuts = [Cut(kind, step["name"], where) for kind in OPERATIONS for step in runbooks()[kind] for where in CUTS]
    metafunc.parametrize("cut", [
        pytest.param(cut, id=str(cut), marks=[] if str(cut) in QUICK else [pytest.mark.campaign]) for cut in cuts])


@pytest.fixture(scope="module")
def farm(shelf):
    with Farm(shelf.template, hosts=2) as running:
        yield running


@pytest.fixture
def database(farm, shelf, cut):
    """An enterprise database whose primary is on another host than the gateway."""
    name = f"n{zlib.crc32(str(cut).encode())}"
    farm.create(name, shelf.line.older, "enterprise-512")
    while next(node["host"] for node in nodes(farm, name, "primary")) == "local":
        farm.ok("switchover", name, "--wait")
    wait_all_replicate(farm, name)
    yield name
    for host in farm.hosts.values():
        host.heal()
    farm.failpoints.release_all()
    with contextlib.suppress(AssertionError):
        wait_for("nothing to go on", lambda: farm.show(name)["current_operation"] is None, 180)
    farm.destroy(name)
    assert farm.instance_folders() == []


def begin(farm, shelf, cut, name):
    """The id of the operation."""
    if cut.kind == "switchover":
        return farm.ok("switchover", name)["id"]
    if cut.kind == "minor-cluster":
        return farm.ok("upgrade", name, "--to", shelf.line.newer, "--yes")["id"]
    folder = farm.data_of(primary(farm, name)) / "agent" / "instances" / primary(farm, name) / "data"
    kill_all([process for process in farm.postmasters(name) if process.folder == str(folder)])
    return wait_for("the failover to begin", lambda: next(
        (row["id"] for row in farm.ok("operations", name)["operations"] if row["kind"] == "failover"), None))


@contextlib.contextmanager
def carried_out(farm, cut, name, lost, other):
    """The cut, until it was noticed."""
    if cut.where == "agent":
        lost.kill_agent()
        yield
        lost.start()
        return
    if cut.where == "between":
        lost.cut_from(other)
        yield
        wait_for("a node to be missed", lambda: farm.show(name)["current_operation"] is None or any(
            node["replication"] is None or node["replication"]["trouble"] for node in nodes(farm, name)))
        lost.heal_from(other)
        return
    away = lost if cut.where == "primary" else other
    away.cut()
    yield
    wait_for("the host to be missed", lambda: next(
        row for row in farm.ok("hosts", "list")["hosts"] if row["name"] == away.name)["state"] != "up")
    away.heal()


@pytest.mark.timeout(400)
def test_a_cut_network_costs_no_row_and_is_forgotten_when_it_is_healed(farm, shelf, database, cut):
    lost = farm.host_of(primary(farm, database))
    other = next(host for host in farm.hosts.values() if host is not lost)
    point = f"server.{cut.kind}.{cut.step}.started"
    with WriteWatcher(farm, database) as watcher, Writer(farm.database_url(database)) as writer:
        farm.failpoints.arm(point)
        identifier = begin(farm, shelf, cut, database)
        farm.failpoints.wait_hit(point)
        with carried_out(farm, cut, database, lost, other):
            farm.failpoints.release(point)
        operation = farm.wait_ended(identifier, 240)
        wait_all_replicate(farm, database, 180)
        writer.wait_for_more()
        is_newer = cut.kind == "minor-cluster" and operation["state"] == "finished"
        prove_whole(farm, database, shelf.line.newer if is_newer else shelf.line.older)
    writer.prove_nothing_lost()
    watcher.prove_one_at_a_time()
    assert ask_node(farm, primary(farm, database), database, "SELECT pg_is_in_recovery()") == [(False,)]
