"""The gateway of a house as its control API and /proc show it."""

import contextlib
import http.client
import json
import pathlib
import socket
import subprocess

from harness.processes import read_process, wait_for


class _Local(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


@contextlib.contextmanager
def gate_of(house, name, version):
    """Of a database that is there as long as this is used."""
    house.create(name, version)
    yield Gate(house, name)
    house.failpoints.release_all()
    house.destroy(name)


class Gate:
    """One database's."""

    def __init__(self, house, name):
        self.house = house
        self.name = name

    @property
    def served(self):
        """What the gateway was told of the database."""
        known = json.loads((self.house.data / "gateway" / "databases.json").read_text())
        return next(database for database in known if database["name"] == self.name)

    @property
    def port(self):
        return self.served["port"]

    def ask(self, method, what="", body=None):
        """(HTTP status, JSON)"""
        connection = _Local(self.house.data / "run" / "gateway.sock")
        try:
            connection.request(method, f"/v1/databases/{self.name}{what}", None if body is None else json.dumps(body))
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"{}")
        finally:
            connection.close()

    def metrics(self):
        connection = _Local(self.house.data / "run" / "gateway.sock")
        try:
            connection.request("GET", "/metrics")
            return connection.getresponse().read().decode()
        finally:
            connection.close()

    def ok(self, method, what="", body=None):
        status, answer = self.ask(method, what, body)
        assert status == 200, answer
        return answer

    def status(self):
        return self.ok("GET")

    def sessions(self):
        return self.ok("GET", "/sessions")

    def prepare(self):
        return self.ok("POST", "/prepare", {"generation": self.served["generation"]})

    def hold_body(self, operation="test", drain_ms=2_000, deadline_ms=20_000, end=False):
        what = "end" if end else "refuse"
        return {"operation": operation, "generation": self.served["generation"], "drain_ms": drain_ms,
                "deadline_ms": deadline_ms, "transactions": what, "uncarried": what}

    def hold(self, **terms):
        return self.ok("POST", "/hold", self.hold_body(**terms))

    def resume(self, operation="test"):
        return self.ok("POST", "/resume", {"operation": operation, "generation": self.served["generation"]})

    def wait_state(self, state, count=1):
        """Until so many sessions are in this state."""
        wait_for(f"{count} sessions to be {state}",
                 lambda: sum(session["state"] == state for session in self.sessions()) >= count)

    @property
    def process(self):
        """The process that serves; one that was taken over may still be there for its clients' TLS."""
        return wait_for("the gateway to run", self._serving)

    def _serving(self):
        connection = _Local(self.house.data / "run" / "gateway.sock")
        try:
            connection.request("GET", "/v1/process")
            return read_process(json.loads(connection.getresponse().read()).get("pid", 0))
        except OSError:
            return None
        finally:
            connection.close()

    def memory(self):
        """Bytes that it has in memory."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        (line,) = [line for line in status.splitlines() if line.startswith("VmRSS:")]
        return int(line.split()[1]) * 1024

    def as_superuser(self, *statements, database=None):
        """Through the server's own socket, as the user that PostgreSQL runs as: what clients may not do."""
        served = self.served
        command = [word for sql in statements for word in ("-c", sql)]
        owner = (self.house.data / "agent").stat().st_uid
        done = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", served["server"]["socket_folder"],
                               "-p", str(served["server"]["port"]), "-U", served["superuser"],
                               "-d", database or self.name, *command],
                              user=owner, capture_output=True, text=True, timeout=60, check=False, cwd="/")
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()
