"""Sessions wait on a standby before it becomes their server, and move onto it: the gateway's part of a switchover."""

import contextlib

import psycopg
import pytest
from harness import raw
from harness.clients import Writer, connect
from harness.pair import NAME, PASSWORD, Pair, make_template
from harness.processes import wait_for
from harness.raw import Raw


@pytest.fixture(scope="session")
def template(shelf, tmp_path_factory):
    return make_template(shelf.line.newer, tmp_path_factory.mktemp("pair") / "template")


@pytest.fixture
def pair(shelf, template):
    with Pair(shelf.line.newer, template) as made:
        yield made.start()


def value(connection, sql):
    return connection.execute(sql).fetchone()[0]


def prepare(pair, **more):
    return pair.gate.ok("POST", "/prepare", {"generation": 1, "candidate": pair.standby.address, **more})


def move(pair, server=None, operation="test"):
    body = {"operation": operation, "generation": 1, "server": (server or pair.standby).address}
    return pair.gate.ask("POST", "/move", body)


def swapped(pair):
    """Sessions that went on with a connection that was prepared."""
    return pair.metric("pgbaton_gateway_swapped_total")


def switch(pair, *, held=lambda: None):
    """Hold, equal positions, fence, promote, move, resume: what the switchover's runbook does."""
    pair.gate.hold()
    held()
    pair.catch_up()
    pair.primary.kill_whole()
    pair.standby.promote()
    assert move(pair) == (200, {})
    return pair.gate.resume()


def make_state(session):
    for sql in ("SET work_mem = '3MB'", "SET statement_timeout = '5min'", "SET search_path = pg_catalog, public",
                "SET client_encoding = latin1", "SET app.tenant = 'Zoë''s'", "SET TimeZone = 'Asia/Tokyo'",
                "SELECT set_config('app.other', '7', false)", "SET default_transaction_read_only = on",
                "SET default_transaction_isolation = serializable",
                "PREPARE by_sql (int) AS SELECT $1 + 1", "LISTEN \"a Channel\"", "SELECT pg_advisory_lock(42)",
                "SELECT pg_advisory_lock_shared(1, -2)"):
        session.execute(sql)
    session.execute("SELECT %s::int8 * 2", (1,), prepare=True)


STATE = {
    "SHOW work_mem": "3MB", "SHOW statement_timeout": "5min", "SHOW search_path": "pg_catalog, public",
    "SHOW client_encoding": "LATIN1", "SHOW app.tenant": "Zoë's", "SHOW app.other": "7",
    "SHOW default_transaction_read_only": "on", "SHOW TimeZone": "Asia/Tokyo", "SHOW application_name": "a shop",
    "SHOW default_transaction_isolation": "serializable",
    "SHOW enable_seqscan": "off", "EXECUTE by_sql(1)": 2,
    "SELECT count(*) FROM pg_prepared_statements WHERE NOT from_sql": 1,
    "SELECT array_agg(c) FROM pg_listening_channels() c": ["a Channel"],
    "SELECT string_agg(format('%s/%s/%s/%s', classid, objid, objsubid, mode), ' ' ORDER BY classid) FROM pg_locks "
    "WHERE locktype = 'advisory' AND pid = pg_backend_pid()": "0/42/1/ExclusiveLock 1/4294967294/2/ShareLock",
}


def test_every_kind_of_state_goes_along_to_the_promoted_standby(pair):
    with connect(pair.url, application_name="a shop", options="-c enable_seqscan=off") as session, \
            connect(pair.url) as plain:
        make_state(session)
        pid = session.info.backend_pid
        assert prepare(pair) == {"sessions": 2, "known": 2, "ready": 2, "uncarried": []}
        answer = switch(pair)
        assert (answer["moved"], answer["ended"], swapped(pair)) == (2, 0, 2), answer
        assert {sql: value(session, sql) for sql in STATE} == STATE
        session.execute("SELECT %s::int8 * 2", (21,), prepare=True)
        assert session.info.backend_pid == pid
        assert value(plain, "SELECT pg_try_advisory_lock(42)") is False
        plain.execute("CREATE TABLE written (n int)")
        assert pair.gate.ok("POST", "/compare", {"operation": "test", "generation": 1}) == {"ended": 0, "problems": []}
        assert pair.gate.served["server"]["port"] == pair.standby.port


def test_a_client_is_told_of_no_parameter_that_has_not_changed(pair):
    with Raw(pair.port) as client:
        client.login(NAME, PASSWORD)
        assert client.parameters.get("in_hot_standby", "off") == "off"
        prepare(pair)
        assert switch(pair)["moved"] == 1 and swapped(pair) == 1
        client.send(raw.query("SELECT 1"))
        assert client.kinds() == b"TDCZ"


def test_what_changed_after_prepare_is_caught_up(pair):
    with contextlib.ExitStack() as stack:
        one, two, gone = [stack.enter_context(connect(pair.url)) for _ in range(3)]
        one.execute("SELECT pg_advisory_lock(1)")
        two.execute("SET work_mem = '3MB'")
        gone.execute("SELECT pg_advisory_lock(2)")
        unnamed = stack.enter_context(Raw(pair.port))
        unnamed.login(NAME, PASSWORD)
        assert prepare(pair)["ready"] == 4
        # A lock goes from one to the other, whose spare cannot have it before the first one's gives it up.
        one.execute("SELECT pg_advisory_unlock(1)")
        two.execute("SELECT pg_advisory_lock(1)")
        two.execute("RESET work_mem")
        one.execute("SET app.late = 'x'")
        one.execute("LISTEN late")
        gone.close()
        one.execute("SELECT pg_advisory_lock(2)")
        unnamed.send(raw.parse("SELECT 'unnamed'"), raw.SYNC)
        assert unnamed.kinds() == b"1Z"
        new = stack.enter_context(connect(pair.url))
        new.execute("SET app.new = 'y'")
        answer = switch(pair)
        assert (answer["moved"], answer["ended"], swapped(pair)) == (4, 0, 4), answer
        unnamed.send(raw.BIND, raw.EXECUTE, raw.SYNC)
        assert unnamed.kinds() == b"2DCZ"
        assert (value(one, "SHOW app.late"), value(new, "SHOW app.new")) == ("x", "y")
        assert value(two, "SHOW work_mem") != "3MB"
        locks = "SELECT objid::int FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
        assert (one.execute(locks).fetchall(), two.execute(locks).fetchall()) == ([(2,)], [(1,)])
        assert pair.gate.ok("POST", "/compare", {"operation": "test", "generation": 1})["ended"] == 0


def test_a_client_that_deallocates_everything_after_prepare_is_read_anew(pair):
    ours = "SELECT count(*) FROM pg_prepared_statements WHERE starts_with(name, '__pgbaton')"
    with connect(pair.url) as session, connect(pair.url) as other:
        session.execute("SET app.a = 'before'")
        other.execute("SET app.a = 'before'")
        assert prepare(pair)["ready"] == 2
        assert (value(session, ours), value(other, ours)) == (1, 1)  # the one that reads, planned already
        session.execute("DEALLOCATE ALL")
        for each in (session, other):
            each.execute("SET app.a = 'after'")
        answer = switch(pair)
        assert (answer["moved"], answer["ended"]) == (2, 0), answer
        assert (value(session, "SHOW app.a"), value(other, "SHOW app.a")) == ("after", "after")
        assert (value(session, ours), value(other, ours)) == (0, 0)


def test_notifications_around_the_switch_arrive_exactly_once(pair):
    heard = []
    with connect(pair.url) as listener, connect(pair.url) as speaker:
        listener.add_notify_handler(lambda notice: heard.append(notice.payload))
        listener.execute("LISTEN news")
        assert prepare(pair)["ready"] == 2
        for number in range(5):
            speaker.execute("SELECT pg_notify('news', %s)", (str(number),))
        switch(pair)
        for number in range(5, 10):
            speaker.execute("SELECT pg_notify('news', %s)", (str(number),))
        wait_for("the news", lambda: listener.execute("SELECT 1") and len(heard) >= 10)
    assert heard == [str(number) for number in range(10)]


def test_writers_lose_nothing_and_wait_for_a_moment_only(pair):
    with contextlib.ExitStack() as stack:
        writers = [stack.enter_context(Writer(pair.url)) for _ in range(8)]
        assert prepare(pair)["sessions"] == 8
        answer = switch(pair)
        assert (answer["moved"], answer["ended"], swapped(pair)) == (8, 0, 8), answer
        for writer in writers:
            writer.wait_for_more()
    assert all((writer.refused, writer.in_doubt) == (0, []) for writer in writers)


# ---- what does not come to a move


def spares(pair, server=None):
    return int((server or pair.standby).sql(f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{NAME}'"))


def test_a_resume_without_a_move_gives_the_spares_up(pair):
    with connect(pair.url) as session:
        session.execute("SET app.a = 'b'")
        pid = value(session, "SELECT pg_backend_pid()")
        prepare(pair)
        assert spares(pair) == 1
        pair.gate.hold()
        assert pair.gate.resume()["moved"] == 0
        wait_for("the spares to be gone", lambda: spares(pair) == 0)
        assert value(session, "SELECT pg_backend_pid()") == pid
        prepare(pair)
        assert spares(pair) == 1
        pair.gate.prepare()
        wait_for("the spares to be gone", lambda: spares(pair) == 0)


def test_a_move_is_refused_to_whoever_does_not_hold(pair):
    with connect(pair.url) as session:
        assert move(pair)[0] == 409
        pair.gate.hold(operation="mine")
        status, answer = move(pair, operation="other")
        assert status == 409 and "other" in answer["detail"], answer
        pair.gate.resume("mine")
        assert move(pair, operation="mine")[0] == 409
        assert value(session, "SELECT 1") == 1
        assert pair.gate.served["server"]["port"] == pair.primary.port


def test_a_candidate_that_dies_costs_nothing(pair):
    with connect(pair.url) as session, connect(pair.url) as other:
        make_state(session)
        assert prepare(pair)["ready"] == 2
        pair.standby.kill_whole()
        assert prepare(pair) == {"sessions": 2, "known": 2, "ready": 0, "uncarried": []}
        pair.standby.start()
        assert prepare(pair)["ready"] == 2
        pair.standby.kill_whole()
        pair.standby.start()
        # Nobody is on it now: at the hold they come again, or are re-created.
        answer = switch(pair)
        assert (answer["moved"], answer["ended"]) == (2, 0), answer
        assert value(session, "SHOW app.other") == "7" and value(other, "SELECT 1") == 1


def test_without_prepare_sessions_are_re_created_as_ever(pair):
    with connect(pair.url) as session:
        session.execute("SET app.a = 'b'")
        answer = switch(pair)
        assert (answer["moved"], swapped(pair)) == (1, 0)
        assert value(session, "SHOW app.a") == "b"


def test_sessions_in_a_transaction_are_prepared_and_the_candidate_is_not_overrun(pair):
    with contextlib.ExitStack() as stack:
        sessions = [stack.enter_context(psycopg.connect(pair.url)) for _ in range(90)]
        for each in sessions[:10]:
            each.execute("CREATE TEMP TABLE IF NOT EXISTS t (n int)").connection.commit()
        for each in sessions[10:20]:
            each.execute("SELECT 1")
        answer = prepare(pair)
        assert (answer["sessions"], answer["ready"], len(answer["uncarried"])) == (90, 80, 10), answer
        assert spares(pair) == 80


def test_a_gateway_killed_after_the_move_serves_the_new_server(pair):
    with connect(pair.url) as session:
        prepare(pair)
        pair.gate.hold()
        pair.catch_up()
        pair.primary.kill_whole()
        pair.standby.promote()
        assert move(pair) == (200, {})
        pair.kill_gateway()
        pair.start_gateway()
        assert pair.gate.status()["gate"] == "open"
        with pytest.raises(psycopg.OperationalError):
            session.execute("SELECT 1")
    with connect(pair.url) as again:
        again.execute("CREATE TABLE written (n int)")
    assert pair.standby.sql("SELECT count(*) FROM written") == "0"
    # Carried out once more, the runbook's steps find everything done.
    assert prepare(pair)["ready"] == 0
    assert move(pair) == (200, {})
    assert pair.gate.resume()["moved"] == 0
