"""How long clients wait when a database's nodes are on several hosts (network namespaces on one machine).

For each round, with an enterprise database of three hosts and witness sessions that write: a switchover from one host to
another; the host of the primary cut off; its agent and PostgreSQL killed with the host (a reboot). Printed: the longest wait of a client.
"""

import argparse
import pathlib
import statistics
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

from harness.cluster import nodes, primary, wait_all_replicate  # noqa: E402
from harness.engines import stock  # noqa: E402
from harness.hosts import Farm  # noqa: E402
from harness.processes import wait_for  # noqa: E402
from harness.witness import Witness  # noqa: E402


def another_primary(farm, name, lost):
    wait_for("another primary", lambda: primary(farm, name) != lost, 120)


def settle(farm, name):
    wait_all_replicate(farm, name, 180)
    wait_for("nothing to go on", lambda: farm.show(name)["current_operation"] is None, 120)


def switchover(farm, name):
    farm.ok("switchover", name, "--wait")


def cut(farm, name):
    lost = primary(farm, name)
    farm.host_of(lost).cut()
    another_primary(farm, name, lost)


def reboot(farm, name):
    lost = primary(farm, name)
    farm.host_of(lost).reboot()
    another_primary(farm, name, lost)


def measure(farm, name, what, sessions):
    settle(farm, name)
    while next(node["host"] for node in nodes(farm, name, "primary")) == "local":
        farm.ok("switchover", name, "--wait")
    settle(farm, name)
    with tempfile.TemporaryDirectory() as folder:
        with Witness(farm, farm.database_url(name), pathlib.Path(folder), "--connections", str(sessions),
                     "--rows-per-second", "20") as witness:
            witness.wait_for_more(rows=sessions)
            what(farm, name)
            witness.wait_for_more(rows=sessions)
        report = witness.end().json
    for host in farm.hosts.values():
        host.heal()
    return report


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sessions", type=int, default=16)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pgbaton-bench-", dir="/tmp") as folder:
        pathlib.Path(folder).chmod(0o755)
        shelf = stock(pathlib.Path(folder) / "shelf")
        with Farm(shelf.template, hosts=2) as farm:
            farm.create("bench", shelf.line.newer, "enterprise-512")
            for what in (switchover, cut, reboot):
                reports = [measure(farm, "bench", what, options.sessions) for _ in range(options.rounds)]
                waits = [report["stall"]["max_ms"] for report in reports]
                print(f"{what.__name__}: longest wait {statistics.median(waits):.0f} ms ({min(waits):.0f}-{max(waits):.0f}), "
                      f"lost {[report['lost'] for report in reports]}, disconnects {[r['disconnects'] for r in reports]}, "
                      f"errors {[report['errors'] for report in reports]}", flush=True)
            farm.destroy("bench")


if __name__ == "__main__":
    main()
