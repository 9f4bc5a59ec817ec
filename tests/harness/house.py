"""One `pgbaton up` with a folder, ports and processes of its own.

A house ends everything that it started, also when its test fails, and says so when something had to be ended by force.
"""

import contextlib
import http.client
import json
import os
import pathlib
import random
import shutil
import socket
import subprocess
import tempfile
import urllib.error
import urllib.request

from harness.failpoints import Failpoints
from harness.processes import all_processes, kill_all, read_process, wait_for, with_descendants

ROOT = pathlib.Path(__file__).parents[2]
BINARY = pathlib.Path(os.environ.get("PGBATON_BINARY", ROOT / "build" / "pgbaton"))
ENGINES = pathlib.Path(os.environ.get("PGBATON_TEST_ENGINES", "/var/tmp/pgbaton-test-engines"))  # ./run sets it
ENDED = {"finished", "error", "user-error", "cancelled"}


class Outcome:
    """How a command ended: its exit status and what it printed."""

    def __init__(self, arguments, completed):
        self.arguments = arguments
        self.status = completed.returncode
        self.out = completed.stdout
        self.err = completed.stderr

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def error(self):
        """{code, message, remedy} of a command that was run with --json."""
        return json.loads(self.err)["error"]

    def __repr__(self):
        words = " ".join(self.arguments)
        return f"`pgbaton {words}` ended with {self.status}\nstdout: {self.out[-3000:]}\nstderr: {self.err[-3000:]}"


class Answer:
    """How an HTTP request ended."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.text = body.decode()

    @property
    def json(self):
        return json.loads(self.text)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_range(width):
    """Ports below those that the system gives to clients, so that no client takes one by chance."""
    for _ in range(200):
        first = random.randrange(10_000, 32_000 - width)
        if all(is_free(port) for port in range(first, first + width)):
            return first, first + width - 1
    raise AssertionError("no range of ports is free")


class House:
    def __init__(self, template=None, *, data=None, engines=ENGINES, width=20, arguments=(), user=None,
                 program=BINARY, variables=None):
        # In /tmp itself: the user that `up` becomes must get to the failpoints, and pytest's folders are closed.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pgbaton-house-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.user = {"user": user, "group": user, "extra_groups": []} if user is not None else {}  # a number
        if user is not None:
            os.chown(self.folder, user, user)
        self.data = pathlib.Path(data) if data else self.folder / "data"
        self.engines = pathlib.Path(engines)
        self.failpoints = Failpoints(self.folder / "failpoints")
        self.port = free_port()
        self.range = free_range(width)
        self.arguments = list(arguments)
        self.variables = variables or {}  # of the environment of `up`
        self.program = program
        self.supervisor = None
        self.ready_line = ""
        if template:
            subprocess.run(["cp", "-a", f"{template}/.", str(self.data)], check=True)

    # ---- life

    def start(self, seconds=60):
        """`up`, until it says that it is ready."""
        said = self.folder / "up.out"
        with open(self.folder / "up.log", "ab") as log, open(said, "wb") as out:
            self.supervisor = subprocess.Popen(
                [self.program, "up", "--data", self.data, "--engines", self.engines, "--listen", f"127.0.0.1:{self.port}",
                 "--gateway-ports", f"{self.range[0]}-{self.range[1]}", *self.arguments],
                stdin=subprocess.DEVNULL, stdout=out, stderr=log, env=self.environment(**self.variables),
                **self.user)

        def is_ready():
            self.ready_line = said.read_text()
            assert self.supervisor.poll() is None, f"up ended with {self.supervisor.poll()}: {self.log()}"
            return self.ready_line.endswith("\n")

        wait_for("up to say that it is ready", is_ready, seconds)
        return self

    def close(self):
        """Ends all that runs; what does not end when asked is killed and is an error."""
        try:
            self.failpoints.release_all()
            down = self.cli("down", "--data", str(self.data), seconds=120)
            if self.supervisor:
                self.supervisor.wait(timeout=60)
            # A postmaster that has given its data directory up is still there for a moment.
            with contextlib.suppress(AssertionError):
                wait_for("the last processes to end", lambda: not self.processes())
        finally:
            left = self.processes()
            kill_all(left)
            if "PGBATON_TEST_KEEP" not in os.environ:
                shutil.rmtree(self.folder, ignore_errors=True)
        assert down.status == 0, down
        assert not left, f"these outlived `pgbaton down`: {left}"

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            with contextlib.suppress(AssertionError):
                self.close()
            raise

    def __exit__(self, *_):
        self.close()

    def environment(self, **more):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PGBATON_", "PG"))}
        if self.user:
            kept["HOME"] = str(self.folder)
        return {**kept, "PGBATON_FAILPOINTS": str(self.failpoints.folder), "NO_COLOR": "1",
                "PGBATON_GATEWAY_LOOPS": os.environ.get("PGBATON_TEST_LOOPS", "2"), **more}

    def log(self):
        """The end of everything that the house logged: for a person who looks at a failed test."""
        logs = [self.folder / "up.log", *sorted((self.data / "log").glob("*.log")),
                *sorted((self.data / "agent" / "instances").glob("*/log/*"))]
        return "\n".join(f"--- {log}\n{log.read_text(errors='replace')[-4000:]}" for log in logs if log.is_file())

    def up_records(self):
        """What `up` has logged."""
        return [json.loads(line) for line in (self.folder / "up.log").read_text().splitlines()]

    # ---- commands and requests

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def token(self):
        return (self.data / "token").read_text().strip()

    def cli(self, *arguments, seconds=180, server=None, token=None):
        arguments = [str(word) for word in arguments]
        here = {} if arguments[0] in ("up", "down") else {
            "PGBATON_SERVER": server or self.url, "PGBATON_TOKEN": self.token if token is None else token}
        completed = subprocess.run([BINARY, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                   timeout=seconds, env=self.environment(**here), check=False)
        return Outcome(arguments, completed)

    def ok(self, *arguments, **options):
        """The JSON of a command that must succeed."""
        outcome = self.cli(*arguments, "--json", **options)
        assert outcome.status == 0, outcome
        return outcome.json

    def request(self, method, path, body=None, token=None):
        request = urllib.request.Request(
            self.url + path, method=method, data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token if token is None else token}",
                     "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.headers, error.read())

    def get(self, path):
        """What the API answers, as --json prints it. Without a command's start: what waits asks many times a second."""
        try:
            answer = self.request("GET", "/api/v1" + path)
        except (OSError, http.client.HTTPException) as error:
            raise AssertionError(f"GET {path}: {error}") from None
        assert answer.status == 200, f"GET {path}: {answer.status} {answer.text}"
        return answer.json

    def create(self, name, version, plan="starter-512"):
        return self.ok("create", name, "--plan", plan, "--version", version, "--wait")

    def destroy(self, name):
        if running := self.show(name)["current_operation"]:  # a test that failed has left it
            self.wait_ended(running, 240)
        return self.ok("destroy", name, "--confirm", name, "--wait")

    def show(self, name):
        return self.get(f"/databases/{name}")

    def database_url(self, name):
        return self.get(f"/databases/{name}/url")["url"]

    def operation(self, identifier):
        return self.get(f"/operations/{identifier}")

    def wait_ended(self, identifier, seconds=90):
        """The operation when it has ended. The server may be away meanwhile."""

        def ended():
            try:
                operation = self.operation(identifier)
            except AssertionError:
                return False
            return operation["state"] in ENDED and operation

        return wait_for(f"operation {identifier} to end", ended, seconds, pause=0.1)

    # ---- processes and files

    def part(self, name):
        """The process of the server or of the agent; None while it is away."""
        for process in all_processes():
            words = process.command.split()
            if process.parent == self.supervisor.pid and len(words) > 1 and words[1] == name:
                return process
        return None

    def postmasters(self, name=None):
        """The processes that are postmasters on the data of one database, or of any: there must never be two."""
        folders = tuple(str(data / "agent" / "instances" / (f"{name}_" if name else "")) for data in self.all_data())
        there = [process for process in all_processes() if process.folder.startswith(folders)]
        pids = {process.pid for process in there}
        return [process for process in there if process.parent not in pids and "postgres" in process.command]

    def processes(self):
        """Everything that runs in this house, the supervisor first."""
        everything = all_processes()
        supervisor = read_process(self.supervisor.pid) if self.supervisor and self.supervisor.poll() is None else None
        marks = (str(self.data) + "/", str(self.folder) + "/")
        ours = [process for process in everything
                if process.folder.startswith(marks) or any(mark in process.command for mark in marks)]
        roots = [supervisor, *ours] if supervisor else ours
        found = with_descendants(roots, everything)
        return sorted(found, key=lambda process: supervisor is None or process.pid != supervisor.pid)

    def reboot(self):
        """Every process of the house is killed at once, as when the power fails; then `up` again."""
        kill_all(self.processes())
        self.supervisor.wait(timeout=60)
        return self.start()

    def all_data(self):
        return [self.data]

    def data_of(self, node):
        """The folder of the pgbaton that has the node."""
        return self.data

    def instance_folders(self):
        folders = [data / "agent" / "instances" for data in self.all_data()]
        return sorted(path.name for folder in folders if folder.is_dir() for path in folder.iterdir())


