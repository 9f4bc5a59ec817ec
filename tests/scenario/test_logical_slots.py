"""Change data capture from a database with standbys: its consumers go on after a switchover and a failover."""

import contextlib
import os
import signal

import pytest
from harness.clients import execute, query
from harness.cluster import ask_node, folder_of, nodes, primary, wait_all_replicate
from harness.consumer import Consumer
from harness.processes import wait_for


CARRIES_SLOTS = 17


def name_of(request):
    return "l" + "".join(letter for letter in request.node.name[-30:].lower() if letter.isalnum())


@contextlib.contextmanager
def made(house, name, version, plan):
    house.create(name, version, plan)
    try:
        yield name
    finally:
        house.failpoints.release_all()
        wait_for("nothing to go on", lambda: house.show(name)["current_operation"] is None)
        house.destroy(name)


@pytest.fixture
def business(major_house, majors, request):
    """Of the first major that carries logical slots to standbys."""
    version = majors[min(major for major in majors.path if major >= CARRIES_SLOTS)]
    with made(major_house, name_of(request), version, "business-512") as name:
        yield name


def make_slot(url, failover=True):
    options = ", false, false, true" if failover else ""
    execute(url, "CREATE TABLE t (n int PRIMARY KEY)")
    execute(url, f"SELECT pg_create_logical_replication_slot('cdc', 'test_decoding'{options})")


def insert(url, first, last):
    execute(url, f"INSERT INTO t SELECT generate_series({first}, {last})")


def wait_until_carried(house, name):
    """The standby has the slot: a failover now would not lose it."""
    (standby,) = nodes(house, name, "standby")
    wait_for("the slot to be on the standby", lambda: ask_node(
        house, standby["name"], name,
        "SELECT synced AND NOT temporary AND invalidation_reason IS NULL FROM pg_replication_slots") == [(True,)], 90)


def kill_for_good(data):
    """Its keeper cannot start it again."""
    (data / "global" / "pg_control").unlink()
    os.kill(int((data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)


def prove_all_came(consumer, last):
    consumer.wait_for(last)
    assert sorted(set(consumer.rows)) == list(range(1, last + 1))


@pytest.mark.campaign
def test_a_consumer_goes_on_after_a_switchover_there_and_back(major_house, business):
    url = major_house.database_url(business)
    make_slot(url)
    with Consumer(url, "cdc") as consumer:
        insert(url, 1, 100)
        consumer.wait_for(100)
        for turn in (1, 2):
            operation = major_house.ok("switchover", business, "--wait")
            assert operation["certificate"]["logical_slots"] == ["cdc"]
            insert(url, turn * 100 + 1, turn * 100 + 100)
            consumer.wait_for(turn * 100 + 100)
        prove_all_came(consumer, 300)
    assert any("replication is interrupted by an operation" in complaint for complaint in consumer.complaints)


@pytest.mark.campaign
def test_a_consumer_of_a_single_node_goes_on_after_a_minor_upgrade(house, shelf, request):
    with made(house, name_of(request), shelf.line.older, "starter-512") as name:
        url = house.database_url(name)
        make_slot(url, failover=False)
        with Consumer(url, "cdc") as consumer:
            insert(url, 1, 100)
            consumer.wait_for(100)
            house.ok("upgrade", name, "--to", shelf.line.newer, "--wait", "--yes")
            insert(url, 101, 200)
            prove_all_came(consumer, 200)


def test_a_consumer_goes_on_after_a_failover_and_is_never_ahead(major_house, business):
    url = major_house.database_url(business)
    make_slot(url)
    lost = primary(major_house, business)
    with Consumer(url, "cdc") as consumer:
        insert(url, 1, 100)
        consumer.wait_for(100)
        wait_until_carried(major_house, business)
        kill_for_good(folder_of(major_house, lost))
        wait_for("another primary", lambda: primary(major_house, business) != lost)
        kept = {n for (n,) in query(url, "SELECT n FROM t")}
        insert(url, 101, 200)
        prove_all_came(consumer, 200)
        assert set(range(1, 101)) <= kept
    wait_all_replicate(major_house, business)
    (operation,) = [one for one in major_house.ok("operations", business)["operations"] if one["kind"] == "failover"]
    certificate = major_house.wait_ended(operation["id"])["certificate"]
    assert (certificate["logical_slots"], certificate["logical_slots_lost"]) == (["cdc"], [])


@pytest.mark.campaign
def test_consumers_do_not_wait_for_a_standby_that_is_away(major_house, business):
    url = major_house.database_url(business)
    make_slot(url)
    (standby,) = nodes(major_house, business, "standby")
    with Consumer(url, "cdc") as consumer:
        insert(url, 1, 100)
        consumer.wait_for(100)
        major_house.failpoints.arm("agent.rejoin-instance.started")
        kill_for_good(folder_of(major_house, standby["name"]))
        major_house.failpoints.wait_hit("agent.rejoin-instance.started")
        insert(url, 101, 200)
        prove_all_came(consumer, 200)
        major_house.failpoints.release_all()
        wait_all_replicate(major_house, business)
        wait_until_carried(major_house, business)


def test_a_slot_that_cannot_be_carried_is_named_and_nothing_is_changed(major_house, business):
    url = major_house.database_url(business)
    before = primary(major_house, business)
    make_slot(url, failover=False)
    refused = major_house.cli("switchover", business, "--wait")
    assert refused.status == 4 and "cdc" in refused.err and "failover = true" in refused.err, refused
    assert primary(major_house, business) == before
    execute(url, "SELECT pg_drop_replication_slot('cdc')")
    major_house.ok("switchover", business, "--wait")
