"""Maintenance: who connects is told why and until when, who is in leaves between two transactions, and it outlives
everybody who has to do with it."""

import contextlib
import subprocess
from datetime import datetime, timedelta, timezone

import psycopg
import pytest
from harness import raw
from harness.clients import connect, execute, query
from harness.expect import refused
from harness.gateway import gate_of
from harness.processes import kill_all, wait_for
from harness.raw import Raw

NAME = "closed"


@pytest.fixture(scope="module")
def made(shared_house, shelf):
    with gate_of(shared_house, NAME, shelf.line.older) as gate:
        yield gate


@pytest.fixture
def gate(made):
    yield made
    made.house.failpoints.release_all()
    wait_for("the server to answer", lambda: made.house.cli("maintenance", NAME, "off").status == 0)


@pytest.fixture(scope="module")
def url(shared_house, made):
    return shared_house.database_url(NAME)


def begin(gate, *options):
    return gate.house.ok("maintenance", NAME, "on", *options)["maintenance"]


def end(gate):
    return gate.house.ok("maintenance", NAME, "off")


def refusal(url):
    """What psql, who wants in, is told; nothing when it is let in."""
    done = subprocess.run(["psql", "-X", "-A", "-t", "-c", "SELECT 1", url], capture_output=True, text=True, timeout=60,
                          check=False)
    return "" if done.returncode == 0 else done.stderr


def answer_to_startup(gate, **parameters):
    """The SQLSTATE that a client gets; none when it is asked for its password."""
    with Raw(gate.port) as client:
        client.send(raw.startup({"user": NAME, "database": NAME, **parameters}))
        kind, body = client.read()
        return "" if kind == b"R" else raw.fields(body)["C"]


def in_minutes(minutes):
    return (datetime.now(timezone.utc) + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_who_connects_is_told_why_and_until_when_and_is_let_in_afterwards(gate, url):
    until = in_minutes(30)
    begun = begin(gate, "--message", "New prices", "--until", until)
    assert (begun["message"], begun["grace_ms"]) == ("New prices", 60_000)
    words = f'database "{NAME}" is in maintenance until {until[:10]} {until[11:19]} UTC: New prices'
    said = refusal(url)
    assert f"FATAL:  {words}" in said and "Connect again then." in said
    with pytest.raises(psycopg.OperationalError, match="New prices"):
        connect(url, sslmode="require")
    assert answer_to_startup(gate) == "57P03"
    shown = gate.house.show(NAME)["maintenance"]
    assert shown == begun == gate.status()["maintenance"]
    text = gate.house.cli("show", NAME).out
    assert "New prices" in text and "maintenance" in gate.house.cli("list").out
    end(gate)
    assert refusal(url) == "" and gate.house.show(NAME)["maintenance"] is None
    assert gate.status()["maintenance"] is None


def test_replication_connections_come_and_stay(gate):
    begin(gate)
    assert answer_to_startup(gate, replication="database") == ""
    assert answer_to_startup(gate) == "57P03"


def test_an_idle_session_ends_at_once_and_an_open_transaction_commits_before(gate, url):
    execute(url, "CREATE TABLE IF NOT EXISTS kept (n int)")
    with connect(url) as idle, connect(url) as busy:
        busy.execute("BEGIN; INSERT INTO kept VALUES (1)")
        begin(gate, "--message", "New prices")
        with pytest.raises(psycopg.OperationalError, match="in maintenance: New prices"):
            idle.execute("SELECT 1")
        busy.execute("INSERT INTO kept VALUES (2)")
        busy.execute("COMMIT")
        with pytest.raises(psycopg.OperationalError, match="in maintenance: New prices"):
            busy.execute("SELECT 1")
    wait_for("all sessions to be gone", lambda: gate.status()["sessions"] == 0)
    end(gate)
    assert query(url, "SELECT n FROM kept ORDER BY n") == [(1,), (2,)]
    execute(url, "DROP TABLE kept")


def test_what_was_sent_in_a_pipeline_is_answered_before_its_session_ends(gate, url):
    with Raw(gate.port) as client:
        client.login(NAME, psycopg.conninfo.conninfo_to_dict(url)["password"])
        client.send(*[raw.parse("SELECT pg_sleep(0.2)"), raw.BIND, raw.EXECUTE, raw.SYNC] * 3)
        gate.wait_state("active")
        begin(gate)
        assert [client.kinds() for _ in range(3)] == [b"12DCZ"] * 3
        assert raw.fields(client.read()[1])["C"] == "57P01"


def test_after_the_grace_a_transaction_is_ended_and_its_statement_stopped(gate, url):
    with contextlib.closing(connect(url)) as busy, connect(url) as idle_in_transaction:
        idle_in_transaction.execute("BEGIN")
        busy.pgconn.send_query(b"SELECT pg_sleep(61)")
        gate.wait_state("active")
        begin(gate, "--grace", "0")
        wait_for("both to be ended", lambda: gate.status()["sessions"] == 0)
        with pytest.raises(psycopg.OperationalError, match="the transaction was ended"):
            idle_in_transaction.execute("SELECT 1")
    wait_for("the statement to be stopped at the server", lambda: gate.as_superuser(
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%sleep(61)%' AND state = 'active' "
        "AND pid <> pg_backend_pid()") == "0")


def test_parked_sessions_and_logins_under_way_end_too(gate, url):
    gate.house.ok("configure", NAME, "--park-after", "1s")
    try:
        with connect(url) as parked, Raw(gate.port) as login:
            gate.wait_state("parked")
            login.send(raw.startup({"user": NAME, "database": NAME}))
            assert login.read()[0] == b"R"
            begin(gate)
            assert b"57P03" in login.read()[1]
            with pytest.raises(psycopg.OperationalError, match="is in maintenance"):
                parked.execute("SELECT 1")
    finally:
        gate.house.ok("configure", NAME, "--park-after", "off")


def test_its_time_ends_it_by_itself_and_asking_again_changes_it(gate, url):
    first = begin(gate, "--until", "30min", "--message", "one")
    second = begin(gate, "--until", "1s", "--message", "two")
    assert second["since"] == first["since"] and second["message"] == "two"
    assert "two" in refusal(url)
    wait_for("clients to be let in again", lambda: refusal(url) == "", pause=0.1)
    assert gate.house.show(NAME)["maintenance"] is None
    assert gate.served["maintenance"] is None


def test_sessions_that_are_held_stay_until_the_hold_is_over(gate, url):
    with connect(url) as session:
        gate.hold()
        begin(gate)
        assert gate.status()["sessions"] == 1
        gate.resume()
        with pytest.raises(psycopg.OperationalError, match="is in maintenance"):
            session.execute("SELECT 1")


def test_an_upgrade_goes_through_in_maintenance(gate, url, shelf):
    begin(gate, "--message", "A new version")
    gate.house.ok("upgrade", NAME, "--wait", "--yes")
    assert "A new version" in refusal(url)
    end(gate)
    assert query(url, "SHOW server_version")[0][0].split()[0] == shelf.line.newer


@contextlib.contextmanager
def server_killed_at(gate, point, *words):
    """While a command is carried out, exactly there; afterwards the server is back."""
    gate.house.failpoints.arm(point)
    asked = subprocess.Popen([gate.house.program, "maintenance", NAME, *words],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=gate.house.environment(
                                 PGBATON_SERVER=gate.house.url, PGBATON_TOKEN=gate.house.token))
    try:
        gate.house.failpoints.wait_hit(point)
        yield
        kill_all([gate.house.part("server")])
        gate.house.failpoints.release_all()
    finally:
        asked.wait(timeout=60)
    wait_for("the server to answer", lambda: gate.house.cli("list").status == 0)


def test_a_server_killed_before_it_told_the_gateway_tells_it_later(gate, url):
    with server_killed_at(gate, "server.maintenance.begun", "on", "--message", "Killed"):
        assert refusal(url) == ""
    wait_for("the gateway to be told", lambda: "Killed" in refusal(url), pause=0.1)
    with server_killed_at(gate, "server.maintenance.ended", "off"):
        assert "Killed" in refusal(url)
        assert gate.house.show(NAME)["maintenance"] is None
    wait_for("the gateway to be told", lambda: refusal(url) == "", pause=0.1)


def test_a_gateway_that_is_taken_over_or_killed_or_has_lost_its_file_keeps_it(gate, url):
    begin(gate, "--message", "Kept")
    before = gate.process
    gate.house.ok("reload", "--data", gate.house.data)
    assert gate.process.pid != before.pid and "in maintenance: Kept" in refusal(url)
    wait_for("the server to answer", lambda: gate.house.cli("list").status == 0)
    kill_all([gate.process])
    wait_for("it to be back", lambda: "in maintenance: Kept" in refusal(url), pause=0.1)
    gate.ok("DELETE", "/maintenance")  # as if it had lost its file
    wait_for("the server to tell it again", lambda: "in maintenance: Kept" in refusal(url), pause=0.1)


def test_what_makes_no_sense_is_refused_in_words(gate, url):
    house = gate.house
    for words, status, text in (
            (["on", "--until", "tomorrow"], 2, "a time like 2026-11-28T01:00:00Z"),
            (["on", "--until", "30"], 2, "30min"),
            (["on", "--until", "2020-01-01T00:00:00Z"], 2, "has passed already"),
            (["on", "--message", "two\nlines"], 2, "one line"),
            (["on", "--grace", "soon"], 2, "soon"),
            (["maybe"], 2, "on or off"),
            (["off", "--message", "x"], 2, "for a maintenance that begins")):
        refused(house.cli("maintenance", NAME, *words, "--json"), status, text)
    refused(house.cli("maintenance", "nobody", "on", "--json"), 3, "no database")
    assert house.request("PUT", f"/api/v1/databases/{NAME}/maintenance", {"grace_ms": -1}).status == 400
    assert refusal(url) == "" and house.show(NAME)["maintenance"] is None


def test_the_next_database_of_the_same_name_is_not_in_maintenance(gate, shelf):
    house = gate.house
    house.create("again", shelf.line.newer)
    house.ok("maintenance", "again", "on")
    house.destroy("again")
    house.create("again", shelf.line.newer)
    try:
        assert query(house.database_url("again"), "SELECT 1") == [(1,)]
        assert house.show("again")["maintenance"] is None
    finally:
        house.destroy("again")
