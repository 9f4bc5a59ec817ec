#!/usr/bin/python3
"""A single-node database's figures: install, create, minor-upgrade beside a bare stop and start, memory, start of `up`.

Each round makes a database with the same data and upgrades it under eight writing clients. Then pgbaton is ended, which
leaves PostgreSQL running, and the same postmaster is stopped and started on the same data with pg_ctl alone, under the same
clients. The outage of both is what the clients measured. With --write the table of README.md is renewed.

The same is done with 64 sessions of `pgbaton witness`, and with 64 clients that reconnect beside it. Witness sessions have
settings, prepared statements, a channel and a lock to be carried over; the clients of the bare restart have no state.
"""

import argparse
import contextlib
import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from urllib.parse import urlsplit

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
os.environ["PGBATON_TEST_LOOPS"] = "0"  # as many as users get

from harness.cluster import port_of  # noqa: E402
from harness.engines import lines_of, stock  # noqa: E402
from harness.house import ROOT, House  # noqa: E402
from harness.processes import wait_for  # noqa: E402
from harness.witness import Witness  # noqa: E402

MANY = 64
WRITERS = pathlib.Path(__file__).with_name("writers.py")


def bindir(house, version):
    (found,) = house.engines.glob(f"{version}-*/lib/postgresql/*/bin")
    return found


def install(engines):
    """Two minors of the newest major into an empty folder, one after the other: seconds and bytes of each."""
    with House(engines=engines) as house:
        house.ok("engines", "sync", seconds=300)
        line = lines_of(house.ok("engines", "list")["engines"])[-1]
        figures = []
        for version in (line.older, line.newer):
            begun = time.monotonic()
            house.ok("engines", "install", version, seconds=900)
            took = time.monotonic() - begun
            (folder,) = engines.glob(f"{version}-*")
            size = int(subprocess.check_output(["du", "-sbD", folder]).split()[0])
            figures.append({"version": version, "seconds": took, "bytes": size})
        assert house.cli("down", "--data", house.data).status == 0
        template = tempfile.mkdtemp(prefix="pgbaton-bench-", dir="/tmp")
        subprocess.run(["cp", "-a", house.data, template], check=True)
    return line, figures, pathlib.Path(template) / house.data.name


@contextlib.contextmanager
def running_house():
    """For benches that do not measure the installation: a house with the tests' engines, and the line of them to use."""
    with tempfile.TemporaryDirectory(prefix="pgbaton-bench-", dir="/tmp") as folder:
        shelf = stock(pathlib.Path(folder))
        with House(shelf.template) as house:
            yield house, shelf.line


def table_of(rows):
    heading, *others = rows
    lines = [heading, ["---"] * len(heading), *others]
    return "\n".join(f"| {' | '.join(row)} |" for row in lines).replace("|  |", "| |")


def under_witness(house, url, act):
    """What 64 sessions saw while `act` was done: nothing lost, no error, and the longest wait."""
    folder = house.folder / "witness"
    folder.mkdir()
    with Witness(house, url, folder, "--connections", str(MANY), "--rows-per-second", "20") as witness:
        wait_for("all of them to write", lambda: len({row[0] for row in witness.acknowledged()}) == MANY)
        act()
        witness.wait_for_more(rows=2 * MANY)
        said = witness.report(0)
    assert not any(said[what] for what in ("lost", "duplicated", "disconnects", "errors", "session_state_lost")), said
    return said["stall"]["max_ms"]


def under_clients(url, act, folder, count=8):
    """What the clients measured while `act` was done."""
    started, until = pathlib.Path(folder) / "started", pathlib.Path(folder) / "until"
    for file in (started, until):
        file.unlink(missing_ok=True)
    clients = subprocess.Popen([sys.executable, WRITERS, url, "--connections", str(count), "--started", started, "--until", until,
                                "--json"], stdout=subprocess.PIPE, text=True)
    try:
        wait_for("all clients to write", started.exists, 180)
        act()
        until.touch()
        said = json.loads(clients.communicate(timeout=120)[0])
    finally:
        clients.kill()
    assert said["lost"] == 0 and said["unknown_rows"] == 0, said
    return said["outage_ms"]


def memory(house):
    """Resident bytes of server and agent that are theirs alone or shared in part (Pss)."""
    found = {}
    for name in ("server", "agent", "gateway"):
        rollup = pathlib.Path(f"/proc/{house.part(name).pid}/smaps_rollup").read_text()
        found[name] = int(re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)[1]) * 1024
    return found


def as_owner(folder, *words):
    """A command as the user whom the folder belongs to: PostgreSQL refuses to run as root."""
    owner = folder.stat()
    user = pwd.getpwuid(owner.st_uid)
    options = {} if os.geteuid() == owner.st_uid else {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
    subprocess.run([str(word) for word in words], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   cwd="/", env={"PATH": os.environ["PATH"], "HOME": user.pw_dir, "LC_ALL": "C"}, **options)


def bare_restart(house, version, port, name="bench"):
    """Milliseconds of the stop and the start themselves."""
    (data,) = (house.data / "agent" / "instances").glob(f"{name}_1/data")
    program = bindir(house, version) / "pg_ctl"
    as_owner(data, bindir(house, version) / "psql", "-XqAt", "-h", house.data / "run", "-p", port, "-U", "pgbaton", "postgres",
             "-c", "CHECKPOINT")  # as the upgrade does
    begun = time.monotonic()
    as_owner(data, program, "-D", data, "-m", "fast", "-w", "stop")
    as_owner(data, program, "-D", data, "-l", "/dev/null", "-w", "start")
    return (time.monotonic() - begun) * 1000


def one_upgrade(house, line, scale, name, under):
    """A new database with data is upgraded; where it is."""
    house.create(name, line.older, plan="starter-2048")
    url = house.database_url(name)
    pgbench = bindir(house, line.newer) / "pgbench"
    subprocess.run([pgbench, "--initialize", "--quiet", f"--scale={scale}", url], check=True, capture_output=True)
    stall = under(url, lambda: house.ok("upgrade", name, "--yes", "--wait"))
    login, port = urlsplit(url), port_of(house, f"{name}_1")
    direct = f"postgresql://{login.username}:{login.password}@/{name}?host={house.data / 'run'}&port={port}"
    return stall, direct, port


def one_round(line, engines, template, scale):
    figures = {}
    house = House(template, engines=engines)
    begun = time.monotonic()
    with house:
        figures["up"] = time.monotonic() - begun
        begun = time.monotonic()
        house.create("empty", line.older, plan="starter-2048")
        figures["create"] = time.monotonic() - begun
        house.destroy("empty")
        figures["upgrade"], few, few_port = one_upgrade(
            house, line, scale, "few", lambda url, act: under_clients(url, act, house.folder))
        figures["witness"], many, many_port = one_upgrade(
            house, line, scale, "many", lambda url, act: under_witness(house, url, act))
        figures["memory"] = memory(house)
        # `up` ends with its gateway, PostgreSQL goes on: nobody starts what pg_ctl stops, and clients come by the Unix socket.
        house.supervisor.send_signal(signal.SIGTERM)
        house.supervisor.wait(timeout=30)
        took = []
        figures["bare"] = under_clients(few, lambda: bare_restart(house, line.newer, few_port, "few"), house.folder)
        figures["bare_many"] = under_clients(
            many, lambda: took.append(bare_restart(house, line.newer, many_port, "many")), house.folder, MANY)
        figures["bare_itself"] = took[0]
        house.start()
    return figures


def spread(values, unit, digits=0):
    return f"{statistics.median(values):.{digits}f} {unit} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def table(installed, rounds, scale):
    ratio = statistics.median(one["upgrade"] / one["bare"] for one in rounds)
    many = statistics.median(one["witness"] / one["bare_many"] for one in rounds)
    megabytes = {part: [one["memory"][part] / 1e6 for one in rounds] for part in ("server", "agent", "gateway")}
    rows = [
        ("install of an engine, download included",
         ", ".join(f"{one['version']}: {one['seconds']:.0f} s, {one['bytes'] / 1e6:.0f} MB" for one in installed), ""),
        ("`pgbaton up` until it is ready", spread([one["up"] for one in rounds], "s", 2), ""),
        ("`create`, starter-2048", spread([one["create"] for one in rounds], "s", 1), ""),
        (f"longest wait of 8 writing clients in a minor-upgrade, pgbench scale {scale}",
         spread([one["upgrade"] for one in rounds], "ms"),
         f"bare `pg_ctl stop` and `start`, clients reconnect: {spread([one['bare'] for one in rounds], 'ms')}; ratio {ratio:.2f}"),
        (f"longest wait of {MANY} sessions of the witness, 20 rows a second each",
         spread([one["witness"] for one in rounds], "ms"),
         f"bare, clients without state reconnect: {spread([one['bare_many'] for one in rounds], 'ms')}; ratio {many:.2f}; "
         f"stop and start themselves: {spread([one['bare_itself'] for one in rounds], 'ms')}"),
        ("memory of the server (Pss)", spread(megabytes["server"], "MB"), ""),
        ("memory of the agent (Pss)", spread(megabytes["agent"], "MB"), ""),
        ("memory of the gateway (Pss)", spread(megabytes["gateway"], "MB"), ""),
    ]
    return table_of([("what", "pgbaton", "beside it"), *rows])


def write_readme(text):
    readme = ROOT / "README.md"
    whole = readme.read_text()
    marked = re.sub(r"(<!-- figures -->\n).*?(<!-- /figures -->)", lambda m: m[1] + text + "\n" + m[2], whole, flags=re.DOTALL)
    readme.write_text(marked)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=int, default=20, help="of pgbench; 20 is about 300 MB")
    parser.add_argument("--write", action="store_true", help="renew the table in README.md")
    options = parser.parse_args()
    root = pathlib.Path(tempfile.mkdtemp(prefix="pgbaton-bench-engines-", dir="/tmp"))
    root.chmod(0o755)
    engines = root / "engines"
    template = None
    try:
        line, installed, template = install(engines)
        rounds = []
        for number in range(options.rounds):
            rounds.append(one_round(line, engines, template, options.scale))
            print(f"round {number + 1}: {json.dumps(rounds[-1])}", file=sys.stderr, flush=True)
        text = table(installed, rounds, options.scale)
        print(text)
        if options.write:
            write_readme(text)
    finally:
        shutil.rmtree(root, ignore_errors=True)
        if template:
            shutil.rmtree(template.parent, ignore_errors=True)


if __name__ == "__main__":
    main()
