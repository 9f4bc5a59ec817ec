#!/usr/bin/python3
"""Thousands of idle, parked sessions over 50 server connections: memory, processor time at rest, the first statement after waking.

Every fourth session has settings and a prepared statement to be re-created, the others are as they logged in.
"""

import argparse
import pathlib
import random
import resource
import statistics
import sys
import threading
import time
from urllib.parse import urlsplit

import psycopg

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

from bench_gateway import Control, cpu_seconds, memory  # noqa: E402
from bench_single_node import running_house, table_of  # noqa: E402
from harness import raw  # noqa: E402
from harness.cluster import port_of  # noqa: E402
from harness.gateway import Gate  # noqa: E402
from harness.processes import wait_for  # noqa: E402

NAME = "parking"
CONNECTIONS = 50  # of starter-512
BATCH = 40
STATE = "SET work_mem = '3MB'; SET app.tenant = '42'"


class Client(raw.Raw):
    def fall_asleep(self, password, number):
        self.login(NAME, password)
        if number % 4 == 0:
            self.rows_of(raw.query(STATE))
            self.rows_of(raw.parse("SELECT $1::int + 1", "one") + raw.SYNC)

    def rows_of(self, request):
        self.send(request)
        found = self.until(b"Z")
        assert found[-1] == (b"Z", b"I") and not any(kind == b"E" for kind, _ in found), found
        return found


def parked(house):
    # A connection of its own: the gateway ends those that are kept for long.
    return Control(house).ask("GET", f"/v1/databases/{NAME}")["parked"]


def park_after(house, milliseconds):
    """Sooner than users may ask for: who logs in needs a connection that somebody has given back."""
    Control(house).ask("PUT", f"/v1/databases/{NAME}", {**Gate(house, NAME).served, "park_after_ms": milliseconds})


def open_all(house, port, password, count):
    clients = []
    while len(clients) < count:
        for _ in range(min(BATCH, count - len(clients))):
            client = Client(port, timeout=60)
            client.fall_asleep(password, len(clients))
            clients.append(client)
        wait_for("the sessions to be parked", lambda: parked(house) == len(clients), 60, pause=0.02)
        if len(clients) % 1_000 == 0:
            print(f"{len(clients)} sessions", file=sys.stderr, flush=True)
    return clients


def first_statements(house, clients, count, everybody):
    """Milliseconds of each of so many, one after the other."""
    took = []
    for client in random.sample(clients, count):
        begun = time.monotonic()
        client.rows_of(raw.query("SELECT 1"))
        took.append((time.monotonic() - begun) * 1_000)
    wait_for("them to be parked again", lambda: parked(house) == everybody, 60)
    return took


def fresh_connections(house, url, count):
    """Milliseconds of so many new connections straight to PostgreSQL with their first statement: what a client without a pool pays."""
    took = []
    for _ in range(count):
        begun = time.monotonic()
        with psycopg.connect(host=str(house.data / "run"), port=port_of(house, f"{NAME}_1"), user=url.username, password=url.password, dbname=NAME) as one:
            one.execute("SELECT 1")
        took.append((time.monotonic() - begun) * 1_000)
    return took


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def measure(house, version, options):
    house.create(NAME, version)
    house.ok("configure", NAME, "--park-after", "10min")  # what somebody would really set
    url = urlsplit(house.database_url(NAME))
    gateway = house.part("gateway").pid
    park_after(house, 50)
    before = memory(gateway)
    clients = open_all(house, url.port, url.password, options.sessions)
    size = (memory(gateway) - before) / len(clients)
    kinds = {"session as it logged in": [client for number, client in enumerate(clients) if number % 4],
             "session with state": clients[::4]}
    latencies = {kind: first_statements(house, some, options.wakes, len(clients)) for kind, some in kinds.items()}
    latencies["nobody parked: a new connection straight to PostgreSQL"] = fresh_connections(house, url, options.wakes)
    park_after(house, 600_000)
    began, cpu = time.monotonic(), cpu_seconds(gateway)
    threading.Event().wait(options.rest)  # nothing is waited for: it is the rest that is measured
    rest = (cpu_seconds(gateway) - cpu) / (time.monotonic() - began) * 100
    for client in clients:
        client.socket.close()
    rows = [["", f"{options.sessions} parked sessions, {CONNECTIONS} server connections"],
            ["memory of the gateway for each, KiB", f"{size / 1024:.1f}"],
            ["the gateway's processor time at rest, % of one core", f"{rest:.2f}"]]
    for kind, values in latencies.items():
        rows.append([f"first statement, {kind}, ms: median, p99",
                     f"{statistics.median(values):.1f}, {percentile(values, 0.99):.1f}"])
    print(table_of(rows))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=10_000)
    parser.add_argument("--wakes", type=int, default=300)
    parser.add_argument("--rest", type=int, default=10, help="seconds that the rest is measured for")
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with running_house() as (house, line):
        measure(house, line.newer, options)


if __name__ == "__main__":
    main()
