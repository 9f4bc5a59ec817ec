"""Databases with standbys when something is not as it should be: a slow standby, a session past the gateway, a
full disk."""

import contextlib
import os
import signal
import zlib

import psycopg
import pytest
from harness.clients import Writer, execute, query
from harness.cluster import (all_replicate, ask_node, folder_of, instance_log, nodes, port_of, primary,
                             wait_all_replicate)
from harness.disk import small_disk
from harness.expect import refused
from harness.processes import kill_all, read_process, wait_for

# Of the standby; the stream of the tail has another one.
SENDER = "SELECT pid FROM pg_stat_replication WHERE application_name <> 'pgbaton_tail'"


@pytest.fixture
def database(house, shelf, request):
    name = f"t{zlib.crc32(request.node.nodeid.encode())}"
    house.create(name, shelf.line.newer, "business-512")
    yield name
    house.failpoints.release_all()
    wait_for("nothing to go on", lambda: house.show(name)["current_operation"] is None)
    house.destroy(name)


def prove_refused(house, name, reason):
    """A switchover says why not, before anybody waits; the primary is the one that it was."""
    before = primary(house, name)
    error = refused(house.cli("switchover", name, "--wait", "--json"), 4)
    assert reason in error["message"], error
    assert primary(house, name) == before


@contextlib.contextmanager
def stopped(pid):
    """SIGSTOP: there, and doing nothing."""
    process = read_process(pid)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        if process.is_alive():
            os.kill(pid, signal.SIGCONT)


@pytest.mark.timeout(300)
def test_a_standby_whose_lag_never_closes_is_refused_and_nobody_waits(house, database):
    (standby,) = nodes(house, database, "standby")
    url = house.database_url(database)
    ((receiver,),) = ask_node(house, standby["name"], database, "SELECT pid FROM pg_stat_wal_receiver")
    with Writer(url) as writer:
        with stopped(receiver):
            write_a_lot(url)
            prove_refused(house, database, f"{standby['name']} is ")
        writer.wait_for_more()
    writer.prove_nothing_lost()
    assert writer.refused == 0
    wait_all_replicate(house, database)


def test_a_session_past_the_gateway_is_named_before_anybody_waits(house, database):
    node = primary(house, database)
    with psycopg.connect(host=str(house.data / "run"), port=port_of(house, node), user="pgbaton", dbname=database,
                         autocommit=True, application_name="psql") as past:
        past.execute("SELECT 1")
        prove_refused(house, database, "past the gateway")
    house.ok("switchover", database, "--wait")
    wait_all_replicate(house, database)


def test_one_that_comes_after_the_hold_began_takes_the_switchover_back(house, database):
    point = "server.switchover.fence.started"
    node = primary(house, database)
    with Writer(house.database_url(database)) as writer:
        house.failpoints.arm(point)
        identifier = house.ok("switchover", database)["id"]
        house.failpoints.wait_hit(point)
        with psycopg.connect(host=str(house.data / "run"), port=port_of(house, node), user="pgbaton", dbname=database,
                             autocommit=True, application_name="psql"):
            house.failpoints.release(point)
            operation = house.wait_ended(identifier)
        writer.wait_for_more()
    writer.prove_nothing_lost()
    assert operation["state"] == "user-error" and "past the gateway" in operation["error"]["message"], operation
    assert writer.refused == 0 and primary(house, database) == node
    wait_all_replicate(house, database)


def write_a_lot(url):
    """Two segments of log and more."""
    execute(url, "CREATE TABLE t AS SELECT repeat(md5(n::text), 30) AS line FROM generate_series(1, 40000) n")


@pytest.mark.timeout(300)
def test_a_standby_whose_disk_is_full_costs_the_clients_nothing_and_comes_back(house, database):
    (standby,) = nodes(house, database, "standby")
    log = folder_of(house, standby["name"]) / "pg_wal"
    url = house.database_url(database)
    with Writer(url) as writer:
        with small_disk(8, at=log):
            write_a_lot(url)
            wait_for("its disk to be full", lambda: "No space left on device" in instance_log(house, standby["name"]))
            wait_for("it to be told", lambda: not all_replicate(house, database))
            writer.wait_for_more()
        writer.wait_for_more()
        wait_all_replicate(house, database)
    writer.prove_nothing_lost()
    assert writer.refused == 0


@contextlib.contextmanager
def lost_for_good(house, database, *, unsent=lambda: None):
    """The primary, killed while its standby gets nothing any more, and without the file that it needs to start: else it
    would be started again where it was. Gives the way to make it whole."""
    node = primary(house, database)
    ((sender,),) = ask_node(house, node, database, SENDER)
    control = folder_of(house, node) / "global" / "pg_control"
    os.kill(sender, signal.SIGSTOP)
    try:
        unsent()
    finally:
        away = control.rename(control.with_suffix(".away"))
        kill_all([process for process in house.postmasters(database) if process.folder == str(folder_of(house, node))])
        os.kill(sender, signal.SIGKILL)
    yield lambda: away.rename(control)
    wait_for("another primary", lambda: primary(house, database) != node)
    wait_for("the failover to end", lambda: house.show(database)["current_operation"] is None)
    wait_all_replicate(house, database)


def told_of_failover(house, database):
    (failover,) = [row for row in house.ok("operations", database)["operations"] if row["kind"] == "failover"]
    return house.operation(failover["id"])["certificate"]["possibly_lost"]


def test_commits_that_only_the_killed_primary_had_are_counted_and_their_place_is_told(house, database):
    """A business database does not wait for its standby: what that had not got yet is lost, and said so."""
    url = house.database_url(database)
    execute(url, "CREATE TABLE kept AS SELECT 0 AS n")
    (standby,) = nodes(house, database, "standby")
    wait_for("the standby to have it", lambda: ask_node(
        house, standby["name"], database, "SELECT count(*) FROM pg_class WHERE relname = 'kept'") == [(1,)])

    def write():
        for n in range(1, 6):
            execute(url, f"INSERT INTO kept VALUES ({n})")

    point = "server.failover.follow.started"
    house.failpoints.arm(point)
    with lost_for_good(house, database, unsent=write) as make_whole:
        house.failpoints.wait_hit(point)
        make_whole()
        house.failpoints.release(point)
    told = told_of_failover(house, database)
    assert told["commits"] == 5 and lsn(told["from_lsn"]) < lsn(told["to_lsn"]), told
    assert query(url, "SELECT n FROM kept") == [(0,)]


@pytest.mark.campaign
def test_a_primary_whose_data_directory_is_damaged_is_replaced_and_built_anew(house, database):
    with Writer(house.database_url(database)) as writer:
        with lost_for_good(house, database):
            pass
        writer.wait_for_more()
    told = told_of_failover(house, database)
    assert (told["commits"], told["to_lsn"]) == (None, None) and lsn(told["from_lsn"]) > 0, told


def lsn(text):
    high, low = text.split("/")
    return int(high, 16) << 32 | int(low, 16)
