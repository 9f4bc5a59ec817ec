#!/usr/bin/python3
"""How long clients wait in a major-upgrade, beside a bare `pg_upgrade --link` and start of the same data.

Each round makes two databases with as many tables on the older major. One is upgraded by pgbaton under eight writing clients. Then
pgbaton is ended, which leaves PostgreSQL running, and the other is stopped, upgraded with `pg_upgrade --link` (its new cluster made
and configured beforehand) and started with pg_ctl alone, under the same clients. The wait of both is what the clients measured.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import statistics
import sys
import tempfile
from urllib.parse import urlsplit

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

from bench_single_node import as_owner, bindir, spread, table_of, under_clients  # noqa: E402
from harness.clients import connect  # noqa: E402
from harness.engines import stock_majors  # noqa: E402
from harness.house import House  # noqa: E402


def fill(url, tables):
    with connect(url) as connection:
        for first in range(0, tables, 200):
            for number in range(first, min(first + 200, tables)):
                connection.execute(f"CREATE TABLE t{number} (id bigint PRIMARY KEY, word text, at timestamptz DEFAULT now())")
        connection.execute("INSERT INTO t0 SELECT n, md5(n::text) FROM generate_series(1, 10000) n")


def prepare_bare(house, name, old, new):
    """A new cluster beside the old one, configured as pgbaton configures its own."""
    (data,) = (house.data / "agent" / "instances").glob(f"{name}_1/data")
    target = data.with_name("data-bare")
    as_owner(data, bindir(house, new) / "initdb", "-D", target, "-U", "pgbaton", "-E", "UTF8", "--locale=C.UTF-8", "--lc-messages=C",
             "--data-checksums")
    for file in ("pgbaton.conf", "postgresql.conf", "pg_hba.conf", "pg_ident.conf"):
        as_owner(data, "cp", data / file, target / file) if file != "postgresql.conf" else as_owner(
            data, "sh", "-c", f"printf \"include 'pgbaton.conf'\\n\" >>{target}/postgresql.conf")
    return data, target, bindir(house, old), bindir(house, new)


def bare_upgrade(data, target, old, new):
    as_owner(data, old / "pg_ctl", "-D", data, "-m", "fast", "-w", "stop")
    work = data.with_name("bare")
    as_owner(data, "sh", "-c", f"mkdir -p {work} && cd {work} && {new}/pg_upgrade --link -j 2 -U pgbaton -s /tmp -b {old} -B {new} "
                               f"-d {data} -D {target}")
    as_owner(data, new / "pg_ctl", "-D", target, "-l", "/dev/null", "-w", "start")


def one_round(majors, pair, tables):
    figures = {"tables": tables}
    old, new = (majors[major] for major in pair)
    with House(majors.template) as house:
        for name in ("ours", "bare"):
            house.create(name, old, plan="starter-2048")
            fill(house.database_url(name), tables)
        url = house.database_url("ours")
        operations = []
        figures["upgrade"] = under_clients(
            url, lambda: operations.append(house.ok("upgrade", "ours", "--to", pair[1], "--direct", "--wait", seconds=900)), house.folder)
        figures["steps"] = {step["name"]: step["actual_ms"] for step in operations[0]["steps"]}
        login = urlsplit(house.database_url("bare"))
        bare = prepare_bare(house, "bare", old, new)
        house.supervisor.send_signal(signal.SIGTERM)
        house.supervisor.wait(timeout=30)
        direct = f"postgresql://{login.username}:{login.password}@/bare?host={house.data / 'run'}&port={login.port}"
        figures["bare"] = under_clients(direct, lambda: bare_upgrade(*bare), house.folder)
        as_owner(bare[0], bare[3] / "pg_ctl", "-D", bare[1], "-m", "immediate", "-w", "stop")
        house.start()
    return figures


def table(rounds):
    rows = []
    for tables in sorted({one["tables"] for one in rounds}):
        these = [one for one in rounds if one["tables"] == tables]
        ratio = statistics.median(one["upgrade"] / one["bare"] for one in these)
        convert = statistics.median(one["steps"]["convert"] for one in these)
        rows.append((str(tables), spread([one["upgrade"] for one in these], "ms"), f"{convert:.0f} ms",
                     spread([one["bare"] for one in these], "ms"), f"{ratio:.2f}"))
    return table_of([("tables", "longest wait with pgbaton", "of it pg_upgrade", "bare stop, `pg_upgrade --link`, start", "ratio"), *rows])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tables", type=int, nargs="+", default=[20, 1000])
    parser.add_argument("--majors", type=int, nargs=2, default=[15, 17])
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pgbaton-bench-majors-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        majors = stock_majors(pathlib.Path(os.environ.get("PGBATON_TEST_SHELVES", folder)) / "pgbaton-majors")
        rounds = []
        for number in range(options.rounds):
            for tables in options.tables:
                rounds.append(one_round(majors, options.majors, tables))
                print(f"round {number + 1}: {json.dumps(rounds[-1])}", file=sys.stderr, flush=True)
        print(table(rounds))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
