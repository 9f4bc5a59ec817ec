#!/usr/bin/python3
"""Clients that write numbered rows, reconnect when they lose their connection, and report what they saw.

Each of N threads inserts its next number and keeps it once PostgreSQL has acknowledged it. At the end every acknowledged
number must be there exactly once. The outage is the longest time that any client was without an acknowledgement.
"""

import argparse
import json
import os
import pathlib
import threading
import time

import psycopg

CREATE = "CREATE TABLE IF NOT EXISTS writers (client int, number bigint, PRIMARY KEY (client, number))"
INSERT = "INSERT INTO writers VALUES (%s, %s)"


class Writer(threading.Thread):
    def __init__(self, url, client, ended):
        super().__init__(daemon=True)
        self.url, self.client, self.ended = url, client, ended
        self.acknowledged, self.in_doubt, self.errors, self.longest_gap = [], set(), 0, 0.0
        self.number, self.last = 0, time.monotonic()

    def run(self):
        while not self.ended.is_set():
            try:
                with psycopg.connect(self.url, autocommit=True, connect_timeout=30) as connection:
                    self.write(connection)
            except psycopg.Error:
                self.errors += 1
                self.in_doubt.add(self.number)  # the server may or may not have it: never written again
                self.number += 1
                self.ended.wait(0.005)

    def write(self, connection):
        while not self.ended.is_set():
            connection.execute(INSERT, (self.client, self.number))
            now = time.monotonic()
            self.longest_gap = max(self.longest_gap, now - self.last)
            self.last = now
            self.acknowledged.append(self.number)
            self.number += 1


def verify(url, writers):
    """How many acknowledged rows are not there, and how many rows are there that nobody wrote."""
    with psycopg.connect(url) as connection:
        present = set(connection.execute("SELECT client, number FROM writers").fetchall())
    acknowledged = {(w.client, n) for w in writers for n in w.acknowledged}
    in_doubt = {(w.client, n) for w in writers for n in w.in_doubt}
    return len(acknowledged - present), len(present - acknowledged - in_doubt)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--until", required=True, help="write until this file is there")
    parser.add_argument("--started", help="make this file when every client has written")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()

    with psycopg.connect(options.url, autocommit=True) as connection:
        connection.execute(CREATE)
        connection.execute("TRUNCATE writers")
    ended = threading.Event()
    writers = [Writer(options.url, client, ended) for client in range(options.connections)]
    for writer in writers:
        writer.start()
    while not all(writer.acknowledged for writer in writers):
        ended.wait(0.02)
    if options.started:
        pathlib.Path(options.started).touch()
    while not os.path.exists(options.until):
        ended.wait(0.02)
    ended.wait(0.5)  # long enough for every client to have been served again
    ended.set()
    for writer in writers:
        writer.join()

    lost, unknown = verify(options.url, writers)
    result = {
        "connections": len(writers),
        "acknowledged": sum(len(w.acknowledged) for w in writers),
        "lost": lost,
        "unknown_rows": unknown,
        "errors": sum(w.errors for w in writers),
        "outage_ms": round(max(w.longest_gap for w in writers) * 1000),
    }
    if options.json:
        print(json.dumps(result))
    else:
        print(f"{result['connections']} clients:          {result['acknowledged']} commits acknowledged, {lost} lost, {unknown} unknown")
        print(f"Measured outage:    {result['outage_ms']} ms (the longest any client waited; {result['errors']} errors while reconnecting)")
    return 0 if lost == 0 and unknown == 0 else 1


if __name__ == "__main__":
    raise SystemExit(main())
