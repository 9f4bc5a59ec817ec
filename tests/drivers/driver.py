"""A client program that uses a driver as people do, taken through an upgrade with its sessions.

The programs beside this file print one JSON line for each event, and end when their input ends:

  {"event": "ready", "sessions": {CLIENT: what SESSION says}}      its sessions are made; it begins to write
  {"event": "row", "client": CLIENT, "n": N}                       the server has acknowledged the row
  {"event": "end", "sessions": {...}, "notified": {CLIENT: [...]}}   afterwards, in the same sessions

A program never connects a second time: what its sessions cannot bear it dies of, with the driver's own words.
"""

import json
import os
import subprocess
import threading
import urllib.parse
from collections import Counter

from harness.clients import execute, query, server_version
from harness.house import ENGINES
from harness.processes import wait_for

TLS = {"plain": "disable", "tls": "require"}

# search_path is one of the settings that must survive: `orders` is found by it only.
TABLES = """
CREATE SCHEMA shop;
CREATE TABLE shop.orders (client text NOT NULL, n bigint NOT NULL, seen_by text NOT NULL DEFAULT current_setting('server_version'));
CREATE FUNCTION shop.tell() RETURNS trigger LANGUAGE plpgsql AS
  $$BEGIN PERFORM pg_notify(NEW.client, NEW.n::text); RETURN NULL; END$$;
CREATE TRIGGER tell AFTER INSERT ON shop.orders FOR EACH ROW EXECUTE FUNCTION shop.tell();
"""

# What each session does at its beginning, CLIENT being its name.
SETUP = [
    "SET search_path = shop, public",
    "SET work_mem = '5MB'",
    "SET app.tenant = 'forty two'",
    'LISTEN "CLIENT"',
    "SELECT pg_advisory_lock(hashtext('CLIENT'))",
]

# Settings that pg_settings calls the session's although they are of one transaction are left out.
SESSION = """
SELECT json_build_object(
  'version', split_part(current_setting('server_version'), ' ', 1),
  'settings', (SELECT json_object_agg(name, setting ORDER BY name) FROM pg_settings
               WHERE source = 'session' AND name !~ '^transaction_(isolation|read_only|deferrable)$'),
  'tenant', current_setting('app.tenant', true),
  'statements', (SELECT json_object_agg(name, statement ORDER BY name) FROM pg_prepared_statements),
  'channels', (SELECT json_agg(channel) FROM pg_listening_channels() AS channel),
  'locks', (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid()))
"""


def environment_of(url, tls="plain", **more):
    """A clean environment with the variables that libpq and node-postgres take."""
    parts = urllib.parse.urlsplit(url)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "PGHOST": parts.hostname, "PGPORT": str(parts.port), "PGUSER": parts.username,
            "PGPASSWORD": urllib.parse.unquote(parts.password), "PGDATABASE": parts.path[1:], "PGSSLMODE": TLS[tls], **more}


class Program:
    """Runs until the block it is used in ends; what it says is in `events`, and its errors are the test's."""

    def __init__(self, words, environment, folder):
        self.words = [str(word) for word in words]
        self.environment = {**environment, "SETUP": "\n".join(SETUP), "SESSION": SESSION}
        self.errors = folder / "errors"
        self.events = []
        self._reader = threading.Thread(target=self._read, daemon=True)

    def __enter__(self):
        with open(self.errors, "wb") as errors:
            self.process = subprocess.Popen(self.words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
                                            text=True, env=self.environment)
        self._reader.start()
        return self

    def __exit__(self, failure, *_):
        if failure and self.process.poll() is None:
            self.process.kill()
        self.process.wait(timeout=60)

    def _read(self):
        for line in self.process.stdout:
            self.events.append(json.loads(line))

    def of(self, kind):
        return [event for event in list(self.events) if event["event"] == kind]

    def acknowledged(self):
        """The numbers of each client in the order of their acknowledgements."""
        numbers = {}
        for row in self.of("row"):
            numbers.setdefault(row["client"], []).append(row["n"])
        return numbers

    def complaints(self):
        return self.errors.read_text(errors="replace")

    def wait(self, what, condition):
        def met():
            assert self.process.poll() in (None, 0), f"{self.words[:2]} ended: {self.complaints()}"
            return condition()

        return wait_for(what, met)

    def wait_ready(self):
        return self.wait("the client to have its sessions", lambda: self.of("ready"))[0]["sessions"]

    def wait_for_more(self, clients, rows=5):
        """Until each client has so many rows more."""
        had = self.acknowledged()

        def met():
            have = self.acknowledged()
            return all(len(have.get(client, [])) >= len(had.get(client, [])) + rows for client in clients)

        self.wait("each session to write", met)

    def end(self):
        """What it says when it has ended of its own accord."""
        self.process.stdin.close()
        assert self.process.wait(timeout=60) == 0, self.complaints()
        self._reader.join(timeout=60)
        assert not self.complaints(), self.complaints()
        return self.of("end")[0]


def prove_same(before, after, old, new):
    """The session is the one it was, and its server is another."""
    assert (before["version"], after["version"]) == (old, new)
    assert {**before, "version": new} == after


def prove_rows(url, acknowledged):
    """Each acknowledged row is there exactly once, none besides; each client wrote to the old version and to the new."""
    rows = Counter(query(url, "SELECT client, n FROM shop.orders"))
    assert rows == Counter((client, number) for client, numbers in acknowledged.items() for number in numbers)
    assert query(url, "SELECT client FROM shop.orders GROUP BY client HAVING count(DISTINCT seen_by) <> 2") == []


def prove_carried(operation):
    assert operation["state"] == "finished"
    assert operation["stall"]["sessions_ended"] == 0, operation["stall"]
    assert operation["stall"]["sessions_moved"] > 0, operation["stall"]


def take_through_upgrade(house, shelf, database, program):
    """The program works before, during and after; its sessions are the same, its data are there once."""
    url = house.database_url(database)
    execute(url, TABLES)
    with program:
        before = program.wait_ready()
        clients = list(before)
        notify(url, clients, "before")
        program.wait_for_more(clients)
        operation = house.ok("upgrade", database, "--to", shelf.line.newer, "--wait")
        notify(url, clients, "after")
        program.wait_for_more(clients)
        said = program.end()
    prove_carried(operation)
    assert server_version(url) == shelf.line.newer
    acknowledged = program.acknowledged()
    prove_rows(url, acknowledged)
    for client in clients:
        prove_same(before[client], said["sessions"][client], shelf.line.older, shelf.line.newer)
        heard = said["notified"][client]
        assert [int(word) for word in heard if word.isdigit()] == acknowledged[client]
        assert [word for word in heard if not word.isdigit()] == ["before", "after"]
    return before, said


def notify(url, clients, word):
    for client in clients:
        execute(url, f"SELECT pg_notify('{client}', '{word}')")


def client_program(shelf, name):
    """psql or pgbench as PostgreSQL ships it: out of the engine that the database is upgraded to."""
    (engine,) = ENGINES.glob(f"{shelf.line.newer}-*")
    return engine / "lib" / "postgresql" / str(shelf.line.major) / "bin" / name
