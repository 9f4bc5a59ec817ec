#!/usr/bin/python3
"""The gateway beside PgBouncer in session mode and beside a direct connection: throughput, latency, processor time, memory.

All three are asked in turn in each round, by pgbench without TLS, and the median over the rounds is shown with its spread.
The processor time is that of the proxy's process alone. Direct connections use the server's Unix socket, as both proxies do.
"""

import argparse
import contextlib
import http.client
import json
import os
import pathlib
import re
import resource
import socket
import statistics
import subprocess
import sys
import time
from urllib.parse import urlsplit

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

from bench_single_node import bindir, running_house, table_of  # noqa: E402
from harness.cluster import port_of  # noqa: E402
from harness.house import free_port  # noqa: E402
from harness.processes import all_processes, wait_for  # noqa: E402

PGBOUNCER = "/usr/sbin/pgbouncer"
TICKS = os.sysconf("SC_CLK_TCK")
WORKLOADS = {
    "select, simple": ["-S", "-M", "simple"],
    "select, prepared": ["-S", "-M", "prepared"],
    "TPC-B-like, prepared": ["-M", "prepared"],
}


class Control(http.client.HTTPConnection):
    """The gateway's control socket."""

    def __init__(self, house):
        super().__init__("gateway", timeout=120)
        self.path = str(house.data / "run" / "gateway.sock")

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)

    def ask(self, method, path, body=None):
        self.request(method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
        answer = self.getresponse()
        text = answer.read()
        assert answer.status < 400, text
        return json.loads(text)


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory(pid):
    rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)[1]) * 1024


@contextlib.contextmanager
def pgbouncer(house, url, port):
    """In session mode, to the same server's Unix socket, as the user whom the data belong to."""
    folder = house.folder / "pgbouncer"
    folder.mkdir(mode=0o755)
    own = free_port()
    (folder / "users.txt").write_text(f'"{url.username}" "{url.password}"\n')
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\n* = host={house.data / 'run'} port={port}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {own}\nunix_socket_dir =\nauth_type = scram-sha-256\n"
        f"auth_file = {folder / 'users.txt'}\npool_mode = session\nmax_client_conn = 5000\ndefault_pool_size = 2000\n"
        f"log_connections = 0\nlog_disconnections = 0\nlogfile = {folder / 'log'}\n"
        "ignore_startup_parameters = extra_float_digits\nserver_idle_timeout = 5\n")
    owner = house.data.stat()
    for path in (folder, *folder.iterdir()):
        os.chown(path, owner.st_uid, owner.st_gid)
    process = subprocess.Popen([PGBOUNCER, folder / "pgbouncer.ini"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               user=owner.st_uid, group=owner.st_gid, extra_groups=[])
    try:
        wait_for("PgBouncer to listen", lambda: socket.socket().connect_ex(("127.0.0.1", own)) == 0)
        yield own, process.pid
    finally:
        process.terminate()
        process.wait(timeout=30)


def pgbench(program, options, clients, seconds, target):
    environment = {**os.environ, **target["environment"], "PGSSLMODE": "disable"}
    before = cpu_seconds(target["pid"]) if target["pid"] else 0
    done = subprocess.run([program, "-n", *options, "-c", str(clients), "-j", str(min(clients, 2)), "-T", str(seconds)],
                          env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    out = done.stdout
    used = (cpu_seconds(target["pid"]) if target["pid"] else 0) - before
    tps = float(re.search(r"^tps = ([\d.]+)", out, re.MULTILINE)[1])
    transactions = int(re.search(r"transactions actually processed: (\d+)", out)[1])
    assert re.search(r"failed transactions: 0 ", out), out
    return {"tps": tps, "latency": clients / tps * 1000, "cpu": used / transactions * 1e6}


def idle_sessions(target, count):
    """Bytes of the proxy for each of so many sessions that do nothing."""
    import psycopg

    before = memory(target["pid"])
    environment = target["environment"]
    held = []
    try:
        for _ in range(count):
            held.append(psycopg.connect(host=environment["PGHOST"], port=environment["PGPORT"], user=environment["PGUSER"],
                                        password=environment["PGPASSWORD"], dbname=environment["PGDATABASE"],
                                        sslmode="disable", autocommit=True))
        for one in held:
            one.execute("SELECT 1")
        return (memory(target["pid"]) - before) / count, held
    except BaseException:
        for one in held:
            one.close()
        raise


def hold_and_resume(house, name, rounds):
    """Milliseconds of a hold and a resume on a server that stays, asked for over the control socket."""
    took = []
    for number in range(rounds):
        control = Control(house)
        operation = {"operation": f"bench{number}", "generation": 1_000}
        control.ask("POST", f"/v1/databases/{name}/prepare", {"generation": 1_000})
        begun = time.monotonic()
        control.ask("POST", f"/v1/databases/{name}/hold",
                    {**operation, "drain_ms": 5_000, "deadline_ms": 60_000, "transactions": "refuse", "uncarried": "refuse"})
        control.ask("POST", f"/v1/databases/{name}/resume", operation)
        took.append((time.monotonic() - begun) * 1000)
    return took


def spread(values, digits=0):
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def throughput_table(figures):
    rows = [["workload", "clients", "", "tps", "latency ms", "proxy's CPU µs per transaction", "of PgBouncer's CPU"]]
    for (workload, clients), targets in figures.items():
        bouncer = statistics.median(one["cpu"] for one in targets["PgBouncer"])
        for name, runs in targets.items():
            cpu = "" if name == "direct" else spread([one["cpu"] for one in runs], 1)
            ratio = "" if name == "direct" else f"{statistics.median(one['cpu'] for one in runs) / bouncer:.2f}"
            rows.append([workload, str(clients), name, spread([one["tps"] for one in runs]),
                         spread([one["latency"] for one in runs], 3), cpu, ratio])
    return table_of(rows)


def measure(house, line, options):
    name = "bench"
    house.create(name, line.newer, plan="starter-12288")
    url = urlsplit(house.database_url(name))
    program = bindir(house, line.newer) / "pgbench"
    login = {"PGUSER": url.username, "PGPASSWORD": url.password, "PGDATABASE": name}
    gateway = next(process for process in all_processes() if process.command.startswith("pgbaton-gateway")
                   or (process.parent == house.supervisor.pid and " gateway " in f"{process.command} "))
    subprocess.run([program, "--initialize", "--quiet", "--scale=10", house.database_url(name)], check=True, capture_output=True)
    port = port_of(house, f"{name}_1")
    with pgbouncer(house, url, port) as (bouncer_port, bouncer_pid):
        targets = {
            "direct": {"pid": 0, "environment": {**login, "PGHOST": str(house.data / "run"), "PGPORT": str(port)}},
            "PgBouncer": {"pid": bouncer_pid, "environment": {**login, "PGHOST": "127.0.0.1", "PGPORT": str(bouncer_port)}},
            "gateway": {"pid": gateway.pid, "environment": {**login, "PGHOST": "127.0.0.1", "PGPORT": str(url.port)}},
        }
        figures = {}
        for number in range(options.rounds):
            for workload, words in WORKLOADS.items():
                for clients in (1, 8, 64):
                    for target_name, target in targets.items():
                        one = pgbench(program, words, clients, options.seconds, target)
                        figures.setdefault((workload, clients), {}).setdefault(target_name, []).append(one)
                        print(f"{number} {workload} {clients} {target_name}: {one}", file=sys.stderr, flush=True)
        if figures:
            print(throughput_table(figures))
        rows = [["", "gateway", "PgBouncer"]]
        sizes = {}
        for target_name in ("gateway", "PgBouncer"):
            sizes[target_name], held = idle_sessions(targets[target_name], options.sessions)
            if target_name == "gateway":
                took = hold_and_resume(house, name, 5)
            for one in held:
                one.close()
        rows.append([f"memory for each of {options.sessions} idle sessions, KiB", f"{sizes['gateway'] / 1024:.1f}",
                     f"{sizes['PgBouncer'] / 1024:.1f}"])
        rows.append([f"hold and resume of {options.sessions} idle sessions, ms", spread(took, 1), ""])
        print()
        print(table_of(rows))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5, help="of each run of pgbench")
    parser.add_argument("--sessions", type=int, default=1_000)
    options = parser.parse_args()
    if not pathlib.Path(PGBOUNCER).exists():
        sys.exit(f"{PGBOUNCER} is not there: apt-get install pgbouncer (not in packages.txt, because it starts a service)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with running_house() as (house, line):
        measure(house, line, options)


if __name__ == "__main__":
    main()
