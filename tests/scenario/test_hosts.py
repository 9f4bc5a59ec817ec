"""Databases whose nodes are on several hosts: network namespaces, with agents that the server reaches by mutual TLS."""

import os
import signal

import psycopg
import pytest
from harness.clients import Writer
from harness.cluster import WriteWatcher, ask_node, nodes, primary, prove_equal, wait_all_replicate
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


@pytest.mark.campaign
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


@pytest.fixture
def safe(farm, shelf, request):
    """An enterprise database, a node on each of three hosts, whose primary is not on the gateway's."""
    name = "s" + "".join(letter for letter in request.node.name.split("[")[0][-30:].lower() if letter.isalnum())
    farm.create(name, shelf.line.older, "enterprise-512")
    while host_of(farm, name) == "local":
        farm.ok("switchover", name, "--wait")
    wait_all_replicate(farm, name)
    yield name
    for host in farm.hosts.values():
        host.heal()
    wait_for("nothing to go on", lambda: farm.show(name)["current_operation"] is None, 180)
    farm.destroy(name)


def test_a_primary_whose_host_is_cut_off_stops_itself_and_is_replaced(farm, safe, tmp_path):
    lost = primary(farm, safe)
    with WriteWatcher(farm, safe) as watcher, Witness(farm, farm.database_url(safe), tmp_path, *STEADY) as witness:
        witness.wait_for_more(rows=20)
        farm.host_of(lost).cut()
        wait_for("another primary", lambda: primary(farm, safe) != lost, 90)
        witness.wait_for_more(rows=20)
        farm.host_of(lost).heal()
        wait_all_replicate(farm, safe, 120)
        witness.wait_for_more(rows=20)
    report = witness.report(5)
    assert (report["lost"], report["duplicated"]) == (0, 0), report
    watcher.prove_one_at_a_time()
    prove_equal(farm, safe, "SELECT count(*) FROM pg_class")


@pytest.mark.campaign
def test_a_standby_whose_host_is_cut_off_keeps_nobody_and_comes_back(farm, safe):
    kept = primary(farm, safe)
    standby = next(node["name"] for node in nodes(farm, safe, "standby") if node["host"] != "local")
    with Writer(farm.database_url(safe)) as writer:
        farm.host_of(standby).cut()
        wait_for("the standby to be missed", lambda: not next(
            node for node in nodes(farm, safe) if node["name"] == kept)["replication"]["replicas"][1:], 60)
        writer.wait_for_more(20)
        farm.host_of(standby).heal()
        wait_all_replicate(farm, safe, 120)
    assert primary(farm, safe) == kept
    writer.prove_nothing_lost()
    assert writer.refused == 0


@pytest.mark.campaign
def test_a_server_that_says_nothing_for_longer_than_a_lease_stops_no_primary(farm, safe):
    kept = primary(farm, safe)
    address = farm.database_url(safe)
    began = ask_node(farm, kept, safe, "SELECT pg_postmaster_start_time()")
    server = farm.part("server")
    with psycopg.connect(address, autocommit=True) as client:
        before = client.execute("SELECT clock_timestamp()").fetchone()[0]
        os.kill(server.pid, signal.SIGSTOP)
        try:
            wait_for("more than a lease to pass", lambda: client.execute(
                "SELECT clock_timestamp() - %s > '12 seconds'", [before]).fetchone()[0], 60, pause=0.2)
        finally:
            os.kill(server.pid, signal.SIGCONT)
    assert ask_node(farm, kept, safe, "SELECT pg_postmaster_start_time()") == began
    assert primary(farm, safe) == kept


def test_a_rolling_minor_upgrade_goes_over_all_hosts(farm, safe, shelf, tmp_path):
    with WriteWatcher(farm, safe) as watcher, Witness(farm, farm.database_url(safe), tmp_path, *STEADY) as witness:
        operation = farm.ok("upgrade", safe, "--to", shelf.line.newer, "--wait", "--yes", seconds=300)
        witness.wait_for_more(rows=20)
    report = witness.report(0)
    assert operation["state"] == "finished"
    assert (report["lost"], report["disconnects"], report["errors"]) == (0, 0, {}), report
    watcher.prove_one_at_a_time()
    assert {node["version"] for node in nodes(farm, safe)} == {shelf.line.newer}


@pytest.mark.campaign
def test_an_agent_that_is_killed_costs_nobody_anything(farm, safe, tmp_path):
    kept = primary(farm, safe)
    with Witness(farm, farm.database_url(safe), tmp_path, *STEADY) as witness:
        farm.host_of(kept).kill_agent()
        witness.wait_for_more(rows=20)
        farm.host_of(kept).start()
        witness.wait_for_more(rows=20)
    assert witness.report(0)["errors"] == {}
    assert primary(farm, safe) == kept


@pytest.mark.parametrize(("arguments", "status", "words"), [
    (("add", "here", "127.0.0.2"), 2, "this host itself"),
    (("add", "local", "10.0.0.9"), 2, "cannot be the name"),
    (("add", "db2", "db2.example"), 2, "not an address"),
    (("remove", "nobody"), 3, "no host"),
])
def test_what_cannot_be_a_host_is_said(farm, arguments, status, words):
    outcome = farm.cli("hosts", *arguments, "--json")
    assert (outcome.status, words in outcome.error["message"]) == (status, True), outcome


def test_a_host_with_nodes_is_not_removed(farm, spread):
    host = next(node["host"] for node in nodes(farm, spread) if node["host"] != "local")
    outcome = farm.cli("hosts", "remove", host, "--json")
    assert outcome.status == 4 and "nodes" in outcome.error["message"], outcome


def test_a_house_that_nobody_else_can_reach_takes_no_hosts(house):
    outcome = house.cli("hosts", "add", "db2", "10.0.0.2", "--json")
    assert outcome.status == 4 and "--address" in outcome.error["remedy"], outcome
