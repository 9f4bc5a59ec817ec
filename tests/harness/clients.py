"""Clients of a database, and what they know: which of their rows were acknowledged."""

import threading
import time

import psycopg

from harness.processes import wait_for


def connect(url, **options):
    return psycopg.connect(url, autocommit=True, connect_timeout=30, **options)


def query(url, sql):
    """The rows of one statement."""
    with connect(url) as connection:
        return connection.execute(sql).fetchall()


def execute(url, sql):
    """Statements that answer with no rows."""
    with connect(url) as connection:
        connection.execute(sql)


def server_version(url):
    """As the server says it: 17.12. Debian's own words behind the number are left out."""
    return query(url, "SHOW server_version")[0][0].split()[0]


def wait_in_service(url, seconds=60):
    """Until a client is let in: a killed postmaster is started again within moments, by itself."""

    def answers():
        try:
            return query(url, "SELECT 1")
        except psycopg.OperationalError:
            return False

    wait_for("the database to let a client in", answers, seconds)


class Writer:
    """Writes one number after the other, reconnects whenever it must, and remembers what the server acknowledged.

    A number whose statement broke off is in doubt: it may be there, once, or not.
    """

    PAUSE = 0.02

    def __init__(self, url):
        self.url = url
        self.acknowledged = []
        self.in_doubt = []
        self.refused = 0
        self.worst_gap = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        with connect(url) as connection:
            # No primary key: a row that was written twice must be visible as two.
            connection.execute("CREATE TABLE IF NOT EXISTS numbers (n bigint NOT NULL)")

    def __enter__(self):
        self._thread.start()
        self.wait_for_more(3)
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(timeout=60)

    def _run(self):
        number = 0
        last = time.monotonic()
        while not self._stop.is_set():
            try:
                with connect(self.url) as connection:
                    while not self._stop.is_set():
                        number += 1
                        self.in_doubt.append(number)
                        connection.execute("INSERT INTO numbers VALUES (%s)", (number,))
                        self.in_doubt.pop()
                        self.acknowledged.append(number)
                        now = time.monotonic()
                        self.worst_gap, last = max(self.worst_gap, now - last), now
                        self._stop.wait(self.PAUSE)
            except psycopg.Error:
                self.refused += 1
                self._stop.wait(self.PAUSE)

    def wait_for_more(self, rows=3, seconds=60):
        """Until so many rows more are acknowledged than now: the database is in service."""
        wanted = len(self.acknowledged) + rows
        wait_for("the database to take writes", lambda: len(self.acknowledged) >= wanted, seconds)

    def prove_nothing_lost(self):
        """Each acknowledged row is there exactly once; no row twice; none that was never written."""
        assert not self._thread.is_alive(), "stop the writer first"
        rows = dict(query(self.url, "SELECT n, count(*) FROM numbers GROUP BY n"))
        lost = [number for number in self.acknowledged if number not in rows]
        assert not lost, f"acknowledged, and not there: {lost}"
        doubled = [number for number, times in rows.items() if times != 1]
        assert not doubled, f"there more than once: {doubled}"
        unknown = set(rows) - set(self.acknowledged) - set(self.in_doubt)
        assert not unknown, f"there, and never written: {unknown}"
