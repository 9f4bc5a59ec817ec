"""Sessions across a hold and a minor-upgrade: what comes along, what is named and refused, and how every hold ends."""

import contextlib
import threading

import psycopg
import pytest
from harness import raw
from harness.clients import Writer, connect, execute, query, server_version
from harness.expect import refused
from harness.gateway import Gate
from harness.processes import kill_all, wait_for
from harness.raw import Raw


@pytest.fixture
def gate(house, database):
    return Gate(house, database)


@pytest.fixture
def url(house, database):
    return house.database_url(database)


@pytest.fixture
def session(url):
    with connect(url) as connection:
        yield connection


def password_of(url):
    return psycopg.conninfo.conninfo_to_dict(url)["password"]


def value(connection, sql):
    return connection.execute(sql).fetchone()[0]


@contextlib.contextmanager
def background(act, *arguments):
    """Runs it in a thread; the block gets a function that waits for its answer or raises its error."""
    outcome = {}

    def run():
        try:
            outcome["answer"] = act(*arguments)
        except Exception as error:  # noqa: BLE001 - it is raised where it is waited for
            outcome["error"] = error

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def wait(seconds=60):
        thread.join(timeout=seconds)
        assert not thread.is_alive(), "it did not end"
        if "error" in outcome:
            raise outcome["error"]
        return outcome["answer"]

    wait.is_running = thread.is_alive
    yield wait
    thread.join(timeout=60)


def upgrade(house, database, *words):
    return house.cli("upgrade", database, "--wait", "--json", *words)


def upgraded(house, database, *words):
    outcome = upgrade(house, database, *words)
    assert outcome.status == 0, outcome
    return outcome.json


def assert_open_and_unharmed(gate, version, *sessions):
    assert gate.status()["gate"] == "open"
    assert gate.house.show(gate.name)["version"] == version
    for each in sessions:
        assert value(each, "SHOW server_version").split()[0] == version


# ---- what comes along


def make_state(session):
    for sql in ("SET work_mem = '3MB'", "SET statement_timeout = '5min'", "SET search_path = pg_catalog, public",
                "SET client_encoding = latin1", "SET app.tenant = 'Zoë''s'", "SET TimeZone = 'Asia/Tokyo'",
                "SELECT set_config('app.other', '7', false)", "SET default_transaction_read_only = on",
                "PREPARE by_sql (int) AS SELECT $1 + 1", "LISTEN \"a Channel\"", "SELECT pg_advisory_lock(42)",
                "SELECT pg_advisory_lock_shared(1, -2)"):
        session.execute(sql)
    session.execute("SELECT %s::int8 * 2", (1,), prepare=True)


STATE = {
    "SHOW work_mem": "3MB", "SHOW statement_timeout": "5min", "SHOW search_path": "pg_catalog, public",
    "SHOW client_encoding": "LATIN1", "SHOW app.tenant": "Zoë's", "SHOW app.other": "7",
    "SHOW default_transaction_read_only": "on", "SHOW TimeZone": "Asia/Tokyo", "SHOW application_name": "a shop",
    "SHOW enable_seqscan": "off", "EXECUTE by_sql(1)": 2,
    "SELECT count(*) FROM pg_prepared_statements WHERE NOT from_sql": 1,
    "SELECT array_agg(c) FROM pg_listening_channels() c": ["a Channel"],
    "SELECT string_agg(format('%s/%s/%s/%s', classid, objid, objsubid, mode), ' ' ORDER BY classid) FROM pg_locks "
    "WHERE locktype = 'advisory' AND pid = pg_backend_pid()": "0/42/1/ExclusiveLock 1/4294967294/2/ShareLock",
}


def test_every_kind_of_state_that_can_be_carried_is_carried(house, shelf, database, url):
    with connect(url, application_name="a shop", options="-c enable_seqscan=off") as session, connect(url) as plain:
        make_state(session)
        before = value(session, "SELECT pg_backend_pid()"), session.info.backend_pid
        operation = upgraded(house, database)
        assert operation["stall"]["sessions_moved"] == 2 and operation["stall"]["sessions_ended"] == 0, operation
        assert {sql: value(session, sql) for sql in STATE} == STATE
        assert value(session, "SHOW server_version").split()[0] == shelf.line.newer
        assert session.info.parameter_status("server_version").split()[0] == shelf.line.newer
        assert value(session, "SELECT pg_backend_pid()") != before[0]
        assert session.info.backend_pid == before[1]  # the number that the client cancels with stays
        session.execute("SELECT %s::int8 * 2", (21,), prepare=True)
        assert value(plain, "SELECT pg_try_advisory_lock(42)") is False
        assert value(plain, "SHOW work_mem") != "3MB"
        # The cancel key still leads to the session.
        with background(session.execute, "SELECT pg_sleep(60)") as slept:
            wait_for("it to run", lambda: query(url, "SELECT FROM pg_stat_activity WHERE query LIKE '%sleep(60)%' "
                                                     "AND state = 'active' AND pid <> pg_backend_pid()"))
            session.cancel()
            with pytest.raises(psycopg.errors.QueryCanceled):
                slept()


def test_set_role_and_the_rights_of_a_role_are_carried(house, gate, database, url, session):
    gate.as_superuser("CREATE ROLE reader", f"GRANT reader TO {database}")
    session.execute("SET ROLE reader")
    session.execute("SET app.who = 'reader'")
    upgraded(house, database)
    assert value(session, "SELECT current_user") == "reader"
    assert value(session, "SHOW app.who") == "reader"
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        session.execute("CREATE SCHEMA mine")
    session.execute("RESET ROLE")
    gate.as_superuser("DROP ROLE reader")


def test_the_unnamed_statement_of_a_client_is_carried(house, gate, database, url):
    with Raw(gate.port) as client:
        client.login(database, password_of(url))
        client.send(raw.parse("SELECT 'unnamed'"), raw.SYNC)
        assert client.kinds() == b"1Z"
        upgraded(house, database)
        client.send(raw.BIND, raw.EXECUTE, raw.SYNC)
        # Before the answer: the parameter that says the new version.
        assert client.kinds().lstrip(b"S") == b"2DCZ"


def test_settings_deep_inside_a_long_request_that_comes_in_pieces_are_carried(house, gate, database, url):
    with Raw(gate.port) as client:
        client.login(database, password_of(url))
        request = raw.query("SELECT 1" + " " * 5_000 + "; SET app.deep = 'x'")
        client.send(request[:2_000])
        gate.wait_state("idle")
        client.send(request[2_000:])
        client.until(b"Z")
        upgraded(house, database)
        assert client.rows("SHOW app.deep") == [("x",)]


def test_notifications_sent_around_the_hold_arrive_exactly_once(house, database, url):
    sent, heard, stop = [], [], threading.Event()

    def speak():
        with connect(url) as speaker:
            while not stop.is_set():
                speaker.execute("SELECT pg_notify('news', %s)", (str(len(sent)),))
                sent.append(str(len(sent)))

    with connect(url) as listener:
        listener.add_notify_handler(lambda notice: heard.append(notice.payload))
        listener.execute("LISTEN news")
        with background(speak) as spoken:
            wait_for("news", lambda: len(sent) > 20)
            operation = upgraded(house, database)
            count = len(sent)
            wait_for("more news", lambda: len(sent) > count + 20)
            stop.set()
            spoken()
        wait_for("the last of it", lambda: listener.execute("SELECT 1") and len(heard) >= len(sent))
    assert heard == sent
    assert operation["stall"]["sessions_ended"] == 0


def test_whoever_connects_during_the_hold_waits_and_is_served(house, shelf, gate, database, url):
    point = "server.minor-single.restart.started"
    house.failpoints.arm(point)
    identifier = house.ok("upgrade", database)["id"]
    house.failpoints.wait_hit(point)
    with background(server_version, url) as first, background(server_version, url) as second:
        wait_for("both to wait", lambda: gate.status()["waiting"] == 2)
        assert {row["state"] for row in house.ok("sessions", database)["sessions"]} == {"login"}
        assert first.is_running() and second.is_running()
        house.failpoints.release(point)
        assert (first(), second()) == (shelf.line.newer, shelf.line.newer)
    assert house.wait_ended(identifier)["state"] == "finished"


def test_many_sessions_with_and_without_requests_go_on(house, shelf, gate, database, url):
    with contextlib.ExitStack() as stack:
        idle = [stack.enter_context(connect(url, application_name=f"idle {n}")) for n in range(10)]
        writers = [stack.enter_context(Writer(url)) for _ in range(5)]
        for number, each in enumerate(idle):
            each.execute(f"SET app.number = '{number}'")
        operation = upgraded(house, database)
        for writer in writers:
            writer.wait_for_more()
        for number, each in enumerate(idle):
            assert value(each, "SHOW app.number") == str(number)
    assert all((writer.refused, writer.in_doubt) == (0, []) for writer in writers)
    assert operation["stall"]["sessions_moved"] >= 15
    assert operation["stall"]["max_ms"] > 0


# ---- what cannot


TAKES_NOT = [
    (["CREATE TEMP TABLE mine (n int)"], "mine exists in pg_temp", ["DROP TABLE mine"]),
    (["DECLARE mine CURSOR WITH HOLD FOR SELECT 1"], "cursor mine", ["CLOSE mine"]),
    (["CREATE SEQUENCE IF NOT EXISTS s", "SELECT nextval('s')", "SELECT lastval()"], "lastval", ["DISCARD ALL"]),
    (["SELECT setseed(0.5)"], "setseed", None),
]


@pytest.mark.parametrize("made, word, undone", TAKES_NOT, ids=[row[1] for row in TAKES_NOT])
def test_what_cannot_be_carried_is_named_and_nothing_happens(house, shelf, gate, database, url, made, word, undone):
    with connect(url, application_name="odd one") as odd, connect(url) as other, Writer(url) as writer:
        make_state(other)
        for sql in made:
            odd.execute(sql)
        error = refused(upgrade(house, database), 4, word)
        assert "--end-sessions" in error["remedy"]
        assert_open_and_unharmed(gate, shelf.line.older, odd, other)
        assert gate.status()["operation"] == ""  # nobody was held
        named = [row for row in house.ok("sessions", database)["sessions"] if row["uncarried"]]
        assert [row["application_name"] for row in named] == ["odd one"]
        assert word in named[0]["uncarried"][0]
        assert word in house.cli("sessions", database).out
        assert writer.refused == 0
        if undone:
            for sql in undone:
                odd.execute(sql)
            assert upgraded(house, database)["stall"]["sessions_ended"] == 0
            assert value(odd, "SHOW server_version").split()[0] == shelf.line.newer


def test_end_sessions_ends_just_those(house, shelf, database, url):
    with connect(url) as odd, connect(url) as other, Writer(url) as writer:
        other.execute("SET app.a = 'b'")
        odd.execute("CREATE TEMP TABLE mine (n int)")
        operation = upgraded(house, database, "--end-sessions")
        assert operation["stall"]["sessions_ended"] == 1
        assert "mine" in str(operation), operation
        with pytest.raises(psycopg.OperationalError, match="mine exists in pg_temp"):
            odd.execute("SELECT 1")
        assert value(other, "SHOW app.a") == "b"
        assert value(other, "SHOW server_version").split()[0] == shelf.line.newer
    assert (writer.refused, writer.in_doubt) == (0, [])


def test_a_transaction_that_stays_open_stops_the_upgrade_and_is_named(house, shelf, gate, database, url):
    with psycopg.connect(url, application_name="long one") as long, connect(url) as other, Writer(url) as writer:
        long.execute("CREATE TABLE kept (n int)")
        error = refused(upgrade(house, database, "--max-stall", "300ms"), 4, "long one")
        assert error["remedy"]
        assert_open_and_unharmed(gate, shelf.line.older, long, other)
        writer.wait_for_more()
        long.commit()
        assert upgraded(house, database, "--max-stall", "300ms")["state"] == "finished"
        assert value(long, "SELECT count(*) FROM kept") == 0
    assert (writer.refused, writer.in_doubt) == (0, [])


def test_a_transaction_that_stays_open_can_be_ended_with_40001(house, gate, database, url):
    with Raw(gate.port) as long, Writer(url) as writer:
        long.login(database, password_of(url))
        long.send(raw.query("BEGIN; CREATE TABLE lost (n int)"))
        assert long.until(b"Z")[-1] == (b"Z", b"T")
        operation = upgraded(house, database, "--max-stall", "300ms", "--end-sessions")
        assert operation["stall"]["sessions_ended"] == 1
        assert long.error()["C"] == "40001"
        assert long.is_closed()
    assert query(url, "SELECT to_regclass('lost')") == [(None,)]
    assert (writer.refused, writer.in_doubt) == (0, [])


def test_a_running_statement_is_waited_for(house, shelf, database, session):
    with background(value, session, "SELECT pg_sleep(2), 'done'") as slept:
        assert upgraded(house, database, "--max-stall", "20s")["stall"]["sessions_ended"] == 0
        slept()
    assert value(session, "SHOW server_version").split()[0] == shelf.line.newer


def test_a_copy_in_progress_is_waited_for_or_refused(house, shelf, gate, database, url, session):
    session.execute("CREATE TABLE c (n int)")
    with contextlib.ExitStack() as stack:
        with session.cursor() as cursor, cursor.copy("COPY c FROM STDIN") as copy:
            copy.write("1\n")
            refused(upgrade(house, database, "--max-stall", "300ms"), 4, "not held within")
            assert gate.status()["gate"] == "open"
            copy.write("2\n")
            done = stack.enter_context(background(upgraded, house, database, "--max-stall", "30s"))
            wait_for("the gate to close", lambda: gate.status()["gate"] == "closing")
            copy.write("3\n")
            copy.write_row((4,))
            assert done.is_running()
        assert done()["state"] == "finished"
    assert value(session, "SELECT sum(n) FROM c") == 10


def test_a_client_that_pipelines_without_a_pause_is_held_and_goes_on(house, shelf, gate, database, url):
    """Requests behind the one that is running wait at the gate; none is lost, none is carried out twice."""
    with Raw(gate.port) as client, connect(url) as watcher:
        client.login(database, password_of(url))
        client.rows("CREATE TABLE stream (n int)")
        stop, sent, room = threading.Event(), [], threading.Semaphore(10)

        def pour():
            while not stop.is_set():
                assert room.acquire(timeout=60)
                client.send(b"".join(raw.query(f"INSERT INTO stream VALUES ({len(sent) + i})") for i in range(20)))
                sent.extend(range(20))

        def drink():
            answered = 0
            while not stop.is_set() or answered < len(sent):
                kind, body = client.read()
                assert kind != b"E", raw.fields(body)
                answered += kind == b"Z"
                if kind == b"Z" and answered % 20 == 0:
                    room.release()
            return answered

        with background(drink) as drunk, background(pour) as poured:
            wait_for("it to flow", lambda: len(sent) > 200)
            operation = upgraded(house, database)
            count = len(sent)
            wait_for("it to flow on", lambda: len(sent) > count + 200)
            stop.set()
            poured()
            assert drunk() == len(sent)
        assert operation["stall"]["sessions_ended"] == 0
        assert value(watcher, "SELECT array_agg(n ORDER BY n) = array_agg(n ORDER BY ctid) FROM stream")
        assert watcher.execute("SELECT count(*), count(DISTINCT n) FROM stream").fetchone() == (len(sent), len(sent))


def test_a_cancelled_upgrade_lets_clients_go_on_with_everything(house, shelf, gate, database, url, session):
    point = "server.minor-single.restart.started"
    make_state(session)
    house.failpoints.arm(point)
    identifier = house.ok("upgrade", database)["id"]
    house.failpoints.wait_hit(point)
    with background(value, session, "SHOW app.other") as waited:
        wait_for("the session to wait", lambda: gate.status()["waiting"] == 1)
        house.ok("cancel", identifier)
        house.failpoints.release(point)
        assert waited() == "7"
    assert house.wait_ended(identifier)["state"] == "cancelled"
    assert_open_and_unharmed(gate, shelf.line.older, session)
    assert value(session, "SHOW work_mem") == "3MB"
    session.execute("DEALLOCATE by_sql")


# ---- the control API by itself


def test_two_holds_at_once_one_is_told_that_the_other_holds(gate, session):
    gate.hold(operation="one")
    assert gate.hold(operation="one")["sessions"] == 1  # asked once more: the same answer
    status, answer = gate.ask("POST", "/hold", gate.hold_body(operation="two"))
    assert status == 409 and "one" in answer["detail"], answer
    status, answer = gate.ask("POST", "/resume", {"operation": "two", "generation": gate.served["generation"]})
    assert status == 409, answer
    with background(value, session, "SELECT 5") as waited:
        wait_for("the session to wait", lambda: gate.status()["waiting"] == 1)
        assert gate.resume("one")["ended"] == 0
        assert waited() == 5
    assert gate.status()["gate"] == "open"


def test_an_old_generation_may_not_hold(gate):
    body = {**gate.hold_body(), "generation": 0}
    status, answer = gate.ask("POST", "/hold", body)
    assert status in (409, 412) and answer["detail"], answer
    assert gate.status()["gate"] == "open"


def test_a_resume_of_nothing_is_nothing(gate, session):
    assert gate.resume() == {"ended": 0, "moved": 0, "problems": [], "stall_max_ms": 0, "stall_p99_ms": 0}
    assert value(session, "SELECT 1") == 1


def test_the_gate_opens_by_itself_at_the_deadline(gate, session):
    session.execute("SET app.a = 'b'")
    before = value(session, "SELECT pg_backend_pid()")
    gate.hold(deadline_ms=700)
    assert value(session, "SHOW app.a") == "b"
    wait_for("the gate to be open", lambda: gate.status()["gate"] == "open")
    assert value(session, "SELECT pg_backend_pid()") == before
    assert gate.resume()["moved"] == 0


def test_hold_and_resume_with_hundreds_of_sessions_is_quick(gate, url):
    with contextlib.ExitStack() as stack:
        count = gate.served["max_connections"] - 5
        sessions = [stack.enter_context(connect(url)) for _ in range(count)]
        gate.prepare()
        assert gate.hold()["took_ms"] < 1_000
        gate.resume()
        assert all(value(each, "SELECT 1") == 1 for each in sessions)


def test_a_session_that_leaves_or_breaks_off_while_held_is_forgotten(gate, url):
    one, two = connect(url), connect(url)
    gate.hold()
    one.close()
    with contextlib.suppress(psycopg.Error), background(two.execute, "SELECT 1"):
        wait_for("it to wait", lambda: gate.status()["waiting"] == 1)
        two.pgconn.finish()
    wait_for("both to be forgotten", lambda: gate.status()["sessions"] == 0)
    gate.resume()


def cancel(gate, client):
    with Raw(gate.port) as other:
        other.send(raw.cancel_request(*client.key))
        assert other.is_closed()


@pytest.mark.parametrize("request_", [
    raw.query("INSERT INTO seen VALUES (1)"),
    raw.parse("INSERT INTO seen VALUES (1)") + raw.BIND + raw.EXECUTE + raw.SYNC,
], ids=["simple", "extended"])
def test_a_statement_that_waits_at_the_gate_is_cancelled_there_and_never_carried_out(gate, database, url, request_):
    execute(url, "CREATE TABLE seen (n int)")
    with Raw(gate.port) as client:
        client.login(database, password_of(url))
        gate.hold()
        client.send(request_)
        gate.wait_state("waiting")
        cancel(gate, client)
        assert client.error()["C"] == "57014"
        assert client.kinds() == b"Z"
        gate.wait_state("held")  # its next statement waits again; a cancel that names nothing is nothing
        cancel(gate, client)
        client.send(raw.query("SELECT count(*) FROM seen"), raw.query("SELECT 7"))
        gate.wait_state("waiting")
        gate.resume()
        assert client.kinds() == b"TDCZ" and client.kinds() == b"TDCZ"
        assert client.rows("SELECT count(*) FROM seen") == [("0",)]


def test_a_cancel_at_the_gate_means_the_first_of_the_requests_that_wait(gate, database, url):
    with Raw(gate.port) as client:
        client.login(database, password_of(url))
        gate.hold()
        client.send(raw.query("SELECT 1"), raw.query("SELECT 2"))
        gate.wait_state("waiting")
        cancel(gate, client)
        assert client.kinds() == b"EZ"
        gate.resume()
        assert client.kinds() == b"TDCZ"


# ---- when somebody dies meanwhile


def held_in_the_middle(house, database, point="server.minor-single.stop.started"):
    house.failpoints.arm(point)
    identifier = house.ok("upgrade", database)["id"]
    house.failpoints.wait_hit(point)
    return identifier, point


@pytest.mark.parametrize("part", ["server", "agent"])
def test_server_or_agent_killed_while_clients_are_held_costs_no_session(house, shelf, gate, database, url, session, part):
    make_state(session)
    with Writer(url) as writer:
        identifier, point = held_in_the_middle(house, database)
        kill_all([house.part(part)])
        house.failpoints.release(point)
        operation = house.wait_ended(identifier)
        writer.wait_for_more()
    writer.prove_nothing_lost()
    assert (writer.refused, writer.in_doubt) == (0, []), operation
    version = shelf.line.newer if operation["state"] == "finished" else shelf.line.older
    assert_open_and_unharmed(gate, version, session)
    assert value(session, "SHOW app.other") == "7"


def test_a_hold_that_everybody_has_forgotten_ends_at_its_deadline(house, gate, url, session):
    with Writer(url) as writer:
        gate.hold(deadline_ms=3_000)
        kill_all([house.part("server"), house.part("agent")])
        writer.wait_for_more(rows=20)
    assert (writer.refused, writer.in_doubt) == (0, [])
    assert value(session, "SELECT 1") == 1
    wait_for("both to be back", lambda: house.part("server") and house.part("agent") and
             house.cli("show", gate.name).status == 0)


@pytest.mark.parametrize("point", ["server.minor-single.stop.started", "server.minor-single.restart.started",
                                   "server.minor-single.resume.started"])
def test_a_gateway_killed_while_it_holds_is_back_at_once_and_the_upgrade_ends(house, shelf, gate, database, url, point):
    with Writer(url) as writer:
        identifier, point = held_in_the_middle(house, database, point)
        killed = gate.process
        kill_all([killed])
        wait_for("the gateway to be back", lambda: gate.process.pid != killed.pid and (
            house.data / "run" / "gateway.sock").exists(), seconds=60)
        house.failpoints.release(point)
        operation = house.wait_ended(identifier)
        writer.wait_for_more()
    writer.prove_nothing_lost()
    assert len(writer.in_doubt) <= 1
    version = shelf.line.newer if operation["state"] == "finished" else shelf.line.older
    assert_open_and_unharmed(gate, version)
    assert house.show(database)["state"] == "running"
    if operation["state"] != "finished":
        assert shelf.line.older in operation["error"]["in_service"]
        assert upgraded(house, database)["state"] == "finished"


def test_a_gateway_killed_while_nothing_happens_is_started_again(house, gate, url):
    with Writer(url) as writer:
        kill_all([gate.process])
        writer.wait_for_more()
    writer.prove_nothing_lost()
