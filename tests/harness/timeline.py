"""Numbered rows, and the moments between them: what a database held at each."""

import datetime
import threading

import psycopg

from harness.clients import connect, query
from harness.processes import wait_for


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def text(time):
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Timeline:
    """Writes rows one after the other; remembers between which moments each was committed."""

    def __init__(self, url):
        self.url = url
        self.rows = []  # (number, before it was asked for, after it was acknowledged)
        with connect(url) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS rows (n int)")

    def write(self, count=1):
        with connect(self.url) as connection:
            for _ in range(count):
                number = len(self.rows) + 1
                before = now()
                connection.execute("INSERT INTO rows VALUES (%s)", (number,))
                self.rows.append((number, before, now()))
        return self.moment()

    def moment(self):
        """A moment now, with no commit within the millisecond that it is told by."""
        last = now()
        wait_for("the clock to go on", lambda: now() > last + datetime.timedelta(milliseconds=5), pause=0.001)
        moment = now()
        wait_for("the clock to go on", lambda: now() > moment + datetime.timedelta(milliseconds=5), pause=0.001)
        return moment

    def at(self, moment):
        """What was committed by then. Nothing may have been under way just then."""
        assert not any(before < moment < after for _, before, after in self.rows), "a row was being committed"
        return [number for number, _, after in self.rows if after <= moment]

    def forget_after(self, moment):
        """The database went back to then."""
        self.rows = [row for row in self.rows if row[2] <= moment]


def backed_up(house, name, *more):
    """A base backup that can be restored from now on."""
    operation = house.ok("backup", name, *more, "--wait")
    assert operation["state"] == "finished", operation
    stopped = datetime.datetime.fromisoformat(operation["facts"]["backup"]["stopped_at"].replace("Z", "+00:00"))
    wait_for("the second of the backup's end to pass", lambda: now() >= stopped + datetime.timedelta(seconds=1))
    return operation


def restored_rows(house, name, moment):
    """What a database held at a moment, from a clone that is restored to it and destroyed again."""
    clone = f"{name}r"
    house.ok("restore", name, "--to", text(moment), "--as", clone, "--wait", seconds=500)
    try:
        return rows_of(house.database_url(clone))
    finally:
        house.destroy(clone)


def rows_of(url):
    return [number for (number,) in query(url, "SELECT n FROM rows ORDER BY n")]


class Ticker(Timeline):
    """A timeline that goes on by itself, a row every 50 ms, whatever happens to the database."""

    def __init__(self, url):
        super().__init__(url)
        self.doubtful = set()  # numbers whose statement broke off: there or not
        self._last = 0

    def _next(self):
        """One more row, however it ends."""
        self._last += 1
        before = now()
        try:
            with connect(self.url) as connection:
                connection.execute("INSERT INTO rows VALUES (%s)", (self._last,))
        except psycopg.Error:
            self.doubtful.add(self._last)
        else:
            self.rows.append((self._last, before, now()))

    def __enter__(self):
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def _run(self):
        while not self._stop.is_set():
            self._next()
            self._stop.wait(0.05)

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(timeout=60)

    def between(self, moment):
        """The moment nearest to this one at which nothing was under way."""
        for _, before, after in self.rows:
            if before - datetime.timedelta(milliseconds=2) < moment < after + datetime.timedelta(milliseconds=2):
                return after + datetime.timedelta(milliseconds=3)
        return moment
