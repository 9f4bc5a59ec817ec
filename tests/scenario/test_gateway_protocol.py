"""The gateway in front of a database: who is let in, and that every client is answered as by PostgreSQL itself."""

import contextlib
import hashlib
import resource
import socket
import ssl
import struct
import threading

import psycopg
import pytest
from harness import raw
from harness.clients import connect, execute, query, wait_in_service
from harness.gateway import gate_of
from harness.processes import kill_all, wait_for
from harness.raw import Raw

NAME = "gated"


@pytest.fixture(scope="module")
def gate(shared_house, shelf):
    with gate_of(shared_house, NAME, shelf.line.newer) as gate:
        yield gate


@pytest.fixture(scope="module")
def url(shared_house, gate):
    return shared_house.database_url(NAME)


@pytest.fixture(scope="module")
def password(url):
    return psycopg.conninfo.conninfo_to_dict(url)["password"]


@pytest.fixture
def client(gate):
    with Raw(gate.port) as connection:
        yield connection


@pytest.fixture
def let_in(client, password):
    client.login(NAME, password)
    return client


def is_served(url):
    return query(url, "SELECT 1") == [(1,)]


@contextlib.contextmanager
def role(gate, name, words):
    gate.as_superuser(f"CREATE ROLE {name} {words}")
    try:
        yield name
    finally:
        gate.as_superuser(f"DROP OWNED BY {name}; DROP ROLE {name}")


def refusal(url, **options):
    with pytest.raises(psycopg.OperationalError) as caught:
        connect(url, **options)
    return str(caught.value)


# ---- who is let in


@pytest.mark.parametrize("options", [
    {"sslmode": "disable"},
    {"sslmode": "require", "channel_binding": "disable"},
    {"sslmode": "require", "channel_binding": "require"},
], ids=["plain", "TLS", "TLS bound to its channel"])
def test_scram_lets_the_owner_in(url, options):
    with connect(url, **options) as connection:
        assert connection.execute("SELECT current_user").fetchone() == (NAME,)


def test_the_certificate_is_of_the_authority_of_the_house(shared_house, url):
    assert is_served(f"{url}?sslmode=verify-full&sslrootcert={shared_house.data}/tls/ca.crt")
    assert "certificate" in refusal(url, sslmode="verify-full", sslrootcert="/etc/ssl/certs/ca-certificates.crt")


def test_an_md5_role_of_old_is_let_in(gate, url):
    with role(gate, "old", f"LOGIN PASSWORD 'md5{hashlib.md5(b'secretold').hexdigest()}'"):
        with connect(url, user="old", password="secret") as connection:
            assert connection.execute("SELECT current_user").fetchone() == ("old",)
        assert "password authentication failed" in refusal(url, user="old", password="other")


@pytest.mark.parametrize("words, says", [
    ("LOGIN PASSWORD 'other'", 'password authentication failed for user "r"'),
    ("LOGIN", 'password authentication failed for user "r"'),
    ("NOLOGIN PASSWORD 'secret'", ""),
    ("LOGIN PASSWORD 'secret' VALID UNTIL '2020-01-01'", 'password authentication failed for user "r"'),
    ("LOGIN PASSWORD 'secret' CONNECTION LIMIT 0", "too many connections for role"),
], ids=["a wrong password", "no password", "NOLOGIN", "VALID UNTIL passed", "CONNECTION LIMIT"])
def test_a_role_that_may_not_is_not_let_in(gate, url, words, says):
    with role(gate, "r", words):
        assert says in refusal(url, user="r", password="secret")


def test_unknown_roles_and_wrong_passwords_are_told_the_same(url):
    for _ in range(20):
        assert 'password authentication failed for user "nobody"' in refusal(url, user="nobody", password="secret")
        assert f'password authentication failed for user "{NAME}"' in refusal(url, password="secret")
    assert is_served(url)


@pytest.mark.parametrize("known", [True, False], ids=["with its password", "without one"])
def test_the_platforms_superuser_is_never_let_in(gate, url, known):
    name = gate.served["superuser"]
    gate.as_superuser(f"ALTER ROLE {name} PASSWORD {chr(39) + 'secret' + chr(39) if known else 'NULL'}")
    assert "password authentication failed" in refusal(url, user=name, password="secret")


def test_connect_revoked_and_an_unknown_database_are_the_servers_own_words(gate, url):
    with role(gate, "r", "LOGIN PASSWORD 'secret'"):
        gate.as_superuser(f"REVOKE CONNECT ON DATABASE {NAME} FROM PUBLIC")
        try:
            assert "permission denied for database" in refusal(url, user="r", password="secret")
        finally:
            gate.as_superuser(f"GRANT CONNECT ON DATABASE {NAME} TO PUBLIC")
        assert 'database "nowhere" does not exist' in refusal(url, user="r", password="secret", dbname="nowhere")


def test_settings_of_a_role_are_the_servers(gate, url):
    with role(gate, "r", "LOGIN PASSWORD 'secret'"):
        gate.as_superuser("ALTER ROLE r SET work_mem = '7MB'", "ALTER ROLE r SET app.tenant = '42'")
        with connect(url, user="r", password="secret", options="-c work_mem=9MB -c app.b=x") as connection:
            assert connection.execute("SHOW work_mem").fetchone() == ("9MB",)
            assert connection.execute("SELECT current_setting('app.tenant'), current_setting('app.b')").fetchone() == (
                "42", "x")


def test_a_changed_password_counts_at_once(gate, url):
    with role(gate, "r", "LOGIN PASSWORD 'first'"):
        assert is_served(psycopg.conninfo.make_conninfo(url, user="r", password="first"))
        gate.as_superuser("ALTER ROLE r PASSWORD 'second'")
        assert "password authentication failed" in refusal(url, user="r", password="first")
        assert is_served(psycopg.conninfo.make_conninfo(url, user="r", password="second"))


# ---- the beginning of a connection


def test_direct_tls_needs_the_protocols_name(gate, password):
    with Raw(gate.port).tls(alpn=["postgresql"], ask=False) as client:
        assert client.socket.selected_alpn_protocol() == "postgresql"
        client.login(NAME, password)
        assert client.rows("SELECT 1") == [("1",)]
    for alpn in (None, ["http/1.1"]):
        with contextlib.suppress(ssl.SSLError, ConnectionError), Raw(gate.port).tls(alpn=alpn, ask=False) as client:
            client.send(raw.startup({"user": NAME}))
            assert client.read() is None, f"let go on with ALPN {alpn}"


def test_what_is_smuggled_behind_an_ssl_request_is_not_taken_as_sent_inside(gate, url):
    with Raw(gate.port) as client:
        client.send(raw.SSL_REQUEST + raw.startup({"user": NAME, "database": NAME}))
        assert client.bytes(1) == b"S"
        assert client.until(b"R") == [] or client.read() is None
    assert is_served(url)


def test_gss_is_declined_and_the_client_goes_on(client, password):
    client.send(raw.GSS_REQUEST)
    assert client.bytes(1) == b"N"
    client.tls().login(NAME, password)
    assert client.rows("SELECT 1") == [("1",)]


@pytest.mark.parametrize("asked, options, told, key", [
    ((3, 0), {}, None, 4),
    ((3, 2), {}, None, 32),
    ((3, 1), {}, 0, 4),
    ((3, 9999), {"_pq_.test_protocol_negotiation": "1"}, 2, 32),
], ids=["3.0", "3.2", "3.1", "grease"])
def test_versions_are_negotiated(client, password, asked, options, told, key):
    found = client.login(NAME, password, version=asked, **options)
    negotiated = [body for kind, body in found if kind == b"v"]
    if told is None:
        assert negotiated == []
    else:
        minor, count = struct.unpack("!ii", negotiated[0][:8])
        assert (minor & 0xffff, count) == (told, len(options))
        assert all(name.encode() in negotiated[0] for name in options)
    assert len(client.key[1]) == key
    assert client.key[0] < 1 << 31
    assert client.rows("SELECT 1") == [("1",)]


@pytest.mark.parametrize("packet", [
    struct.pack("!i", 20_000),
    struct.pack("!i", -1) + b"x" * 100,
    struct.pack("!i", 0),
    struct.pack("!i", 7) + b"xxx",
    struct.pack("!ihh", 8, 3, 0),
    struct.pack("!ihh", 9, 3, 0) + b"\0",
    struct.pack("!ihh", 9, 2, 0) + b"\0",
    raw.startup({"user": "u"})[:-1] + b"x",
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    bytes(range(256)) * 8,
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xff" * 600,
    raw.cancel_request(1, b"x" * 400),
], ids=["too long", "negative", "nothing", "short", "no parameters", "no user", "2.0", "no end", "HTTP", "bytes",
        "bad TLS", "long key"])
def test_what_is_no_startup_packet_is_refused_and_hurts_nobody(url, client, packet):
    client.send(packet)
    client.socket.settimeout(10)
    found = client.until(b"E")
    assert all(kind == b"E" for kind, _ in found) or packet[:1] == b"\x16", found
    assert client.read() is None
    assert is_served(url)


def test_a_client_that_goes_away_at_any_byte_of_its_login_leaves_nothing(gate, url):
    packet = raw.SSL_REQUEST + raw.startup({"user": NAME, "database": NAME})
    before = gate.status()["sessions"]
    for size in range(len(packet)):
        with Raw(gate.port) as client:
            client.send(packet[:size])
    wait_for("all of them to be forgotten", lambda: gate.status()["sessions"] == before)
    assert is_served(url)


def test_a_client_that_sends_byte_by_byte_is_served_and_holds_up_nobody(gate, url, password):
    with Raw(gate.port) as slow:
        for byte in raw.startup({"user": NAME, "database": NAME}):
            slow.send(bytes([byte]))
            if byte == ord("d"):
                assert is_served(url)
        assert slow.read()[0] == b"R"
    with Raw(gate.port) as slow:
        slow.login(NAME, password)
        for byte in raw.query("SELECT 'slow'") + raw.parse("SELECT 2") + raw.BIND + raw.EXECUTE + raw.SYNC:
            slow.send(bytes([byte]))
        assert slow.kinds() == b"TDCZ"
        assert slow.kinds() == b"12DCZ"


def test_a_message_with_an_impossible_length_ends_the_session(let_in, url):
    let_in.send(b"Q" + struct.pack("!i", 3))
    assert let_in.error()["C"] == "08P01"
    assert let_in.is_closed()
    assert is_served(url)


# ---- cancel


def test_a_running_statement_is_cancelled_and_the_next_one_is_not(url):
    with connect(url) as connection:
        for _ in range(5):
            running = threading.Thread(target=lambda: pytest.raises(
                psycopg.errors.QueryCanceled, connection.execute, "SELECT pg_sleep(60)"))
            running.start()
            wait_for("the statement to run", lambda: query(
                url, "SELECT FROM pg_stat_activity WHERE query LIKE '%sleep(60)%' AND state = 'active' AND pid <> "
                     "pg_backend_pid()"))
            connection.cancel()
            running.join(timeout=60)
            assert not running.is_alive()
            assert connection.execute("SELECT 1").fetchone() == (1,)


def cancel(gate, pid, key):
    with Raw(gate.port) as client:
        client.send(raw.cancel_request(pid, key))
        assert client.is_closed()


def test_a_wrong_key_cancels_nothing(gate, let_in):
    pid, key = let_in.key
    let_in.send(raw.query("SELECT pg_sleep(1), 'went on'"))
    for wrong in (bytes(4), key[:3] + bytes([key[3] ^ 1]), key + b"x"):
        cancel(gate, pid, wrong)
    cancel(gate, pid ^ 1, key)
    assert let_in.kinds() == b"TDCZ"


def is_sleeping(url):
    return query(url, "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'") == [(1,)]


def test_a_storm_of_cancels_hits_no_statement_that_began_later(gate, url, let_in):
    pid, key = let_in.key
    for round_ in range(20):
        let_in.send(raw.query("SELECT pg_sleep(20)"))
        # PostgreSQL drops a cancel that its backend gets before the statement.
        wait_for("the statement to run", lambda: is_sleeping(url))
        storm = [Raw(gate.port) for _ in range(20)]
        for one in storm:
            one.send(raw.cancel_request(pid, key))
        for one in storm:
            assert one.is_closed()
            one.socket.close()
        assert let_in.error()["C"] == "57014"
        assert let_in.kinds() == b"Z"
        # All of them have been answered: a statement that begins now was not meant.
        assert let_in.rows(f"SELECT {round_}, pg_sleep(0.01)")[0][0] == str(round_)


def test_cancels_while_nothing_runs_are_nothing(gate, let_in):
    for number in range(50):
        cancel(gate, *let_in.key)
        assert let_in.rows(f"SELECT {number}") == [(str(number),)]


# ---- requests and answers


def test_a_pipeline_with_an_error_in_it_goes_on_behind_the_next_sync(let_in):
    good = raw.parse("SELECT 1") + raw.BIND + raw.EXECUTE
    bad = raw.parse("SELECT 1/0") + raw.BIND + raw.EXECUTE
    let_in.send(good, bad, good, raw.SYNC, good, raw.SYNC, raw.query("SELECT 1; SELECT 1/0; SELECT 1"))
    assert let_in.kinds() == b"12DC1EZ"  # found when it is planned: at Bind
    assert let_in.kinds() == b"12DCZ"
    assert let_in.kinds() == b"TDCEZ"
    assert let_in.rows("SELECT 1") == [("1",)]


def test_psycopgs_pipeline_mode(url):
    with connect(url) as connection:
        connection.execute("CREATE TEMP TABLE p (n int)")
        with connection.pipeline():
            for number in range(2_000):
                connection.execute("INSERT INTO p VALUES (%s)", (number,))
            assert connection.execute("SELECT count(*) FROM p").fetchone() == (2_000,)


def test_flush_brings_answers_without_a_sync(let_in):
    let_in.send(raw.parse("SELECT 7"), raw.BIND, raw.EXECUTE, raw.FLUSH)
    assert let_in.kinds(b"C") == b"12DC"
    let_in.send(raw.SYNC)
    assert let_in.kinds() == b"Z"


def test_a_request_and_the_end_in_one_packet_is_carried_out_before_the_end(url, let_in):
    execute(url, "CREATE TABLE last_words (n int)")
    let_in.send(raw.query("INSERT INTO last_words VALUES (1)"), raw.TERMINATE)
    assert let_in.kinds() == b"CZ"
    assert let_in.is_closed()
    assert query(url, "SELECT n FROM last_words") == [(1,)]


def test_messages_of_an_unknown_type_are_for_the_server_to_judge(let_in, url):
    let_in.send(raw.message(b"y", b"what is this"))
    assert let_in.error()["C"] == "08P01"
    assert let_in.is_closed()
    assert is_served(url)


def test_a_function_call(let_in, url):
    (oid,), = query(url, "SELECT 'pg_catalog.int4pl'::regproc::oid::int")
    let_in.send(raw.message(b"F", struct.pack("!ihh", oid, 1, 0) + struct.pack("!h", 2) +
                            2 * (struct.pack("!i", 1) + b"1") + struct.pack("!h", 0)))
    assert let_in.kinds() == b"VZ"


def test_copy_in_and_out_and_their_errors(url):
    with connect(url) as connection:
        connection.execute("CREATE TEMP TABLE c (n int)")
        for rounds in range(3):
            with connection.cursor() as cursor, cursor.copy("COPY c FROM STDIN") as copy:
                for number in range(10_000):
                    copy.write_row((number,))
            with pytest.raises(psycopg.errors.InvalidTextRepresentation), connection.cursor() as cursor, \
                    cursor.copy("COPY c FROM STDIN") as copy:
                copy.write("1\nx\n" * 100_000)
            with pytest.raises(psycopg.errors.QueryCanceled, match="ZeroDivision"), connection.cursor() as cursor, \
                    cursor.copy("COPY c FROM STDIN") as copy:
                copy.write("1\n")
                raise ZeroDivisionError
            with pytest.raises(psycopg.errors.DivisionByZero), connection.cursor() as cursor, \
                    cursor.copy("COPY (SELECT 1/(n-5000) FROM c) TO STDOUT") as copy:
                list(copy)
            with connection.cursor() as cursor, cursor.copy("COPY c TO STDOUT") as copy:
                assert len(b"".join(copy).splitlines()) == 10_000 * (rounds + 1)
            assert connection.execute("SELECT count(*) FROM c").fetchone() == (10_000 * (rounds + 1),)


def test_syncs_inside_a_copy_are_counted_as_the_server_does(let_in):
    let_in.send(raw.query("CREATE TEMP TABLE c (n int)"))
    assert let_in.kinds() == b"CZ"
    let_in.send(raw.parse("COPY c FROM STDIN"), raw.BIND, raw.EXECUTE, raw.SYNC)
    assert let_in.kinds(b"G") == b"12G"
    let_in.send(raw.message(b"d", b"1\n"), raw.SYNC, raw.FLUSH, raw.message(b"d", b"2\n"), raw.message(b"c"), raw.SYNC)
    assert let_in.kinds() == b"CZ"
    assert let_in.rows("SELECT count(*) FROM c") == [("2",)]


def test_notifications_come_between_and_behind_answers(url):
    heard = []
    with connect(url) as listener, connect(url) as speaker:
        listener.add_notify_handler(lambda notice: heard.append(notice.payload))
        listener.execute("LISTEN channel")
        for number in range(100):
            speaker.execute("SELECT pg_notify('channel', %s)", (str(number),))

        def all_heard():
            listener.execute("SELECT 1")
            return len(heard) >= 100

        wait_for("the notifications", all_heard)
    assert heard == [str(number) for number in range(100)]


# ---- much of it


MUCH = 200 << 20  # bytes
LITTLE = 24 << 20  # by how much the gateway's memory may grow


def test_a_client_that_stops_reading_costs_no_memory_and_gets_everything_later(gate, let_in, url):
    before = gate.memory()
    let_in.send(raw.query(f"SELECT repeat('x', 1000000) FROM generate_series(1, {MUCH // 1_000_000})"))
    wait_for("the server to wait for the client", lambda: query(
        url, "SELECT FROM pg_stat_activity WHERE wait_event = 'ClientWrite'"))
    assert gate.memory() - before < LITTLE
    received = 0
    for kind, body in iter(let_in.read, None):
        received += len(body)
        if kind == b"Z":
            break
    assert received > MUCH // 1_000_000 * 1_000_000
    assert gate.memory() - before < LITTLE
    assert let_in.rows("SELECT 1") == [("1",)]


def test_tls_clients_that_stop_reading_get_everything_later(gate, password):
    with Raw(gate.port).tls() as client:
        client.login(NAME, password)
        client.send(raw.query("SELECT repeat('x', 1000000) FROM generate_series(1, 20)"))
        wait_for("the gateway to have sent what fits", lambda: gate.sessions()[-1]["state"] == "active")
        assert client.kinds() == b"T" + 20 * b"D" + b"CZ"


def test_a_large_copy_in_passes_with_little_memory(gate, url):
    before = gate.memory()
    most = before
    with connect(url) as connection:
        connection.execute("CREATE TEMP TABLE c (t text)")
        with connection.cursor() as cursor, cursor.copy("COPY c FROM STDIN") as copy:
            for _ in range(50):
                copy.write(("y" * 99 + "\n") * 10_000)
                most = max(most, gate.memory())
        assert connection.execute("SELECT count(*) FROM c").fetchone() == (500_000,)
    assert most - before < LITTLE


def test_a_statement_of_many_megabytes(url):
    with connect(url) as connection:
        text = "z" * (20 << 20)
        assert connection.execute("SELECT length(%s::text)", (text,)).fetchone() == (len(text),)
        assert connection.execute(f"SELECT length('{text}')").fetchone() == (len(text),)
        assert connection.execute("SELECT %s::text", (text,)).fetchone() == (text,)


def test_one_client_too_many_is_told_so_and_the_others_go_on(gate, url):
    limit = gate.served["max_connections"]
    with contextlib.ExitStack() as stack:
        taken = [stack.enter_context(connect(url)) for _ in range(limit - gate.status()["sessions"])]
        with pytest.raises(psycopg.OperationalError, match="too many clients"):
            connect(url)
        assert all(connection.execute("SELECT 1").fetchone() == (1,) for connection in taken)
        taken.pop().close()
        wait_for("its place to be free", lambda: gate.status()["sessions"] < limit)
        assert is_served(url)


@pytest.fixture
def many_descriptors():
    """As many as the machine lets this process have."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.usefixtures("many_descriptors")
def test_five_thousand_connections_at_once_that_say_nothing_hold_up_nobody(gate, password):
    def assert_served():
        with Raw(gate.port) as client:  # psycopg cannot have so many descriptors
            client.login(NAME, password)
            assert client.rows("SELECT 1") == [("1",)]

    with contextlib.ExitStack() as stack:
        before = gate.memory()
        silent = [stack.enter_context(socket.create_connection(("127.0.0.1", gate.port))) for _ in range(5_000)]
        assert_served()
        wait_for("all to be accepted", lambda: len(gate.sessions()) >= len(silent))
        assert gate.memory() - before < 100 << 20
        assert_served()
    wait_for("all to be forgotten", lambda: gate.sessions() == [])


def test_a_thousand_connections_at_once_are_let_in_or_refused(gate, password, url):
    clients = [Raw(gate.port) for _ in range(1_000)]
    for client in clients:
        client.send(raw.startup({"user": NAME, "database": NAME}))
    answers = [client.read()[0] for client in clients]
    assert answers.count(b"E") >= 1_000 - gate.served["max_connections"]
    assert answers.count(b"R") >= 1
    for client in clients:
        client.socket.close()
    wait_for("all to be forgotten", lambda: gate.status()["sessions"] == 0)
    assert is_served(url)


# ---- the server goes


def test_a_backend_that_is_ended_says_so_to_its_client(url, let_in):
    (pid,), = let_in.rows("SELECT pg_backend_pid()")
    execute(url, f"SELECT pg_terminate_backend({pid})")
    assert let_in.error()["C"] == "57P01"
    assert let_in.is_closed()


def test_a_server_killed_in_the_middle_of_a_result_ends_the_session_and_the_next_is_served(gate, url, let_in):
    let_in.send(raw.query("SELECT repeat('x', 1000000) FROM generate_series(1, 100)"))
    assert let_in.read()[0] == b"T"
    kill_all(gate.house.postmasters(NAME))
    kinds = [kind for kind, _ in let_in.until(b"Z")]
    assert kinds[-1:] != [b"Z"] and set(kinds) <= {b"D", b"E"}
    wait_in_service(url)
