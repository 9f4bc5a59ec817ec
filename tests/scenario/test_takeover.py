"""The gateway becomes another process of itself, and no client notices; whatever dies meanwhile, one of them serves."""

import contextlib
import shutil
import signal
import subprocess
import threading

import psycopg
import pytest
from harness import raw
from harness.clients import Writer, connect, execute, query
from harness.expect import refused
from harness.gateway import Gate, gate_of
from harness.house import BINARY, House
from harness.processes import kill_all, wait_for
from harness.raw import Raw
from harness.successor import speak
from harness.witness import Witness

NAME = "handed"


@pytest.fixture(scope="module")
def made(shared_house, shelf):
    with gate_of(shared_house, NAME, shelf.line.newer) as gate:
        yield gate


@pytest.fixture
def gate(made):
    yield made
    made.house.failpoints.release_all()


@pytest.fixture(scope="module")
def url(shared_house, made):
    """Of clients without TLS."""
    return f"{shared_house.database_url(NAME)}?sslmode=disable"


@pytest.fixture(scope="module")
def password(url):
    return psycopg.conninfo.conninfo_to_dict(url)["password"]


@pytest.fixture(params=["disable", "require"], ids=["plain", "TLS"])
def session(url, request):
    with connect(url, sslmode=request.param) as connection:
        yield connection


@pytest.fixture
def writer(url):
    execute(url, "DROP TABLE IF EXISTS numbers")
    return Writer(url)


def reload(gate):
    """The process that serves before, and the one that serves afterwards."""
    before = gate.process
    gate.house.ok("reload", "--data", gate.house.data)
    after = gate.process
    assert after.pid != before.pid
    return before, after


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
        return outcome.get("answer")

    yield wait
    thread.join(timeout=60)


def running_query(url, text):
    return query(url, f"SELECT pid FROM pg_stat_activity WHERE query LIKE '%{text}%' AND state = 'active' "
                      "AND pid <> pg_backend_pid()")


# ---- what sessions keep: everything, for their server connection is the same


def test_a_session_keeps_everything_that_it_has_on_its_server(gate, url, session):
    for sql in ("SET work_mem = '3MB'", "SET app.tenant = '42'", "PREPARE by_sql (int) AS SELECT $1 + 1",
                "LISTEN news", "SELECT pg_advisory_lock(42)", "SELECT pg_advisory_lock(42)",
                "CREATE TEMP TABLE mine AS SELECT 7 AS n", "SELECT setseed(0.5)",
                "DECLARE held CURSOR WITH HOLD FOR SELECT generate_series(1, 9)"):
        session.execute(sql)
    session.execute("SELECT %s::int8 * 2", (1,), prepare=True)
    backend = value(session, "SELECT pg_backend_pid()")
    reload(gate)
    reload(gate)  # and so does the second successor
    assert value(session, "SELECT pg_backend_pid()") == backend
    assert value(session, "SHOW work_mem") == "3MB"
    assert value(session, "SHOW app.tenant") == "42"
    assert value(session, "EXECUTE by_sql(1)") == 2
    assert value(session, "SELECT n FROM mine") == 7
    assert value(session, "FETCH 1 FROM held") == 1
    assert session.execute("SELECT %s::int8 * 2", (21,), prepare=True).fetchone() == (42,)
    assert query(url, "SELECT pg_try_advisory_lock(42)") == [(False,)]
    session.execute("SELECT pg_advisory_unlock(42)")
    assert query(url, "SELECT pg_try_advisory_lock(42)") == [(False,)]  # it was locked twice


def test_an_open_transaction_its_cursor_and_a_failed_one_go_on(gate, url, session):
    session.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
    with connect(url) as failed:
        session.execute("BEGIN; INSERT INTO kept VALUES (1)")
        session.execute("DECLARE c CURSOR FOR SELECT generate_series(1, 9)")
        assert value(session, "FETCH 1 FROM c") == 1
        failed.execute("BEGIN")
        with pytest.raises(psycopg.errors.DivisionByZero):
            failed.execute("SELECT 1/0")
        reload(gate)
        assert {row["state"] for row in gate.sessions() if row["state"].startswith("idle in")} == {
            "idle in transaction", "idle in transaction (aborted)"}
        assert value(session, "FETCH 1 FROM c") == 2
        session.execute("COMMIT")
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            failed.execute("SELECT 1")
        failed.execute("ROLLBACK")
    assert value(session, "SELECT count(*) FROM kept") == 1
    session.execute("DROP TABLE kept")


def test_a_statement_that_runs_through_two_takeovers_is_answered(gate, url, session):
    session.execute("CREATE TABLE IF NOT EXISTS gone_on (n int)")
    with connect(url) as waiting:
        session.execute("BEGIN; LOCK TABLE gone_on")
        with background(waiting.execute, "INSERT INTO gone_on VALUES (1) RETURNING n") as inserted:
            wait_for("it to wait", lambda: running_query(url, "INSERT INTO gone_on"))
            reload(gate)
            reload(gate)
            session.execute("COMMIT")
            assert inserted().fetchone() == (1,)
    session.execute("DROP TABLE gone_on")


def test_a_copy_in_progress_goes_on(gate, session):
    session.execute("CREATE TEMP TABLE copied (n int)")
    with session.cursor().copy("COPY copied FROM STDIN") as copy:
        for number in range(50_000):
            copy.write_row((number,))
        reload(gate)
        for number in range(50_000):
            copy.write_row((number,))
    assert session.execute("SELECT count(*), sum(n) FROM copied").fetchone() == (100_000, 2 * sum(range(50_000)))


def test_a_client_that_does_not_read_gets_every_byte_later(gate, password):
    with Raw(gate.port) as client:
        client.login(NAME, password)
        client.send(raw.query("SELECT n, repeat('x', 1000) FROM generate_series(1, 20000) n"))
        gate.wait_state("active")
        reload(gate)
        rows = [body for kind, body in client.until(b"Z") if kind == b"D"]
    assert len(rows) == 20_000 and all(len(row) > 1_000 for row in rows)


def test_half_a_message_and_a_pipeline_go_on(gate, password):
    with Raw(gate.port) as client, Raw(gate.port) as other:
        client.login(NAME, password)
        other.login(NAME, password)
        long = raw.query("SELECT length('" + "x" * 100_000 + "')")
        client.send(long[:50_000])
        other.send(raw.parse("SELECT pg_sleep(0.5)"), raw.BIND, raw.EXECUTE, raw.SYNC, raw.query("SELECT 2")[:3])
        gate.wait_state("active")
        reload(gate)
        client.send(long[50_000:])
        assert client.kinds() == b"TDCZ"
        assert other.kinds() == b"12DCZ"
        other.send(raw.query("SELECT 2")[3:])
        assert other.kinds() == b"TDCZ"


def test_notifications_around_takeovers_arrive_exactly_once(gate, url):
    sent, heard, stop = [], [], threading.Event()

    def speak_on():
        with connect(url) as speaker:
            while not stop.is_set():
                speaker.execute("SELECT pg_notify('news', %s)", (str(len(sent)),))
                sent.append(str(len(sent)))

    with connect(url) as listener:
        listener.add_notify_handler(lambda notice: heard.append(notice.payload))
        listener.execute("LISTEN news")
        with background(speak_on) as spoken:
            for _ in range(2):
                wait_for("news", lambda: len(sent) > 20)
                reload(gate)
            count = len(sent)
            wait_for("more news", lambda: len(sent) > count + 20)
            stop.set()
            spoken()
        wait_for("the last of it", lambda: listener.execute("SELECT 1") and len(heard) >= len(sent))
    assert heard == sent


def test_a_cancel_after_takeovers_ends_the_statement_that_is_meant(gate, url, session):
    reload(gate)
    with background(session.execute, "SELECT pg_sleep(61)") as slept:
        wait_for("it to run", lambda: running_query(url, "sleep(61)"))
        reload(gate)
        session.cancel()
        with pytest.raises(psycopg.errors.QueryCanceled):
            slept()
    assert value(session, "SELECT 1") == 1


def test_parked_sessions_stay_parked_and_wake(gate, session):
    session.execute("SET app.parked = 'yes'")
    gate.house.ok("configure", NAME, "--park-after", "1s")
    try:
        gate.wait_state("parked")
        reload(gate)
        gate.wait_state("parked")
        assert value(session, "SHOW app.parked") == "yes"
    finally:
        gate.house.ok("configure", NAME, "--park-after", "off")


def test_connections_that_say_nothing_yet_are_taken_along(gate, password):
    with Raw(gate.port) as silent, Raw(gate.port) as half:
        packet = raw.startup({"user": NAME, "database": NAME})
        half.send(packet[:11])
        wait_for("both to be there", lambda: len(gate.sessions()) == 2)
        reload(gate)
        assert len(gate.sessions()) == 2
        silent.login(NAME, password)
        half.send(packet[11:])
        assert half.read()[0] == b"R"


# ---- TLS


def test_tls_clients_stay_and_the_old_process_stays_for_them(gate, url):
    with connect(url, sslmode="require") as inside, connect(url, sslmode="require") as other:
        backend = value(inside, "SELECT pg_backend_pid()")
        address = next(row["client"] for row in gate.sessions() if row["server_pid"] == backend)
        first, _ = reload(gate)
        inside.execute("CREATE TEMP TABLE mine (n int)")
        with inside.cursor().copy("COPY mine FROM STDIN") as copy:
            for number in range(50_000):
                copy.write_row((number,))
            second, _ = reload(gate)  # through two processes
        assert first.is_alive() and not second.is_alive()
        (row,) = [row for row in gate.sessions() if row["server_pid"] == backend]
        assert row["client"] == address and row["tls"], row
        assert value(inside, "SELECT sum(n) FROM mine") == sum(range(50_000))
        assert len(inside.execute("SELECT repeat('x', 1000) FROM generate_series(1, 20000)").fetchall()) == 20_000
        third, _ = connect(url, sslmode="require"), None
        assert value(other, "SELECT 1") == value(third, "SELECT 1") == 1
        third.close()
    wait_for("the first process to end with its last client", lambda: not first.is_alive())


@pytest.mark.parametrize("size", [1, 20_000], ids=["little", "much"])
def test_what_tls_had_begun_to_send_arrives_whole(gate, url, size):
    """The answer is under way when the TLS is left behind, and its client reads only afterwards."""
    with connect(url, sslmode="require") as inside, inside.pipeline() as pipeline:
        cursors = [inside.execute("SELECT n, repeat('x', 1000) FROM generate_series(1, %s) n", (size,)) for _ in range(3)]
        reload(gate)
        pipeline.sync()
        assert [len(cursor.fetchall()) for cursor in cursors] == [size] * 3


def test_a_tls_client_whose_session_is_ended_is_told_why(gate, url):
    with connect(url, sslmode="require") as inside:
        backend = value(inside, "SELECT pg_backend_pid()")
        reload(gate)
        gate.as_superuser(f"SELECT pg_terminate_backend({backend})")
        with pytest.raises(psycopg.OperationalError, match="administrator command"):
            inside.execute("SELECT 1")


# ---- many clients at once


def test_a_witness_sees_nothing_of_three_takeovers(gate, url, tmp_path):
    with Witness(gate.house, url, tmp_path, "--connections", "16") as witness:
        for _ in range(3):
            reload(gate)
            witness.wait_for_more(rows=100)
    report = witness.report(0)
    assert report["disconnects"] == report["lost"] == report["duplicated"] == report["session_state_lost"] == 0, report


def test_whoever_connects_meanwhile_is_let_in(gate, url):
    stop, count = threading.Event(), []

    def connect_on():
        while not stop.is_set():
            count.append(query(url, "SELECT 1"))

    with background(connect_on) as connected, background(connect_on) as connected_too:
        for _ in range(3):
            had = len(count)
            reload(gate)
            wait_for("more to connect", lambda had=had: len(count) > had + 5)
        stop.set()
        connected()
        connected_too()


def test_counters_and_ids_go_on(gate, session):
    backend = value(session, "SELECT pg_backend_pid()")
    (before,) = [row for row in gate.sessions() if row["server_pid"] == backend]
    reload(gate)
    (after,) = [row for row in gate.sessions() if row["server_pid"] == backend]
    assert after == before
    with connect(gate.house.database_url(NAME)):
        assert len({row["id"] for row in gate.sessions()}) == len(gate.sessions())
    text = subprocess.run(["curl", "-s", "--unix-socket", gate.house.data / "run" / "gateway.sock",
                           "http://gateway/metrics"], capture_output=True, text=True, check=True).stdout
    (line,) = [line for line in text.splitlines() if line.startswith(f'pgbaton_gateway_connections_total{{database="{NAME}"')]
    assert float(line.split()[-1]) >= 2


# ---- when it does not come about


def assert_goes_on(gate, before, *sessions):
    assert gate.process.pid == before.pid
    for each in sessions:
        assert value(each, "SELECT 1") == 1
    with connect(gate.house.database_url(NAME)) as another:
        assert value(another, "SELECT 2") == 2


def test_while_clients_are_held_it_is_refused_and_the_hold_goes_on(gate, session):
    before = gate.process
    gate.hold(operation="some")
    outcome = gate.house.cli("reload", "--data", gate.house.data, "--json")
    refused(outcome, 4, "held, by operation some")
    assert gate.status()["gate"] == "closed"
    gate.resume(operation="some")
    assert_goes_on(gate, before, session)


@pytest.mark.parametrize("deeds", ["", "nonsense", "go", "go nonsense", "go wait"])
def test_a_successor_that_does_not_do_as_it_should_changes_nothing(gate, url, session, deeds):
    before = gate.process
    with connect(url, sslmode="require") as inside:
        said = speak(gate, deeds)
        assert "wait" not in deeds or said == "refused", said
        assert_goes_on(gate, before, session, inside)
        reload(gate)
        assert value(inside, "SELECT 1") == value(session, "SELECT 1") == 1


def test_another_user_gets_nothing(gate, session):
    before = gate.process
    speak(gate, "go", user=65534)  # nobody: does not get to the socket
    speak(gate, "go", user=0)  # gets to it, and is not the same user
    assert_goes_on(gate, before, session)


def successors(house, before):
    """Gateways that take over, or will, from this one; it may have been one itself."""
    return [process for process in house.processes() if "--takeover" in process.command and process.pid != before.pid]


OLD_GOES_ON = ["gateway.take.connected", "gateway.take.received", "gateway.take.ready"]


@pytest.mark.parametrize("point", OLD_GOES_ON)
def test_a_successor_killed_before_the_decision_changes_nothing(gate, session, point):
    before = gate.process
    house = gate.house
    if point == "gateway.take.ready":
        house.failpoints.arm("gateway.give.ready")
    house.failpoints.arm(point)
    session.execute("BEGIN; CREATE TEMP TABLE mine AS SELECT 7 AS n")
    with background(house.cli, "reload", "--data", house.data, "--json") as reloaded:
        house.failpoints.wait_hit(point)
        if point == "gateway.take.ready":  # the old one decides when the new one is dead already
            house.failpoints.wait_hit("gateway.give.ready")
        kill_all(successors(house, before))
        house.failpoints.release_all()
        refused(reloaded(), 4, "goes on with its clients")
    assert_goes_on(gate, before, session)
    assert value(session, "SELECT n FROM mine") == 7


SUCCESSOR_SERVES = ["gateway.give.ready", "gateway.give.given"]


@pytest.mark.parametrize("point", SUCCESSOR_SERVES)
def test_the_old_one_killed_when_all_is_there_costs_nobody(gate, url, point):
    """Nobody without TLS: that is the old one's own."""
    before = gate.process
    house = gate.house
    with connect(url) as session:
        session.execute("CREATE TEMP TABLE mine AS SELECT 7 AS n")
        house.failpoints.arm(point)
        with background(house.cli, "reload", "--data", house.data, "--json") as reloaded:
            house.failpoints.wait_hit(point)
            kill_all([before])
            outcome = reloaded()
            assert outcome.status == 0, outcome
        assert value(session, "SELECT n FROM mine") == 7
        reload(gate)
        assert value(session, "SELECT n FROM mine") == 7


@pytest.mark.parametrize("point, victim", [
    ("gateway.give.frozen", "old"), ("gateway.give.sent", "old"), ("gateway.take.yours", "new"),
    ("gateway.take.received", "both"), ("gateway.give.ready", "both")])
def test_whatever_is_killed_one_gateway_serves_within_moments(gate, writer, point, victim):
    before = gate.process
    house = gate.house
    with writer:
        house.failpoints.arm(point)
        with background(house.cli, "reload", "--data", house.data, "--json") as reloaded:
            house.failpoints.wait_hit(point)
            new = successors(house, before)
            kill_all({"old": [before], "new": new, "both": [before, *new]}[victim])
            house.failpoints.release_all()
            reloaded()
        writer.wait_for_more()
    writer.prove_nothing_lost()
    assert [row for row in house.processes() if " gateway " in row.command] == [gate.process]
    reload(gate)  # and another one can take over from it


def test_a_gateway_killed_after_a_takeover_is_started_again_at_once(gate, url, writer):
    """Whatever ended before it: a successor that has taken over has shown that it serves."""
    with connect(url, sslmode="require") as inside:
        first, second = reload(gate)
        with writer:
            kill_all([second])
            writer.wait_for_more()
        writer.prove_nothing_lost()
        restarts = [said for said in gate.house.up_records() if said["message"].endswith("is started again")]
        assert restarts[-1]["in_ms"] == 100
        with pytest.raises(psycopg.OperationalError):
            inside.execute("SELECT 1")
    wait_for("the first one to end", lambda: not first.is_alive())


# ---- another program on disk


@pytest.fixture
def replaced(shelf, tmp_path):
    """A house whose program's file a test may replace."""
    folder = BINARY.parent / f"replaced-{tmp_path.name}"
    folder.mkdir()
    program = folder / "pgbaton"
    shutil.copy2(BINARY, program)
    try:
        with House(shelf.template, program=program) as house:
            yield house
    finally:
        shutil.rmtree(folder)


def put(house, file):
    """As a package manager does: a new file in the place of the old one."""
    fresh = house.program.with_suffix(".new")
    shutil.copy2(file, fresh)
    fresh.rename(house.program)


def test_a_new_program_is_run_by_all_parts_and_one_that_does_not_work_by_none(replaced, shelf):
    replaced.create(NAME, shelf.line.newer)
    gate = Gate(replaced, NAME)

    def parts():
        return {"agent": replaced.part("agent"), "server": replaced.part("server"), "gateway": gate.process}

    with connect(replaced.database_url(NAME), sslmode="disable") as session:
        session.execute("BEGIN; CREATE TEMP TABLE mine AS SELECT 7 AS n")
        before = parts()
        for file in ("/bin/false", __file__):  # ends at once; no program
            put(replaced, file)
            refused(replaced.cli("reload", "--data", replaced.data, "--json"), 4 if file == "/bin/false" else 5)
            assert parts() == before
            assert value(session, "SELECT n FROM mine") == 7
        put(replaced, BINARY)
        replaced.ok("reload", "--data", replaced.data)
        after = parts()
        assert all(after[name].pid != before[name].pid for name in before)
        inode = replaced.program.stat().st_ino
        for process in after.values():
            running = subprocess.run(["stat", "-L", "-c", "%i", f"/proc/{process.pid}/exe"], capture_output=True, text=True,
                                     check=True)
            assert int(running.stdout) == inode
        assert value(session, "SELECT n FROM mine") == 7
        # SIGHUP says the same.
        replaced.supervisor.send_signal(signal.SIGHUP)
        wait_for("another one", lambda: gate.process.pid != after["gateway"].pid)
        assert value(session, "SELECT n FROM mine") == 7
