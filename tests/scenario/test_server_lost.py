"""The server dies while nobody holds its clients (on_loss = wait): who waits for the next one, and who is told what."""

import contextlib
import threading

import psycopg
import pytest
from harness import raw
from harness.clients import connect
from harness.pair import NAME, PASSWORD, Pair, make_template
from harness.processes import wait_for
from harness.raw import Raw


@pytest.fixture(scope="session")
def template(shelf, tmp_path_factory):
    return make_template(shelf.line.newer, tmp_path_factory.mktemp("lost") / "template")


@pytest.fixture
def pair(shelf, template):
    with Pair(shelf.line.newer, template, on_loss="wait") as made:
        yield made.start()


@contextlib.contextmanager
def client(pair):
    with Raw(pair.port) as one:
        one.login(NAME, PASSWORD)
        yield one


def value(connection, sql):
    return connection.execute(sql).fetchone()[0]


def messages(one):
    """(types, SQLSTATEs) up to ReadyForQuery."""
    found = one.until(b"Z")
    assert found and found[-1] == (b"Z", b"I"), found
    return b"".join(kind for kind, _ in found), [raw.fields(body)["C"] for kind, body in found if kind == b"E"]


def wait_lost(pair, count):
    wait_for("sessions to wait for a server", lambda: pair.gate.status()["lost"] == count)


def wait_known(pair, session):
    """Until the gateway has read the session's state: it does so by itself, a moment after the session has paused.

    It may have done so already, and has no reason to do it again after the question for the pid: RESET is one.
    """
    pid = value(session, "SELECT pg_backend_pid()")
    session.execute("RESET geqo")
    wait_for("the state to be read", lambda: "pgbaton: session state" in pair.primary.sql(
        f"SELECT query FROM pg_stat_activity WHERE pid = {pid}"))


def prepare(pair):
    return pair.gate.ok("POST", "/prepare", {"generation": 1, "candidate": pair.standby.address})


def fail_over(pair):
    """What the failover's runbook does once the primary is gone."""
    pair.gate.hold()
    pair.standby.promote()
    body = {"operation": "test", "generation": 1, "server": pair.standby.address}
    assert pair.gate.ask("POST", "/move", body) == (200, {})
    return pair.gate.resume()


def test_idle_sessions_wait_and_go_on_with_all_they_had(pair):
    with connect(pair.url) as session, connect(pair.url) as plain:
        for sql in ("SET app.tenant = '42'", "SET work_mem = '3MB'", "PREPARE p AS SELECT 5", "LISTEN news",
                    "SELECT pg_advisory_lock(7)"):
            session.execute(sql)
        wait_known(pair, session)
        pair.catch_up()
        pair.primary.kill_whole()
        wait_lost(pair, 2)
        status = pair.gate.status()
        assert (status["gate"], status["sessions"], bool(status["lost_since"])) == ("open", 2, True)
        answers = []
        asking = threading.Thread(target=lambda: answers.append(value(plain, "SELECT 1")))
        asking.start()
        answer = fail_over(pair)
        assert (answer["moved"], answer["ended"]) == (2, 0), answer
        asking.join(timeout=60)
        assert answers == [1]
        assert (value(session, "SHOW app.tenant"), value(session, "SHOW work_mem")) == ("42", "3MB")
        assert value(session, "EXECUTE p") == 5
        assert value(plain, "SELECT pg_try_advisory_lock(7)") is False
        heard = []
        session.add_notify_handler(lambda notice: heard.append(notice.payload))
        plain.execute("NOTIFY news, 'x'")
        wait_for("the news", lambda: session.execute("SELECT 1") and heard == ["x"])
        assert pair.gate.ok("POST", "/compare", {"operation": "test", "generation": 1})["ended"] == 0
    assert (pair.metric("pgbaton_gateway_losses_total"), pair.metric("pgbaton_gateway_waited_total")) == (1, 2)
    assert pair.gate.status()["lost"] == 0


def test_a_server_that_is_back_at_its_address_is_enough(pair):
    with connect(pair.url) as session:
        session.execute("SET app.a = 'b'")
        wait_known(pair, session)
        pair.primary.kill_whole()
        wait_lost(pair, 1)
        pair.primary.start()
        assert value(session, "SHOW app.a") == "b"


def test_so_is_one_backend_that_crashes(pair):
    """The postmaster ends all the others then, and starts again."""
    with connect(pair.url) as session, connect(pair.url) as other:
        session.execute("SET app.a = 'b'")
        wait_known(pair, session)
        victim = value(other, "SELECT pg_backend_pid()")
        pair.primary.signal_backend(victim)
        wait_for("both to have noticed", lambda: pair.metric("pgbaton_gateway_waited_total") >= 2)
        assert value(session, "SHOW app.a") == "b"
        assert value(other, "SELECT 1") == 1


def test_those_who_wait_can_be_prepared_on_the_standby(pair):
    with connect(pair.url) as session, connect(pair.url) as other:
        session.execute("SET app.a = 'b'")
        wait_known(pair, session)
        pair.primary.kill_whole()
        wait_lost(pair, 2)
        assert prepare(pair)["ready"] == 2
        assert fail_over(pair)["moved"] == 2
        assert pair.metric("pgbaton_gateway_swapped_total") == 2
        assert (value(session, "SHOW app.a"), value(other, "SELECT 1")) == ("b", 1)


def test_another_address_that_is_told_wakes_them(pair):
    with connect(pair.url) as session:
        pair.primary.kill_whole()
        wait_lost(pair, 1)
        pair.standby.promote()
        pair.gate.ok("PUT", "", pair.served(pair.standby))
        assert value(session, "SELECT pg_is_in_recovery()") is False


def test_nobody_goes_on_at_a_standby(pair):
    with connect(pair.url) as session:
        pair.primary.kill_whole()
        wait_lost(pair, 1)
        pair.gate.ok("PUT", "", pair.served(pair.standby))
        log = pair.folder / "two.log"
        wait_for("the gateway to have looked at it", lambda: log.read_text().count("is it there?") > 2)
        assert pair.gate.status()["lost"] == 1
        pair.standby.promote()
        assert value(session, "SELECT pg_is_in_recovery()") is False


def test_whoever_connects_meanwhile_waits(pair):
    with connect(pair.url) as first:
        pair.primary.kill_whole()
        wait_lost(pair, 1)
        answers = []
        login = threading.Thread(target=lambda: answers.append(value(psycopg.connect(pair.url), "SELECT 1")))
        login.start()
        wait_for("it to wait", lambda: pair.gate.status()["sessions"] == 2)
        fail_over(pair)
        login.join(timeout=60)
        assert answers == [1] and value(first, "SELECT 1") == 1


def test_a_transaction_that_was_open_ends_with_40001_at_its_next_statement(pair):
    with contextlib.ExitStack() as stack:
        simple, extended, rolling, committing = [stack.enter_context(client(pair)) for _ in range(4)]
        pair.primary.sql(f"CREATE TABLE t (n int); ALTER TABLE t OWNER TO {NAME}")
        for one in (simple, extended, rolling, committing):
            one.send(raw.query("BEGIN"))
            one.until(b"Z")
            one.send(raw.query("INSERT INTO t VALUES (1)"))
            one.until(b"Z")
        pair.catch_up()
        pair.primary.kill_whole()
        wait_lost(pair, 4)
        simple.send(raw.query("INSERT INTO t VALUES (2)"))
        assert messages(simple) == (b"EZ", ["40001"])
        extended.send(raw.parse("SELECT 1"), raw.BIND, raw.EXECUTE, raw.SYNC)
        assert messages(extended) == (b"EZ", ["40001"])
        rolling.send(raw.query("ROLLBACK"))
        assert messages(rolling) == (b"CZ", [])
        committing.send(raw.query("COMMIT"))
        assert messages(committing) == (b"EZ", ["40001"])
        assert fail_over(pair)["ended"] == 0
        for one in (simple, extended, rolling, committing):
            assert one.rows("SELECT count(*) FROM t") == [("0",)]


def in_flight(pair, one, *parts, before=()):
    """The messages are sent, and their server has one of them under way."""
    for sql in before:
        one.send(raw.query(sql))
        one.until(b"Z")
    one.send(*parts)
    wait_for("it to be under way", lambda: pair.primary.sql(
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query ~ 'pg_sleep' AND pid <> pg_backend_pid()")
        != "0")


SLEEP = "SELECT pg_sleep(60)"


@pytest.mark.parametrize("before, parts, expected", [
    ((), [raw.query(SLEEP)], (b"EZ", ["08007"])),
    (("BEGIN",), [raw.query(SLEEP)], (b"EZ", ["40001"])),
    (("BEGIN",), [raw.query(SLEEP + "; COMMIT")], (b"EZ", ["08007"])),
    ((), [raw.parse(SLEEP), raw.BIND, raw.EXECUTE, raw.SYNC], (b"12EZ", ["08007"])),
    (("BEGIN",), [raw.parse(SLEEP), raw.BIND, raw.EXECUTE, raw.SYNC], (b"12EZ", ["40001"])),
], ids=["autocommit", "transaction", "commit", "extended", "extended in a transaction"])
def test_what_is_in_flight_is_answered_by_what_is_known_of_it(pair, before, parts, expected):
    with client(pair) as one:
        in_flight(pair, one, *parts, before=before)
        pair.primary.kill_whole()
        kinds, codes = messages(one)
        assert (kinds.lstrip(b"12"), codes) == (expected[0].lstrip(b"12"), expected[1])
        fail_over(pair)
        assert one.rows("SELECT 1") == [("1",)]


def test_every_sync_of_a_pipeline_gets_its_answer(pair):
    with client(pair) as one:
        cycle = raw.parse(SLEEP) + raw.BIND + raw.EXECUTE + raw.SYNC
        in_flight(pair, one, cycle, cycle, raw.query("SELECT 3"), raw.parse("SELECT 4"), raw.BIND, raw.EXECUTE)
        pair.primary.kill_whole()
        for _ in range(3):
            kinds, codes = messages(one)
            assert (kinds.lstrip(b"12"), codes) == (b"EZ", ["08007"])
        # The last one has sent no Sync yet: what it sends before that is passed over.
        assert one.error()["C"] == "08007"
        one.send(raw.parse("SELECT 5"), raw.BIND, raw.EXECUTE, raw.SYNC)
        assert messages(one) == (b"Z", [])
        one.send(raw.query("SELECT 6"))
        fail_over(pair)
        assert one.kinds() == b"TDCZ"


def test_a_copy_and_an_unknown_state_end_the_connection(pair):
    with client(pair) as copying, client(pair) as open_one:
        copying.rows("CREATE TABLE t (n int)")
        copying.send(raw.query("COPY t FROM STDIN"))
        copying.until(b"G")
        open_one.send(raw.query("BEGIN; PREPARE p AS SELECT 1"))
        open_one.until(b"Z")
        pair.primary.kill_whole()
        for one in (copying, open_one):
            assert one.error()["C"] == "57P01"
            assert one.is_closed()


def test_pg_terminate_backend_ends_a_session_as_ever(pair):
    with client(pair) as one, connect(pair.url) as other:
        pid = one.rows("SELECT pg_backend_pid()")[0][0]
        pair.primary.sql(f"SELECT pg_terminate_backend({pid})")
        assert one.error()["C"] == "57P01"
        assert one.is_closed()
        assert value(other, "SELECT 1") == 1


def test_a_fast_stop_by_somebody_else_is_a_loss_too(pair):
    with connect(pair.url) as session:
        pair.primary.stop()
        wait_lost(pair, 1)
        pair.primary.start()
        assert value(session, "SELECT 1") == 1


def test_without_on_loss_wait_clients_are_ended(shelf, template):
    with Pair(shelf.line.newer, template) as pair:
        pair.start()
        with client(pair) as one:
            pair.primary.kill_whole()
            # A backend that sees another die before it is killed itself may still say so.
            while message := one.read():
                assert message[0] in (b"N", b"E"), message
