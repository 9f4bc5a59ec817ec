"""Another plan for a database: memory, standbys, and whether commits wait for them; under clients."""

import contextlib

import psycopg
import pytest
from harness.clients import query
from harness.cluster import WriteWatcher, ask_node, nodes, primary, prove_equal, wait_all_replicate
from harness.processes import wait_for
from harness.witness import Witness

STEADY = ("--connections", "8", "--rows-per-second", "50")
CONNECTIONS = {512: 50, 1024: 100}  # places for clients
RESERVED = 13  # for the platform, on top of them


@pytest.fixture
def made(house, shelf, request):
    """made(plan) → the name of a database that is gone after the test."""
    names = []

    def make(plan):
        name = f"r{abs(hash(request.node.nodeid)) % 10**8}"
        house.create(name, shelf.line.newer, plan)
        names.append(name)
        return name

    yield make
    for name in names:
        wait_for("nothing to go on", lambda name=name: house.show(name)["current_operation"] is None)
        house.destroy(name)
        assert house.postmasters(name) == []


@contextlib.contextmanager
def witnessed(house, name, tmp_path):
    """Clients notice no more than a wait, and keep every row."""
    with Witness(house, house.database_url(name), tmp_path, *STEADY) as witness:
        yield witness
        witness.wait_for_more(rows=20)
    report = witness.report(0)
    assert (report["lost"], report["duplicated"], report["disconnects"]) == (0, 0, 0), report
    assert (report["errors"], report["session_state_lost"], report["in_doubt"]) == ({}, 0, 0), report


def resize(house, name, *arguments):
    operation = house.ok("resize", name, *arguments, "--wait")
    assert operation["state"] == "finished", operation
    return operation


def memory_of(house, name):
    """{node: (shared_buffers, max_connections)}, as the running servers say it."""
    sql = "SELECT current_setting('shared_buffers'), current_setting('max_connections')::int"
    return {node["name"]: ask_node(house, node["name"], name, sql)[0] for node in nodes(house, name)}


def prove_memory(house, name, megabytes):
    seen = memory_of(house, name)
    first = next(iter(seen.values()))
    assert set(seen.values()) == {first}, seen
    assert first[0] == f"{megabytes // 4}MB", seen
    return first[1]


def test_a_starter_database_gets_a_standby_and_more_memory_and_gives_both_back(house, made, tmp_path):
    name = made("starter-512")
    before = prove_memory(house, name, 512)
    with witnessed(house, name, tmp_path):
        grown = resize(house, name, "--plan", "business-1024")
        wait_all_replicate(house, name)
        shown = house.show(name)
        assert (grown["kind"], shown["plan"], len(shown["nodes"])) == ("resize-restart", "business-1024", 2)
        assert prove_memory(house, name, 1024) - before == CONNECTIONS[1024] - CONNECTIONS[512]
        prove_equal(house, name, "SELECT count(*) FROM pg_class")
        resize(house, name, "--plan", "starter-512")
        assert (house.show(name)["plan"], len(nodes(house, name))) == ("starter-512", 1)
        assert prove_memory(house, name, 512) == before
    assert len(house.instance_folders()) == 1
    assert ask_node(house, primary(house, name), name, "SELECT slot_name FROM pg_replication_slots") == []


def test_more_memory_comes_with_a_switchover_and_a_second_standby(house, made, tmp_path):
    name = made("business-512")
    was = primary(house, name)
    with WriteWatcher(house, name) as watcher, witnessed(house, name, tmp_path):
        operation = resize(house, name, "--plan", "enterprise-1024")
        wait_all_replicate(house, name)
    watcher.prove_one_at_a_time()
    shown = house.show(name)
    assert (operation["kind"], shown["plan"], shown["replication"]) == ("resize-rolling", "enterprise-1024", "synchronous")
    assert primary(house, name) != was and len(shown["nodes"]) == 3
    prove_memory(house, name, 1024)
    names = ask_node(house, primary(house, name), name, "SHOW synchronous_standby_names")[0][0]
    assert names.startswith("ANY 1 (") and all(node["name"] in names for node in nodes(house, name, "standby")), names
    assert {node["name"] for node in operation["certificate"]["nodes"]} == {node["name"] for node in shown["nodes"]}


@pytest.mark.campaign
def test_less_memory_begins_at_the_primary(house, made, tmp_path):
    name = made("business-1024")
    was = primary(house, name)
    with contextlib.ExitStack() as held:
        for _ in range(CONNECTIONS[512] + 1):
            held.enter_context(psycopg.connect(house.database_url(name)))
        outcome = house.cli("resize", name, "--plan", "business-512", "--wait", "--json")
        assert outcome.status == 4 and "room for" in outcome.error["message"], outcome
    wait_for("the sessions to end", lambda: not house.ok("sessions", name)["sessions"])
    with witnessed(house, name, tmp_path):
        operation = resize(house, name, "--plan", "business-512")
        wait_all_replicate(house, name)
    assert (operation["kind"], primary(house, name)) == ("resize-restart", was)
    prove_memory(house, name, 512)


@pytest.mark.campaign
def test_standbys_and_synchronous_commits_come_and_go_without_a_wait(house, made, tmp_path):
    name = made("enterprise-512")
    with witnessed(house, name, tmp_path):
        operation = resize(house, name, "--plan", "business-512")
        assert operation["kind"] == "resize-nodes" and operation["stall"] is None, operation
        assert (house.show(name)["replication"], len(nodes(house, name))) == ("asynchronous", 2)
        assert query(house.database_url(name), "SHOW synchronous_standby_names") == [("",)]
        resize(house, name, "--replication", "synchronous")
        (standby,) = nodes(house, name, "standby")
        assert query(house.database_url(name), "SHOW synchronous_standby_names") == [(f'ANY 1 ("{standby["name"]}")',)]
    assert house.show(name)["replication"] == "synchronous"


def test_a_plan_is_shown_before_it_is_changed(house, database):
    plan = house.ok("resize", database, "--plan", "business-512", "--dry-run")
    assert (plan["from"], plan["to"], plan["kind"]) == ("starter-512", "business-512", "resize-restart")
    assert "1 standby will be made" in plan["text"] and [step["name"] for step in plan["steps"]][0] == "check"
    assert len(nodes(house, database)) == 1
    for arguments in (("--plan", "starter-512"), ("--replication", "asynchronous")):
        outcome = house.cli("resize", database, *arguments, "--json")
        assert outcome.status == 4 and "already" in outcome.error["message"], outcome
    assert house.cli("resize", database, "--json").status == 2
    assert house.cli("resize", database, "--plan", "starter-1", "--json").status == 2
    assert house.cli("resize", database, "--replication", "synchronous", "--json").status == 2
    assert house.cli("resize", "nosuch", "--plan", "starter-1024", "--json").status == 3
