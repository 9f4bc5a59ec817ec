"""Databases with standbys: made, switched over, upgraded minor by minor, and a lost primary replaced; under clients."""

import contextlib
import os
import signal
import threading

import psycopg
import pytest
from harness.clients import Writer, execute, query, server_version
from harness.cluster import (WriteWatcher, all_replicate, ask_node, connect_node, folder_of, nodes, primary, prove_equal,
                             wait_all_replicate)
from harness.processes import kill_all, wait_for
from harness.witness import Witness

STEADY = ("--connections", "8", "--rows-per-second", "50")


@pytest.fixture
def business(house, shelf, request):
    with made(house, shelf.line.older, "business-512", request) as name:
        yield name


@pytest.fixture
def enterprise(house, shelf, request):
    with made(house, shelf.line.older, "enterprise-512", request) as name:
        yield name


@contextlib.contextmanager
def made(house, version, plan, request):
    name = request.node.name.split("[")[0][-40:].strip("_").lower()
    name = "c" + "".join(letter for letter in name if letter.isalnum() or letter == "_")
    house.create(name, version, plan)
    try:
        yield name
    finally:
        house.failpoints.release_all()
        wait_for("nothing to go on", lambda: house.show(name)["current_operation"] is None)
        house.destroy(name)
    assert house.postmasters(name) == []


def prove_kept(report):
    """Nothing that was acknowledged is lost, and no client has noticed more than a wait."""
    assert (report["lost"], report["duplicated"], report["disconnects"]) == (0, 0, 0), report
    assert (report["errors"], report["session_state_lost"], report["in_doubt"]) == ({}, 0, 0), report


def test_a_business_database_has_a_standby_that_replicates(house, business):
    shown = house.show(business)
    assert (shown["topology"], shown["replication"], shown["state"]) == ("business", "asynchronous", "running")
    assert [node["role"] for node in shown["nodes"]] == ["primary", "standby"]
    execute(house.database_url(business), "CREATE TABLE t AS SELECT generate_series(1, 1000) AS n")
    prove_equal(house, business, "SELECT count(*) FROM t")
    (standby,) = nodes(house, business, "standby")
    assert ask_node(house, standby["name"], business, "SELECT pg_is_in_recovery()") == [(True,)]
    wait_for("the lag to be told", lambda: nodes(house, business, "standby")[0]["lag_bytes"] == 0)


def test_commits_of_an_enterprise_database_wait_for_one_standby(house, enterprise):
    shown = house.show(enterprise)
    assert (shown["replication"], len(shown["nodes"])) == ("synchronous", 3)
    names = ask_node(house, primary(house, enterprise), enterprise, "SHOW synchronous_standby_names")[0][0]
    assert names.startswith("ANY 1 (")
    (node,) = nodes(house, enterprise, "primary")
    assert {replica["sync_state"] for replica in node["replication"]["replicas"]} == {"quorum"}


@pytest.mark.parametrize("plan", ["business-512", pytest.param("enterprise-512", marks=pytest.mark.campaign)])
def test_a_switchover_keeps_every_session_and_every_row(house, shelf, request, tmp_path, plan):
    with made(house, shelf.line.newer, plan, request) as name:
        before = primary(house, name)
        with WriteWatcher(house, name) as watcher, Witness(house, house.database_url(name), tmp_path, *STEADY) as witness:
            operation = house.ok("switchover", name, "--wait")
            witness.wait_for_more(rows=20)
        report = witness.report(0)
        prove_kept(report)
        watcher.prove_one_at_a_time()
        assert operation["state"] == "finished"
        after = primary(house, name)
        assert after != before and operation["certificate"]["new_primary"] == after
        assert operation["certificate"]["timeline"] == operation["certificate"]["old_timeline"] + 1
        wait_all_replicate(house, name)
        prove_equal(house, name, "SELECT count(*) FROM pg_class")


def test_there_and_back_again(house, business, tmp_path):
    first = primary(house, business)
    with Witness(house, house.database_url(business), tmp_path, *STEADY) as witness:
        house.ok("switchover", business, "--wait")
        house.ok("switchover", business, "--wait")
        witness.wait_for_more(rows=20)
    prove_kept(witness.report(0))
    assert primary(house, business) == first


@pytest.mark.parametrize("plan", [pytest.param("business-512", marks=pytest.mark.campaign), "enterprise-512"])
def test_a_minor_upgrade_goes_through_the_nodes_one_by_one(house, shelf, request, tmp_path, plan):
    with made(house, shelf.line.older, plan, request) as name:
        with WriteWatcher(house, name) as watcher, Witness(house, house.database_url(name), tmp_path, *STEADY) as witness:
            operation = house.ok("upgrade", name, "--wait")
            witness.wait_for_more(rows=20)
        prove_kept(witness.report(0))
        watcher.prove_one_at_a_time()
        assert (operation["kind"], operation["state"]) == ("minor-cluster", "finished")
        shown = house.show(name)
        assert {node["version"] for node in shown["nodes"]} == {shelf.line.newer}
        assert shown["version"] == shelf.line.newer == server_version(house.database_url(name))
        wait_all_replicate(house, name)


def test_a_starter_database_has_nothing_to_switch_to(house, database):
    outcome = house.cli("switchover", database, "--json")
    assert outcome.status == 4 and "no standby" in outcome.error["message"], outcome


def test_a_transaction_that_stays_open_stops_the_switchover_and_nothing_is_changed(house, business):
    url = house.database_url(business)
    execute(url, "CREATE TABLE t (n int)")
    before = primary(house, business)
    with Writer(url) as writer:
        with psycopg.connect(url) as holder:
            holder.execute("INSERT INTO t VALUES (1)")
            outcome = house.cli("switchover", business, "--max-stall", "300ms", "--wait", "--json")
            assert outcome.status == 4, outcome
            holder.commit()
        writer.wait_for_more()
    writer.prove_nothing_lost()
    assert writer.refused == 0
    assert primary(house, business) == before and all_replicate(house, business)
    assert query(url, "SELECT n FROM t") == [(1,)]


def postmasters_of(house, name, node):
    return [process for process in house.postmasters(name) if process.folder == str(folder_of(house, node))]


def test_a_killed_primary_of_an_enterprise_database_is_replaced_and_nothing_is_lost(house, enterprise):
    node = primary(house, enterprise)
    with WriteWatcher(house, enterprise) as watcher, Writer(house.database_url(enterprise)) as writer:
        kill_all(postmasters_of(house, enterprise, node))
        wait_for("another primary", lambda: primary(house, enterprise) != node)
        writer.wait_for_more()
    writer.prove_nothing_lost()
    watcher.prove_one_at_a_time()
    wait_all_replicate(house, enterprise)
    wait_for("the failover to end", lambda: house.show(enterprise)["current_operation"] is None)
    (failover,) = [row for row in house.ok("operations", enterprise)["operations"] if row["kind"] == "failover"]
    assert failover["state"] == "finished"
    assert house.operation(failover["id"])["certificate"]["possibly_lost"] is None


def test_a_standby_whose_postmaster_is_killed_is_back_by_itself(house, business):
    (standby,) = nodes(house, business, "standby")
    kill_all(postmasters_of(house, business, standby["name"]))
    wait_all_replicate(house, business)


@contextlib.contextmanager
def stopped(pid):
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def lose_log_of(house, name, receiver, connection):
    """The primary does not keep the log that a standby needs which takes none for a while."""
    few = {"max_slot_wal_keep_size": "1MB", "wal_keep_size": "0", "max_wal_size": "32MB", "min_wal_size": "32MB"}
    for setting, value in few.items():
        connection.execute(f"ALTER SYSTEM SET {setting} = '{value}'")
    connection.execute("SELECT pg_reload_conf()")
    first = primary(house, name)
    with stopped(receiver):
        for _ in range(6):
            connection.execute("SELECT pg_logical_emit_message(false, 'test', repeat('x', 8000000)), pg_switch_wal()")
        checkpoint = threading.Thread(target=lambda: execute_node(house, first, name, "CHECKPOINT"), daemon=True)
        checkpoint.start()
        waits = "SELECT wait_event FROM pg_stat_activity WHERE backend_type = 'checkpointer'"
        wait_for("the checkpoint to wait for the walsender, or to have ended", lambda: (
            not checkpoint.is_alive() or connection.execute(waits).fetchone()[0] == "ReplicationSlotDrop"))
    checkpoint.join(timeout=60)
    wait_for("the slot to be lost", lambda: connection.execute(
        "SELECT wal_status FROM pg_replication_slots").fetchone()[0] == "lost")
    connection.execute("ALTER SYSTEM RESET ALL")
    connection.execute("SELECT pg_reload_conf()")


def execute_node(house, node, database, sql):
    with connect_node(house, node, database) as connection:
        connection.execute(sql)


def metrics(house):
    return house.request("GET", "/metrics").text


def test_a_standby_whose_log_is_gone_is_seen_told_and_built_anew(house, business):
    """Its walreceiver stands still, and the primary may not keep log for it."""
    (standby,) = nodes(house, business, "standby")
    first = primary(house, business)
    shown = standby["replication"]
    assert (shown["sync_state"], shown["trouble"], shown["timeline"]) == ("async", None, 1), shown
    label = f'database="{business}",instance="{standby["name"]}"'
    assert f"pgbaton_replication_lag_bytes{{{label}}} " in metrics(house)
    ((receiver,),) = ask_node(house, standby["name"], business, "SELECT pid FROM pg_stat_wal_receiver")
    with connect_node(house, first, business) as connection:
        lose_log_of(house, business, receiver, connection)
        wait_for("show to tell", lambda: "built anew" in (
            nodes(house, business, "standby")[0]["replication"]["trouble"] or ""))
        assert f'pgbaton_replication_slot_lost{{database="{business}",instance="{first}",slot="{standby["name"]}"}} 1' \
            in metrics(house)

    def repaired():
        rows = house.ok("operations", business)["operations"]
        return [row for row in rows if row["kind"] == "repair" and row["state"] == "finished"]

    (repair,) = wait_for("the standby to be repaired", repaired)
    told = [event["message"] for event in house.operation(repair["id"])["events"]]
    assert any("rebuilt" in line for line in told), told
    wait_all_replicate(house, business)
    assert nodes(house, business, "standby")[0]["replication"]["trouble"] is None
