"""What PostgreSQL has logged, as `pgbaton logs` and the API show it."""

import contextlib
import json
import os
import queue
import re
import signal
import subprocess
import threading
import time

import psycopg
import pytest
from harness.clients import connect, execute
from harness.house import BINARY
from harness.processes import wait_for


@pytest.fixture(scope="module")
def name(shared_house, shelf):
    shared_house.create("talker", shelf.line.newer)
    yield "talker"
    shared_house.destroy("talker")


def say(url, words, level="WARNING", **options):
    with connect(url, **options) as client:
        client.execute(f"DO $$ BEGIN RAISE {level} USING MESSAGE = {psycopg.sql.quote(words)}; END $$")


def fail(url, sql, **options):
    with connect(url, **options) as client, contextlib.suppress(psycopg.Error):
        client.execute(sql)


def found(house, name, text, *arguments):
    """The entries with this text, once there are any."""
    return wait_for(f"an entry with {text!r}", lambda: house.ok("logs", name, "--grep", text, *arguments)["entries"])


def folder(house, name):
    return house.data / "agent" / "instances" / f"{name}_1" / "log"


class Follower:
    """`pgbaton logs --follow`, whose lines come as they are printed."""

    def __init__(self, house, *arguments):
        self.process = subprocess.Popen(
            [BINARY, "logs", *arguments, "--follow"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
            env=house.environment(PGBATON_SERVER=house.url, PGBATON_TOKEN=house.token))
        self.lines = queue.Queue()
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line)

    def wait_line(self, words):
        def come():
            with contextlib.suppress(queue.Empty):
                while True:
                    line = self.lines.get_nowait()
                    if words in line:
                        return line
            return None

        return wait_for(f"a line with {words!r}", come)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)
        self.reader.join(30)
        self.process.stdout.close()


def test_an_error_is_told_with_its_statement_and_what_belongs_to_it(house, name):
    url = house.database_url(name)
    execute(url, "CREATE TABLE once (id int PRIMARY KEY)")
    execute(url, "INSERT INTO once VALUES (1)")
    fail(url, "INSERT INTO once\nVALUES (1) /* twice */", application_name="my app")
    entry = found(house, name, "twice")[-1]
    assert (entry["level"], entry["sqlstate"], entry["node"]) == ("ERROR", "23505", f"{name}_1")
    assert (entry["user"], entry["database"], entry["application_name"]) == (name, name, "my app")
    assert entry["message"] == 'duplicate key value violates unique constraint "once_pkey"'
    assert entry["detail"] == "Key (id)=(1) already exists."
    assert entry["statement"] == "INSERT INTO once\nVALUES (1) /* twice */"
    text = house.cli("logs", name, "--grep", "twice").out
    assert re.search(rf"(?m)^20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\.\d\d\d  ERROR    \[\d+\] {name}@{name} my app  duplicate key", text)
    assert "\n    STATEMENT: INSERT INTO once\n      VALUES (1) /* twice */\n" in text


def test_entries_are_chosen_by_level_text_number_and_time(house, name):
    url = house.database_url(name)
    say(url, "chosen one")
    say(url, "chosen two", "LOG")
    wait_for("both entries", lambda: len(house.ok("logs", name, "--grep", "CHOSEN")["entries"]) == 2)

    def messages(*arguments):
        return [one["message"] for one in house.ok("logs", name, "--grep", "chosen", *arguments)["entries"]]

    assert messages() == ["chosen one", "chosen two"]
    assert messages("--level", "warning") == ["chosen one"]
    assert messages("--level", "ERROR") == []
    assert messages("-n", "1") == ["chosen two"]
    assert messages("--since", "10min", "--node", "1") == ["chosen one", "chosen two"]
    assert messages("--since", "2999-01-01T00:00:00Z") == []
    second = house.ok("logs", name, "--grep", "chosen")["entries"][1]["time"]
    assert messages("--since", second) == ["chosen two"]


def test_passwords_are_neither_shown_nor_found(house, name):
    fail(house.database_url(name), "ALTER ROLE pgbaton /* secretly */ PASSWORD 'hunter2'")
    entry = found(house, name, "secretly")[-1]
    assert entry["statement"] == "ALTER ROLE pgbaton /* secretly */ PASSWORD ***"
    assert "hunter2" in "".join(file.read_text() for file in folder(house, name).iterdir())  # PostgreSQL has it
    assert not house.ok("logs", name, "--grep", "hunter2")["entries"]
    assert "hunter2" not in house.cli("logs", name, "-n", "5000").out


def test_clients_cannot_pretend_to_be_somebody_else(house, name):
    url = house.database_url(name)
    forged = "harmless\n2026-01-01 00:00:00.000 UTC [1] XX000 PANIC:  forged\x1b[2J"
    say(url, forged, application_name="x) PANIC:  forged")
    entries = found(house, name, "forged")
    assert [(one["level"], one["message"], one["application_name"]) for one in entries] == [
        ("WARNING", forged, "x) PANIC:  forged")]
    assert "\x1b" not in house.cli("logs", name).out


def test_the_log_is_followed_over_a_restart_of_the_server(house, name):
    url = house.database_url(name)
    with Follower(house, name, "--grep", "heard", "--json") as follower:
        say(url, "heard first")
        entry = json.loads(follower.wait_line("heard first"))
        assert (entry["level"], entry["node"]) == ("WARNING", f"{name}_1")
        server = house.part("server")
        server.kill()
        say(url, "heard second")
        follower.wait_line("heard second")
        assert follower.process.poll() is None


def test_what_was_logged_can_be_read_while_postgresql_does_not_answer(house, name):
    say(house.database_url(name), "last words")
    found(house, name, "last words")
    postmaster = house.postmasters(name)[0]
    os.kill(postmaster.pid, signal.SIGSTOP)
    try:
        assert found(house, name, "last words")
    finally:
        os.kill(postmaster.pid, signal.SIGCONT)


def test_a_log_does_not_fill_the_disk(house, name):
    log = folder(house, name)
    now = time.time()
    names = []
    for age, size in ((3, 60 << 20), (2, 60 << 20), (1, 30 << 20)):
        file = log / f"postgresql-2020-01-0{4 - age}_000000.log"
        file.touch(0o600)
        os.truncate(file, size)  # sparse
        os.utime(file, (now - age * 3600,) * 2)
        names.append(file.name)
    old = log / "postgresql-2019-01-01_000000.log"
    old.touch(0o600)
    os.utime(old, (now - 8 * 86400,) * 2)
    wait_for("what is too much to be gone", lambda: not {names[0], old.name} & {one.name for one in log.iterdir()})
    assert {names[1], names[2]} <= {one.name for one in log.iterdir()}
    for one in names[1:]:
        (log / one).unlink()
    assert found(house, name, "ready to accept connections")


@pytest.mark.parametrize("arguments, status", [
    (("nobody",), 3), (("{}", "--node", "9"), 3), (("{}", "--level", "loud"), 2), (("{}", "--since", "yesterday"), 2),
    (("{}", "--since", "15"), 2), (("{}", "--lines", "0"), 2), (("{}", "--lines", "5001"), 2), (("{}", "--lines=x"), 2)])
def test_what_makes_no_sense_is_refused_in_words(house, name, arguments, status):
    outcome = house.cli("logs", *[word.format(name) for word in arguments], "--json")
    assert outcome.status == status, outcome
    assert outcome.error["message"] and outcome.error["remedy"]


def test_a_cursor_or_text_of_anybodys_making_is_refused_or_finds_nothing(house, name):
    path = f"/api/v1/databases/{name}/logs"
    assert house.request("GET", f"{path}?after={name}_1%3Dnonsense").status == 400
    assert house.request("GET", f"{path}?after={name}_1%3D../../../etc/passwd:0").status == 200  # a key, no path
    assert house.request("GET", f"{path}?text=%FF%00%C3").json["entries"] == []


def test_the_nodes_of_a_cluster_are_told_together_and_one_that_is_lost_is_named(house, shelf):
    house.create("chorus", shelf.line.newer, "business-512")
    try:
        answer = house.ok("logs", "chorus", "--since", "1h")
        nodes = [one["name"] for one in house.show("chorus")["nodes"]]
        assert {one["node"] for one in answer["entries"]} == set(nodes)
        times = [one["time"] for one in answer["entries"]]
        assert times == sorted(times)
        assert {one["node"] for one in house.ok("logs", "chorus", "--node", nodes[1])["entries"]} == {nodes[1]}
        assert nodes[1] in house.cli("logs", "chorus").out
    finally:
        house.destroy("chorus")
