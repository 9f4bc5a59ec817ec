#!/usr/bin/python3
"""How far the end of what can be restored is behind a commit, under pgbench: the time from a commit's end to its bytes
lying in the spool. The spool's file is compared with PostgreSQL's own."""

import argparse
import pathlib
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

from bench_single_node import running_house  # noqa: E402
from harness.clients import query  # noqa: E402
from harness.cluster import connect_node, folder_of, port_of, primary  # noqa: E402
from harness.processes import wait_for  # noqa: E402

NAME = "tailbench"
SEGMENT = 16 << 20
TAIL = 32  # bytes of a commit's record: more than padding


def bindir(house):
    (postmaster,) = house.postmasters(NAME)
    return pathlib.Path(postmaster.command.split()[0]).parent


def bytes_before(path, offset):
    with open(path, "rb") as file:
        file.seek(max(0, offset - TAIL))
        return file.read(min(TAIL, offset))


def spooled(house, segment, offset):
    """The bytes before a position as the spool has them; None: it has left the spool, because it is archived."""
    (stanza,) = (house.data / "agent" / "backups" / "spool").glob(f"{NAME}-*")
    for name in (f"{segment}.partial", segment):
        try:
            return bytes_before(stanza / segment[:8] / name, offset)
        except FileNotFoundError:
            continue
    return None


def sample(house, session, wal):
    session.execute("INSERT INTO samples VALUES (1)")
    begin = time.monotonic()
    segment, offset = session.execute(
        "SELECT file_name, file_offset FROM pg_walfile_name_offset(pg_current_wal_insert_lsn())").fetchone()
    if offset < TAIL:
        return None
    wanted = bytes_before(wal / segment, offset)
    while (there := spooled(house, segment, offset)) is not None and there != wanted:
        if time.monotonic() - begin > 30:
            break
        threading.Event().wait(0.001)
        wanted = bytes_before(wal / segment, offset)
    return time.monotonic() - begin


def measure(house, seconds):
    pgbench = [bindir(house) / "pgbench", "-h", house.data_of(primary(house, NAME)) / "run", "-p",
               str(port_of(house, primary(house, NAME))), "-U", "pgbaton", NAME]
    subprocess.run([*pgbench, "-i", "-s", "10", "-q"], check=True, capture_output=True)
    node = primary(house, NAME)
    lags = []
    with connect_node(house, node, NAME) as session:
        session.execute("CREATE TABLE samples (n int)")
        load = subprocess.Popen([*pgbench, "-c", "8", "-j", "2", "-T", str(seconds)], stdout=subprocess.PIPE, text=True,
                                stderr=subprocess.DEVNULL)
        while load.poll() is None:
            lag = sample(house, session, folder_of(house, node) / "pg_wal")
            if lag is not None:
                lags.append(lag)
            threading.Event().wait(0.05)
    (tps,) = [line for line in load.stdout.read().splitlines() if line.startswith("tps")]
    return sorted(lags), tps


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=int, default=60)
    options = options.parse_args()
    with running_house() as (house, line):
        house.create(NAME, line.newer)
        query(house.database_url(NAME), "SELECT 1")
        wait_for("the stream", lambda: (house.show(NAME)["backups"] or {}).get("archiving", {}).get("tail", {}).get(
            "state") == "streaming")
        lags, tps = measure(house, options.seconds)
        print(f"{len(lags)} samples, 8 clients, {tps}")
        for share in (0.5, 0.9, 0.99, 1):
            print(f"p{share * 100:g}: {lags[min(len(lags) - 1, int(len(lags) * share))] * 1000:.0f} ms")


if __name__ == "__main__":
    main()
