#!/usr/bin/python3
"""How long clients wait while the gateway becomes another process of itself, with many sessions.

Beside many sessions that do nothing, some write without a pause; the longest of their answers within each takeover is taken,
and what the gateway itself says: how long its loops stood still.
"""

import argparse
import json
import resource
import threading
import time

from bench_single_node import running_house, table_of
from bench_gateway import spread

import psycopg  # noqa: E402 - the folders above are in the path from here on
from harness.processes import wait_for  # noqa: E402

WRITERS = 4


class Asking:
    """A client that asks without a pause, and the longest that it waited since it was last looked at."""

    def __init__(self, url):
        self.longest = 0.0
        self.answers = 0
        self.connection = psycopg.connect(url, autocommit=True, sslmode="disable")
        self.stop = False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.stop:
            begun = time.monotonic()
            self.connection.execute("SELECT 1")
            self.longest = max(self.longest, time.monotonic() - begun)
            self.answers += 1

    def wait_for_more(self):
        wanted = self.answers + 20
        wait_for("answers", lambda: self.answers > wanted)


def stood_still(house):
    """Milliseconds, as the process that takes over logs it."""
    lines = (house.data / "log" / "gateway.log").read_text().splitlines()
    records = [json.loads(line) for line in lines if "another process serves now" in line]
    return records[-1]["stood_still_us"] / 1000


def measure(house, line, options, sslmode):
    name = f"bench{sslmode}"
    house.create(name, line.newer, plan="starter-12288")
    url = house.database_url(name)
    held = [psycopg.connect(url, autocommit=True, sslmode=sslmode) for _ in range(options.sessions)]
    for one in held:
        one.execute("SELECT 1")
    asking = [Asking(url) for _ in range(WRITERS)]
    waits, still, normal = [], [], []
    for _ in range(options.rounds):
        for one in asking:
            one.longest = 0
            one.wait_for_more()
        normal.append(max(one.longest for one in asking) * 1000)
        for one in asking:
            one.longest = 0
        house.ok("reload", "--data", house.data)
        for one in asking:
            one.wait_for_more()
        waits.append(max(one.longest for one in asking) * 1000)
        still.append(stood_still(house))
    for one in asking:
        one.stop = True
        one.thread.join()
        assert one.connection.execute("SELECT 1").fetchone() == (1,)
    for one in held:
        assert one.execute("SELECT 1").fetchone() == (1,)
        one.close()
    house.destroy(name)
    return [spread(still, 1), spread(waits, 1), spread(normal, 1)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sessions", type=int, default=1_000)
    options, _ = parser.parse_known_args()  # what the other benches take is not ours
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    rows = [["sessions", "loops stand still, ms", "longest wait of 4 asking clients, ms", "the same without a takeover, ms"]]
    with running_house() as (house, line):
        for words, sslmode in (("plain", "disable"), ("inside TLS", "require")):
            rows.append([f"{options.sessions} {words}", *measure(house, line, options, sslmode)])
    print(table_of(rows))


if __name__ == "__main__":
    main()
