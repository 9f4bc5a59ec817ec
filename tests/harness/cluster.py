"""The nodes of a database with standbys, looked at past the gateway."""

import contextlib
import pathlib
import threading

import psycopg

from harness.processes import wait_for


def nodes(house, name, role=None):
    """As `show` has them; all, or those of one role."""
    return [node for node in house.show(name)["nodes"] if role in (None, node["role"])]


def primary(house, name):
    (node,) = nodes(house, name, "primary")
    return node["name"]


def port_of(house, node):
    """PostgreSQL's own."""
    conf = (data_folders(house, node)[0] / "pgbaton.conf").read_text()
    (line,) = [line for line in conf.splitlines() if line.startswith("port = ")]
    return int(line.split("=")[1].strip(" '"))


def connect_node(house, node, database):
    """As the platform's superuser, through the node's own socket."""
    connection = psycopg.connect(host=str(house.data_of(node) / "run"), port=port_of(house, node), user="pgbaton", dbname=database,
                                 autocommit=True, connect_timeout=10,
                                 application_name="pgbaton test")
    # While it is being rewound a node has its new primary's files.
    if pathlib.Path(connection.execute("SHOW data_directory").fetchone()[0]).parent != instance_of(house, node):
        connection.close()
        raise psycopg.OperationalError(f"{node} has another's settings just now")
    return connection


def instance_of(house, node):
    return house.data_of(node) / "agent" / "instances" / node


def folder_of(house, node):
    return instance_of(house, node) / "data"


def data_folders(house, node):
    """After a major-upgrade there are two."""
    return sorted(path for path in instance_of(house, node).glob("data*") if "." not in path.name)


def ask_node(house, node, database, sql):
    with connect_node(house, node, database) as connection:
        return connection.execute(sql).fetchall()


def all_replicate(house, name):
    shown = nodes(house, name)
    standbys = [node for node in shown if node["role"] == "standby"]
    return all(node["state"] == "running" for node in shown) and all(
        node["replication"] and node["replication"]["streaming"] for node in standbys)


def wait_all_replicate(house, name, seconds=90):
    wait_for(f"all nodes of {name} to replicate", lambda: all_replicate(house, name), seconds)


def prove_equal(house, name, sql):
    """The standbys answer as the primary does, once they have replayed all of it."""
    there = nodes(house, name)
    (first,) = [node["name"] for node in there if node["role"] == "primary"]
    wanted = ask_node(house, first, name, sql)
    for node in there:
        wait_for(f"{node['name']} to have what {first} has",
                 lambda node=node: ask_node(house, node["name"], name, sql) == wanted)


class WriteWatcher:
    """Tries to write to every node all the time: who took a write, in their order."""

    def __init__(self, house, name):
        self.house = house
        self.database = name
        self.writers = []  # names; one that took many in a row is in it once
        self._stop = threading.Event()
        self._nodes = [node["name"] for node in nodes(house, name)]
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._try, args=(node,), daemon=True) for node in self._nodes]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        wait_for("the primary to take a write", lambda: self.writers)
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=60)

    def _try(self, node):
        while not self._stop.is_set():
            with contextlib.suppress(psycopg.Error, FileNotFoundError, ValueError), \
                    connect_node(self.house, node, self.database) as connection:
                while not self._stop.is_set():
                    self._write(connection, node)
                    self._stop.wait(0.005)
            self._stop.wait(0.01)

    def _write(self, connection, node):
        # A standby has no transaction ids to give.
        rows = connection.execute(
            "SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_current_xact_id()::text END").fetchall()
        if rows == [(None,)]:
            return
        with self._lock:
            if self.writers[-1:] != [node]:
                self.writers.append(node)

    def prove_one_at_a_time(self):
        """Two that take writes at the same time would take turns a hundred times a second; one way and back is two."""
        assert len(self.writers) <= len(set(self.writers)) + 1, self.writers


def instance_log(house, node):
    folder = pathlib.Path(house.data_of(node)) / "agent" / "instances" / node / "log"
    return "\n".join(path.read_text(errors="replace") for path in sorted(folder.glob("*.log")))
