#!/usr/bin/python3
"""Databases with standbys under 64 sessions of `pgbaton witness` and a load of pgbench: how long did clients wait?

In turn, in each round: rolling minor-upgrade and switchover of a business database, a switchover with 1 000 sessions more that do
nothing, kill -9 of the primary (business and enterprise); beside them Patroni with etcd and PgBouncer, switchover and kill -9
under the same witness and load; and the floor: a primary and a standby made by hand, nobody connected, equal positions, the primary stopped
at once, the standby promoted and polled each millisecond, the first write. Prints tables for docs/performance.md.
"""

import argparse
import contextlib
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ["PGBATON_TEST_LOOPS"] = "0"  # as many as users get

from bench_single_node import MANY, bindir, running_house, table_of  # noqa: E402
from harness.cluster import folder_of, primary, wait_all_replicate  # noqa: E402
from harness.pair import NAME, SUPERUSER, Pair, make_template, owner  # noqa: E402
from harness.processes import wait_for  # noqa: E402
from harness.witness import Witness  # noqa: E402
from patroni import Patroni  # noqa: E402

IN_THE_HOLD = ("hold", "fence", "promote", "move", "resume")
MANY_IDLE = 1_000
PLAN = "business-2048"
ROOMY = "business-12288"  # 1 200 connections


class Load:
    """pgbench beside the witness: four clients, 200 transactions a second. It ends early when it loses a connection."""

    def __init__(self, programs, url):
        self.pgbench, self.url = programs / "pgbench", url
        subprocess.run([self.pgbench, "--initialize", "--quiet", "--scale=5", url], check=True, capture_output=True)

    def __enter__(self):
        self.process = subprocess.Popen([self.pgbench, "-n", "-c", "4", "-j", "1", "-R", "200", "-T", "3600", self.url],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return self

    def goes_on(self):
        return self.process.poll() is None

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def under_witness(house, url, programs, act):
    """The witness' report, and what `act` returned; whether pgbench came through is in the report, too."""
    with tempfile.TemporaryDirectory(prefix="pgbaton-bench-", dir="/tmp") as folder:
        words = ("--connections", str(MANY), "--rows-per-second", "10")
        with Load(programs, url) as load, Witness(house, url, Path(folder), *words) as witness:
            witness.wait_for_more(rows=MANY * 5)
            result = act()
            witness.wait_for_more(rows=MANY * 10)
            load_went_on = load.goes_on()
        outcome = witness.end()
    return {**outcome.json, "pgbench": load_went_on}, result


def seen(report):
    return {"max": report["stall"]["max_ms"], "p99": report["stall"]["p99_ms"], "errors": sum(report["errors"].values()),
            "disconnects": report["disconnects"], "lost": report["lost"], "state lost": report["session_state_lost"],
            "pgbench": report["pgbench"]}


def planned(house, name, programs, act):
    report, operation = under_witness(house, house.database_url(name), programs, act)
    assert (report["lost"], report["duplicated"], report["disconnects"], report["errors"]) == (0, 0, 0, {}), report
    assert report["pgbench"], "pgbench did not come through"
    steps = {step["name"]: step["actual_ms"] for step in operation["steps"]}
    return {**seen(report), "gate": operation["stall"]["max_ms"], **{step: steps[step] for step in IN_THE_HOLD}}


def kill_postmaster(data):
    os.kill(int((Path(data) / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)


def lost_primary(house, name, programs):
    def act():
        kill_postmaster(folder_of(house, primary(house, name)))

    report, _ = under_witness(house, house.database_url(name), programs, act)
    wait_all_replicate(house, name)
    wait_for("the failover to end", lambda: house.show(name)["current_operation"] is None)
    return seen(report)


@contextlib.contextmanager
def idle_sessions(url, count):
    held = [psycopg.connect(url, autocommit=True) for _ in range(count)]
    for one in held:
        one.execute("SET work_mem = '5MB'")
    yield
    for one in held:
        assert one.execute("SHOW work_mem").fetchone() == ("5MB",)
        one.close()


def session(server):
    return psycopg.connect(host=str(server.sockets), port=server.port, user=SUPERUSER, dbname=NAME, autocommit=True)


def position(connection, function):
    return connection.execute(f"SELECT {function}()").fetchone()[0]


def floor(version, template):
    """Milliseconds from the last write on the old primary to the first on the new one."""
    with Pair(version, template) as pair:
        pair.start()
        old, new = session(pair.primary), session(pair.standby)
        old.execute("CREATE TABLE t AS SELECT generate_series(1, 100000) AS n")
        old.execute("CHECKPOINT")
        new.execute("CHECKPOINT")
        old.execute("INSERT INTO t VALUES (0)")
        begun = time.monotonic()
        while position(new, "pg_last_wal_receive_lsn") < position(old, "pg_current_wal_flush_lsn"):
            pass
        os.kill(pair.primary.process.pid, signal.SIGQUIT)
        pair.primary.process.wait(timeout=30)
        new.execute("SELECT pg_promote(false)")
        wait_for("the promotion", lambda: new.execute("SELECT NOT pg_is_in_recovery()").fetchone()[0], pause=0.001)
        new.execute("INSERT INTO t VALUES (1)")
        return (time.monotonic() - begun) * 1000


@contextlib.contextmanager
def patroni(programs):
    with tempfile.TemporaryDirectory(prefix="pgbaton-bench-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        user = owner()
        if user:
            os.chown(folder, user["user"], user["group"])
        with Patroni(programs, Path(folder), user) as cluster:
            yield cluster


def beside(keep, house, programs):
    with patroni(programs) as cluster:
        keep("Patroni, switchover", seen(under_witness(house, cluster.url, programs, cluster.switchover)[0]))
        cluster.wait_whole()
        keep("Patroni, kill -9",
             seen(under_witness(house, cluster.url, programs, lambda: kill_postmaster(cluster.folder / cluster.leader()))[0]))


def one_round(house, line, number, programs, template, taken):
    def keep(what, figures):
        taken.setdefault(what, []).append(figures)
        print(f"round {number + 1}, {what}: {figures}", file=sys.stderr, flush=True)

    name = f"bench{number}"
    house.create(name, line.older, PLAN)
    keep("pgbaton, rolling minor-upgrade", planned(house, name, programs, lambda: house.ok("upgrade", name, "--wait")))
    wait_all_replicate(house, name)
    keep("pgbaton, switchover", planned(house, name, programs, lambda: house.ok("switchover", name, "--wait")))
    wait_all_replicate(house, name)
    keep("pgbaton, kill -9, business", lost_primary(house, name, programs))
    house.destroy(name)
    house.create(name, line.newer, ROOMY)
    with idle_sessions(house.database_url(name), MANY_IDLE):
        keep(f"pgbaton, switchover, {MANY_IDLE} idle sessions beside",
             planned(house, name, programs, lambda: house.ok("switchover", name, "--wait")))
    house.destroy(name)
    house.create(name, line.newer, "enterprise-2048")
    keep("pgbaton, kill -9, enterprise", lost_primary(house, name, programs))
    house.destroy(name)
    try:
        beside(keep, house, programs)
    except AssertionError as error:  # PgBouncer did not always find its way back to a primary that took its logins
        print(f"round {number + 1}, Patroni: {error}", file=sys.stderr, flush=True)
    keep("floor", floor(line.newer, template))


def spread(values):
    return f"{statistics.median(values):.0f} ({min(values):.0f}–{max(values):.0f})"


def table(taken, columns):
    rows = [["", *columns]]
    for what, figures in taken.items():
        if what != "floor" and columns[-1] in figures[0]:
            rows.append([what, *(spread([one[column] for one in figures]) for column in columns)])
    return table_of(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    taken = {}
    with running_house() as (house, line), tempfile.TemporaryDirectory(prefix="pgbaton-bench-", dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        template = make_template(line.newer, Path(folder) / "pair")
        for number in range(rounds):
            one_round(house, line, number, bindir(house, line.newer), template, taken)
    print(table(taken, ["max", "p99", "errors", "disconnects", "state lost", "lost"]), "\n")
    print(table(taken, ["gate", *IN_THE_HOLD]))
    ratio = statistics.median([one["max"] for one in taken["pgbaton, switchover"]]) / statistics.median(taken["floor"])
    print(f"\nfloor: {spread(taken['floor'])} ms; longest wait of a switchover / floor: {ratio:.1f}")


if __name__ == "__main__":
    main()
