"""The witness sees what is done to its rows and its sessions, and nothing else."""

import signal

import psycopg
import pytest
from harness.clients import connect, execute, query
from harness.expect import has_fields, refused
from harness.house import free_port
from harness.processes import wait_for
from harness.witness import Witness

KEYS = "connections acknowledged lost duplicated in_doubt disconnects errors session_state_lost stall commits_per_second"
PACED = ("--rows-per-second", "20")


@pytest.fixture(scope="module")
def url(shared_house, shelf):
    """Of a database that all of these tests use."""
    shared_house.create("witnessed", shelf.line.newer)
    yield shared_house.database_url("witnessed")
    shared_house.destroy("witnessed")


@pytest.fixture
def witness(shared_house, url, tmp_path):
    def begin(*arguments):
        return Witness(shared_house, url, tmp_path, *arguments)

    return begin


def troubles(report):
    """The keys that tell of something bad, without those that are 0."""
    keys = "lost duplicated unknown in_doubt disconnects errors session_state_lost".split()
    return {key: report[key] for key in keys if report[key]}


def test_when_nothing_happens_it_finds_nothing_and_cleans_up(witness, url):
    with witness("--connections", "8") as running:
        running.wait_for_more(rows=1000)
    report = running.report(0)
    has_fields(report, KEYS)
    assert troubles(report) == {}, report
    assert report["connections"] == 8 and report["commits_per_second"] > 0
    assert report["acknowledged"] == len(running.acknowledged()) == len(set(running.acknowledged()))
    assert 0 < report["stall"]["p99_ms"] <= report["stall"]["max_ms"]
    assert query(url, "SELECT count(*) FROM pgbaton_witness") == [(0,)]


def test_many_connections_are_no_burden(shared_house, url):
    (free,) = query(url, "SELECT current_setting('max_connections')::int - 25")[0]
    report = shared_house.ok("witness", url, "--connections", str(min(free, 200)), "--duration", "2", *PACED)
    assert troubles(report) == {}, report
    assert report["acknowledged"] >= report["connections"] * 20


def test_people_get_a_table(shared_house, url):
    outcome = shared_house.cli("witness", url, "--connections", "2", "--duration", "0.2", "--keep")
    assert outcome.status == 0, outcome
    rows = dict(line.split("  ", 1) for line in outcome.out.splitlines())
    assert rows["lost"].strip() == rows["session state lost"].strip() == rows["errors"].strip() == "0", outcome
    assert query(url, "SELECT count(*) > 0 FROM pgbaton_witness") == [(True,)]
    execute(url, "TRUNCATE pgbaton_witness")


def test_a_row_that_is_deleted_behind_its_back_is_lost(witness, url):
    with witness(*PACED) as running:
        client, number = running.acknowledged()[0]
        execute(url, f"DELETE FROM pgbaton_witness WHERE client = {client} AND number = {number}")
    assert troubles(running.report(5)) == {"lost": 1}


def test_a_row_that_is_there_twice_is_duplicated(witness, url):
    with witness(*PACED) as running:
        client, number = running.acknowledged()[0]
        execute(url, "INSERT INTO pgbaton_witness SELECT * FROM pgbaton_witness "
                     f"WHERE client = {client} AND number = {number}")
    assert troubles(running.report(5)) == {"duplicated": 1}


def test_a_row_that_it_never_wrote_is_unknown(witness, url):
    with witness(*PACED) as running:
        execute(url, f"INSERT INTO pgbaton_witness VALUES ('{running.run()}', 1, 1000000)")
    assert troubles(running.report(5)) == {"unknown": 1}


@pytest.mark.parametrize("pace", ["0", "5"], ids=["while it waits for an answer", "between two statements"])
def test_a_connection_that_is_ended_is_a_disconnect_and_the_client_goes_on(witness, url, pace):
    with witness("--connections", "3", "--rows-per-second", pace) as running:
        before = wait_for("client 2 to be served", lambda: running.backend(2))
        assert query(url, f"SELECT pg_terminate_backend({before})") == [(True,)]
        wait_for("client 2 to be back", lambda: running.backend(2) not in (None, before))
        running.wait_for_more(client=2)
    report = running.report(5)
    found = troubles(report)
    assert found.pop("in_doubt", 0) <= 1
    assert found == {"disconnects": 1, "errors": {"57P01": 1}}, report


# What a trigger does in the session of one client, and which kind of state the witness then misses.
CHANGES = [
    ("PERFORM set_config('pgbaton_witness.client', '', false)", "custom-setting"),
    ("PERFORM set_config('application_name', 'other', false)", "application-name"),
    ("PERFORM set_config('work_mem', '5MB', false)", "work-mem"),
    ("PERFORM set_config('search_path', 'public', false)", "search-path"),
    ("PERFORM pg_advisory_unlock_all()", "advisory-lock"),
    ("UNLISTEN *", "listen"),
    ("IF EXISTS (SELECT FROM pg_prepared_statements WHERE name = 'pgbaton_witness_sql') THEN "
     "DEALLOCATE pgbaton_witness_sql; END IF", "sql-prepared-statement"),
    ("DEALLOCATE pgbaton_witness_insert", "prepared-statement"),
]


@pytest.fixture
def in_session_of_client_2(url):
    """Lets a statement run in the session of the witness' client 2, each time that it writes."""

    def run(statement):
        execute(url, "CREATE OR REPLACE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ "
                     f"BEGIN {statement}; RETURN NEW; END $$")
        execute(url, "CREATE TRIGGER meddle BEFORE INSERT ON pgbaton_witness FOR EACH ROW "
                     "WHEN (NEW.client = 2) EXECUTE FUNCTION meddle()")

    yield run
    execute(url, "DROP FUNCTION IF EXISTS meddle CASCADE")


@pytest.mark.parametrize("statement, kind", CHANGES, ids=[row[1] for row in CHANGES])
def test_state_that_a_session_has_lost_is_named(witness, in_session_of_client_2, statement, kind):
    with witness("--connections", "3", *PACED) as running:
        in_session_of_client_2(statement)
        running.wait_for_more(client=2)
    report = running.report(5)
    assert report["session_state_lost"] == 1, report
    ((client, found),) = [(row["client"], row["kind"]) for row in report["session_state_lost_details"]]
    assert (client, found) == (2, kind)
    # A client whose prepared statement is gone is told so when it uses it; the rest no client notices by itself.
    assert set(report["errors"]) == ({"26000"} if kind == "prepared-statement" else set())
    assert (report["lost"], report["duplicated"], report["unknown"], report["disconnects"]) == (0, 0, 0, 0)


def test_a_notification_that_comes_twice_is_named(witness, url):
    with witness("--connections", "2", *PACED) as running, connect(url) as other:
        channel = f"pgbaton_witness_{running.run()}_2"
        heard = []
        other.add_notify_handler(heard.append)
        other.execute(f"LISTEN {channel}")
        wait_for("a notification of client 2", lambda: other.execute("SELECT 1") and heard)
        other.execute("SELECT pg_notify(%s, %s)", (channel, heard[0].payload))
    report = running.report(5)
    assert [(row["client"], row["kind"]) for row in report["session_state_lost_details"]] == [(2, "notification")]


def test_refused_rows_are_errors_and_are_not_missed(witness, in_session_of_client_2):
    with witness("--connections", "2", *PACED) as running:
        in_session_of_client_2("IF NEW.number % 2 = 0 THEN RAISE EXCEPTION 'no' USING ERRCODE = 'P0042'; END IF")
        running.wait_for_more(client=2)
    report = running.report(5)
    assert set(troubles(report)) == {"errors"} and set(report["errors"]) == {"P0042"}, report


def test_a_signal_ends_it_with_the_report(witness):
    with witness("--connections", "2", *PACED) as running:
        running.process.send_signal(signal.SIGTERM)
        running.process.wait(timeout=60)
    assert troubles(running.report(0)) == {}


def test_the_proof_outlives_the_witness(witness, url):
    with witness("--connections", "4") as running:
        running.wait_for_more(rows=200)
        running.process.kill()
        running.process.wait(timeout=60)
    acknowledged = set(running.acknowledged())
    rows = set(query(url, f"SELECT client, number FROM pgbaton_witness WHERE run = '{running.run()}'"))
    assert acknowledged <= rows
    assert len(rows - acknowledged) <= 4, "more than what each client had on its way"
    execute(url, "TRUNCATE pgbaton_witness")


def test_an_upgrade_loses_no_row(shared_house, house, shelf, database, tmp_path):
    with Witness(shared_house, house.database_url(database), tmp_path, "--connections", "4") as running:
        house.ok("upgrade", database, "--to", shelf.line.newer, "--wait")
        running.wait_for_more(rows=20)
    report = running.end().json
    assert (report["lost"], report["duplicated"], report["unknown"]) == (0, 0, 0), report
    assert report["session_state_lost"] == 0, report


@pytest.mark.parametrize("words, status, named", [
    (("postgresql://127.0.0.1:{free_port}/x", "--duration", "1"), 6, "Connection refused"),
    (("{without_password}", "--duration", "1"), 5, "no password"),
    (("{wrong_password}", "--duration", "1"), 5, "28P01"),
    (("{url}", "--connections", "999", "--duration", "1"), 5, "53300"),
    (("shop", "--duration", "1"), 2, "postgresql://"),
    (("{url}", "--connections", "0"), 2, "--connections"),
    (("{url}", "--duration", "soon"), 2, "--duration"),
    (("{url}", "--rows-per-second", "-1"), 2, "--rows-per-second"),
    (("{url}", "--out", "/nosuch/file", "--duration", "1"), 5, "/nosuch/file"),
    ((), 2, "URL"),
])
def test_what_it_cannot_begin_it_says_in_a_sentence(shared_house, url, words, status, named):
    password = psycopg.conninfo.conninfo_to_dict(url)["password"]
    places = {"url": url, "free_port": free_port(), "without_password": url.replace(f":{password}", ""),
              "wrong_password": url.replace(password, "wrong")}
    refused(shared_house.cli("witness", *[word.format(**places) for word in words], "--json"), status, named)
