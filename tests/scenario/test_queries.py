"""What sessions run, as `pgbaton queries` and the API show it; a statement cancelled; statistics of statements."""

import threading

import psycopg
import pytest
from harness.clients import connect, execute, wait_in_service
from harness.hard import superuser
from harness.processes import wait_for


@pytest.fixture(scope="module")
def name(shared_house, shelf):
    shared_house.create("asked", shelf.line.newer)
    yield "asked"
    shared_house.destroy("asked")


class Sleeper:
    """A client whose statement runs until it is cancelled."""

    def __init__(self, house, name, text):
        self.error = None
        self.client = connect(house.database_url(name), application_name="sleeper")
        self.thread = threading.Thread(target=self._run, args=(text,))
        self.thread.start()
        self.seen = wait_for("the statement to be shown", lambda: next(
            (one for one in house.ok("queries", name)["queries"]
             if one["application_name"] == "sleeper" and one["state"] == "active"), None))

    def _run(self, text):
        try:
            self.client.execute(text)
        except psycopg.Error as error:
            self.error = error

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.thread.is_alive():
            self.client.cancel()
        self.thread.join(30)
        self.client.close()


def address_of(house, name):
    return next(one["client"] for one in house.ok("sessions", name)["sessions"] if one["application_name"] == "sleeper")


def test_a_running_statement_is_shown_and_cancelled_and_its_session_goes_on(house, name):
    with Sleeper(house, name, "SELECT 'it''s <b>', pg_sleep(600)") as sleeper:
        seen = sleeper.seen
        assert seen["text"] == "SELECT 'it''s <b>', pg_sleep(600)"
        assert (seen["user"], seen["database"], seen["wait_event"]) == (name, name, "Timeout: PgSleep")
        assert seen["client"] == address_of(house, name)  # the client's, not the gateway's
        text = house.cli("queries", name).out
        assert str(seen["pid"]) in text and "pg_sleep(600)" in text
        house.ok("queries", name, "--cancel", seen["pid"])
        sleeper.thread.join(30)
        assert sleeper.error.sqlstate == "57014"
        assert sleeper.client.execute("SELECT 1").fetchone() == (1,)
    entry = house.request("GET", "/api/v1/audit").json["entries"][0]
    assert entry["path"] == f"/api/v1/databases/{name}/queries/{seen['pid']}/cancel"


def test_only_the_statement_that_was_seen_is_cancelled(house, name):
    with Sleeper(house, name, "SELECT pg_sleep(600)") as sleeper:
        path = f"/api/v1/databases/{name}/queries/{sleeper.seen['pid']}/cancel"
        other = house.request("POST", path, {"began": "2020-01-01T00:00:00.000000Z"})
        assert (other.status, other.json["code"]) == (409, "refused")
        assert "another statement" in other.json["detail"]
        assert house.request("POST", path, {"began": "x' OR true --"}).status == 400
        assert sleeper.thread.is_alive()
        assert house.request("POST", path, {"began": sleeper.seen["began"]}).json["cancelled"]
        sleeper.thread.join(30)
        assert sleeper.error.sqlstate == "57014"


def test_nothing_but_a_clients_running_statement_can_be_cancelled(house, name):
    with connect(house.database_url(name)) as idle, superuser(house, name) as platform:
        pid = idle.execute("SELECT pg_backend_pid()").fetchone()[0]
        outcome = house.cli("queries", name, "--cancel", pid, "--json")
        assert (outcome.status, outcome.error["code"]) == (4, "refused"), outcome
        own = platform.execute("SELECT pg_backend_pid()").fetchone()[0]
        for other in (own, 1, 999_999_999):  # the platform's, init, nobody
            assert house.cli("queries", name, "--cancel", other).status == 3
        for words in ("x", "-1", "1; SELECT 2", "99999999999999"):
            assert house.cli("queries", name, f"--cancel={words}").status == 2, words
    assert house.cli("queries", "nobody").status == 3


def test_passwords_in_statements_are_not_shown(house, name):
    with Sleeper(house, name, f"SELECT pg_sleep(600); ALTER ROLE {name} PASSWORD 'hunter2'") as sleeper:
        assert sleeper.seen["text"] == f"SELECT pg_sleep(600); ALTER ROLE {name} PASSWORD ***"


def test_statistics_of_statements_come_with_what_the_answer_says(house, name):
    answer = house.ok("queries", name)["statements"]
    assert not answer["available"] and "not loaded" in answer["why"]
    assert answer["how"][0].startswith("psql -h /")
    assert "shared_preload_libraries" in house.cli("queries", name).out
    with superuser(house, name) as platform:
        for statement in answer["how"][1:]:
            platform.execute(statement)
    postmaster = house.postmasters(name)[0]
    postmaster.kill()  # the agent starts it again
    url = house.database_url(name)
    wait_for("another postmaster", lambda: [one for one in house.postmasters(name) if one.pid != postmaster.pid])
    wait_in_service(url)
    execute(url, "CREATE TABLE counted AS SELECT 17 AS seventeen")
    top = house.ok("queries", name)["statements"]
    assert top["available"], top
    mine = next(one for one in top["top"] if "counted" in one["text"])
    assert (mine["user"], mine["calls"]) == (name, 1)
    assert "Statements that took most of the time" in house.cli("queries", name).out
