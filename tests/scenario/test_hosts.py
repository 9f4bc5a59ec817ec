"""Databases whose nodes are on several hosts: network namespaces, with agents that the server reaches by mutual TLS."""

import psycopg
import pytest
from harness.clients import Writer, execute, query, server_version
from harness.cluster import (WriteWatcher, ask_node, nodes, primary, prove_equal, wait_all_replicate)
from harness.hosts import Farm
from harness.processes import wait_for
from harness.witness import Witness

STEADY = ("--connections", "8", "--rows-per-second", "50")


@pytest.fixture(scope="module")
def shared_farm(shelf):
    with Farm(shelf.template, hosts=2) as running:
        yield running


@pytest.fixture
def farm(shared_farm):
    yield shared_farm
    for host in shared_farm.hosts.values():
        host.heal()
    shared_farm.failpoints.release_all()


@pytest.fixture
def spread(farm, shelf, request):
    """A business database with its nodes on two hosts."""
    name = "h" + "".join(letter for letter in request.node.name.split("[")[0][-30:].lower() if letter.isalnum())
    farm.create(name, shelf.line.older, "business-512")
    yield name
    wait_for("nothing to go on", lambda: farm.show(name)["current_operation"] is None, 120)
    farm.destroy(name)
    assert all(not list(host.data.glob(f"agent/instances/{name}_*")) for host in farm.hosts.values())


def host_of(farm, database, role="primary"):
    (node,) = nodes(farm, database, role)
    return node["host"]


def test_nodes_are_spread_over_hosts_and_clients_move_between_them(farm, spread, tmp_path):
    assert host_of(farm, spread) != host_of(farm, spread, "standby")
    seen = set()
    with WriteWatcher(farm, spread) as watcher, Witness(farm, farm.database_url(spread), tmp_path, *STEADY) as witness:
        for _ in range(2):
            seen.add(host_of(farm, spread))
            operation = farm.ok("switchover", spread, "--wait")
            assert operation["state"] == "finished"
            witness.wait_for_more(rows=20)
        seen.add(host_of(farm, spread))
    report = witness.report(0)
    assert (report["lost"], report["duplicated"], report["disconnects"], report["errors"]) == (0, 0, 0, {}), report
    assert report["session_state_lost"] == 0, report
    watcher.prove_one_at_a_time()
    assert len(seen) == 2
    wait_all_replicate(farm, spread)
    prove_equal(farm, spread, "SELECT count(*) FROM pg_class")
