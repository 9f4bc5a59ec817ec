"""node-postgres: a pool with named queries, and a client that listens."""

import fcntl
import pathlib
import re
import shutil
import subprocess

import pytest
from driver import Program, environment_of, take_through_upgrade
from harness.house import ROOT

HERE = pathlib.Path(__file__).with_name("node")
FILES = ("package.json", "package-lock.json", ".npmrc")


@pytest.fixture(scope="session")
def node_modules():
    """The packages of the lock file, installed once for all runs."""
    folder = ROOT / "build" / "drivers" / "node"
    folder.mkdir(parents=True, exist_ok=True)
    done = folder / "installed.json"
    with open(folder / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists() or done.read_bytes() != (HERE / "package-lock.json").read_bytes():
            for name in FILES:
                shutil.copy(HERE / name, folder)
            outcome = subprocess.run(["npm", "ci"], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                     timeout=300, check=False)
            assert outcome.returncode == 0, outcome.stdout + outcome.stderr
            shutil.copy(HERE / "package-lock.json", done)
    return folder / "node_modules"


def test_the_lock_file_names_packages_and_not_where_they_come_from():
    text = (HERE / "package-lock.json").read_text()
    assert '"integrity"' in text and "://" not in re.sub(r'"url": ".*"', "", text)


@pytest.mark.parametrize("tls", ["plain", "tls"])
def test_sessions_of_node_postgres_go_on(house, shelf, database, tmp_path, node_modules, tls):
    environment = environment_of(house.database_url(database), tls, NODE_PATH=str(node_modules))
    before, _ = take_through_upgrade(house, shelf, database, Program(["node", HERE / "client.js"], environment, tmp_path))
    for session in before.values():
        assert list(session["statements"]) == ["add order"]
