"""Idle sessions that give their server connection back, and what their clients notice of it: nothing."""

import contextlib

import pytest
from harness.clients import connect, query
from harness.gateway import Gate
from harness.processes import wait_for

CONNECTIONS = 50  # that the smallest plan has
SESSIONS = 120


@pytest.fixture
def gate(house, database):
    return Gate(house, database)


@pytest.fixture
def url(house, gate, database):
    house.ok("configure", database, "--park-after", "1s")
    gate.ok("PUT", body={**gate.served, "park_after_ms": 50})  # sooner than users may ask for
    return house.database_url(database)


def value(connection, sql):
    return connection.execute(sql).fetchone()[0]


def wait_parked(gate, count):
    wait_for(f"{count} sessions to be parked", lambda: gate.status()["parked"] == count, 60)


@contextlib.contextmanager
def many(gate, url, count):
    """So many sessions, each with a setting of its own: as few at a time as there are connections."""
    with contextlib.ExitStack() as stack:
        sessions = []
        while len(sessions) < count:
            for _ in range(min(30, count - len(sessions))):
                session = stack.enter_context(connect(url))
                session.execute(f"SET app.number = {len(sessions)}")
                sessions.append(session)
            wait_parked(gate, len(sessions))
        yield sessions


def test_more_sessions_than_connections_each_keep_their_own_state(gate, url):
    with many(gate, url, SESSIONS) as sessions:
        assert not any(session["server_pid"] for session in gate.sessions())
        for number, session in enumerate(sessions):
            assert value(session, "SHOW app.number") == str(number)
            assert value(session, "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'") \
                <= CONNECTIONS
        wait_parked(gate, SESSIONS)


@pytest.mark.campaign
def test_all_of_them_wake_at_once_and_wait_for_their_turn(gate, url):
    with many(gate, url, SESSIONS) as sessions:
        for session in sessions:
            session.pgconn.send_query(b"SHOW app.number")
        for number, session in enumerate(sessions):
            assert session.pgconn.get_result().get_value(0, 0) == str(number).encode()
            assert session.pgconn.get_result() is None


def test_state_comes_back_with_a_waking_session(gate, url):
    with connect(url) as session:
        session.execute("SET work_mem = '3MB'")
        session.execute("PREPARE by_sql (int) AS SELECT $1 + 1")
        session.execute("SELECT %s::int8 * 2", (1,), prepare=True)
        first = value(session, "SELECT pg_backend_pid()")
        wait_parked(gate, 1)
        assert value(session, "SHOW work_mem") == "3MB"
        assert value(session, "EXECUTE by_sql(1)") == 2
        assert session.execute("SELECT %s::int8 * 2", (4,), prepare=True).fetchone() == (8,)
        assert value(session, "SELECT pg_backend_pid()") != first


@pytest.mark.parametrize("statement", [
    "LISTEN news", "SELECT pg_advisory_lock(7)", "CREATE TEMP TABLE own (n int)", "BEGIN",
])
def test_what_cannot_be_parked_keeps_its_connection(gate, url, statement):
    with connect(url) as session, connect(url):
        session.execute(statement)
        pid = value(session, "SELECT pg_backend_pid()")
        wait_parked(gate, 1)  # the other one
        assert value(session, "SELECT pg_backend_pid()") == pid


def test_a_client_that_leaves_while_it_is_parked_is_forgotten(gate, url):
    with connect(url):
        wait_parked(gate, 1)
    wait_for("the session to end", lambda: gate.status()["sessions"] == 0)


def test_parked_sessions_are_carried_over_an_upgrade(house, shelf, gate, database, url):
    with many(gate, url, 60) as sessions:
        house.ok("upgrade", database, "--wait")
        for number, session in enumerate(sessions):
            assert value(session, "SHOW app.number") == str(number)
        assert value(sessions[0], "SHOW server_version").split()[0] == shelf.line.newer


def test_parking_ends_when_it_is_switched_off(house, gate, database, url):
    with connect(url) as session:
        wait_parked(gate, 1)
        house.ok("configure", database, "--park-after", "off")
        assert value(session, "SELECT 1") == 1
        assert query(url, "SELECT 1") == [(1,)]
        assert gate.status()["parked"] == 0
