"""A primary and its hot standby, made by hand with PostgreSQL's own programs, and a gateway process in front of them.

For what the gateway does when a database changes its server: no server and no agent of pgbaton's is there.
"""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

from harness.clients import wait_in_service
from harness.gateway import Gate
from harness.house import BINARY, ENGINES, free_port
from harness.processes import all_processes, kill_all, read_process, wait_for, with_descendants

NAME, PASSWORD, SUPERUSER = "shop", "secret", "platform"
HBA = f"local replication all trust\nlocal all {SUPERUSER} trust\nlocal all all scram-sha-256\n"
SETTINGS = """listen_addresses = ''
wal_level = replica
max_connections = 120
max_wal_size = 512MB
shared_buffers = 32MB
logging_collector = off
log_connections = on
wal_retrieve_retry_interval = 100ms
log_line_prefix = '%m [%p] %q%u@%d '
"""


def bin_folder(version):
    (found, *_) = ENGINES.glob(f"{version}-*/lib/postgresql/*/bin")
    return found


def owner():
    """PostgreSQL does not run as root: whom the engines belong to does it then."""
    return {"user": ENGINES.stat().st_uid, "group": ENGINES.stat().st_gid} if os.getuid() == 0 else {}


class Server:
    """One data directory and its postmaster; a port tells servers in one folder of sockets apart."""

    def __init__(self, programs, data, sockets, port):
        self.programs, self.data, self.sockets, self.port = programs, data, sockets, port
        self.process = None

    @property
    def address(self):
        return {"socket_folder": str(self.sockets), "port": self.port}

    def run(self, program, *words):
        done = subprocess.run([self.programs / program, *map(str, words)], capture_output=True, text=True, timeout=120,
                              check=False, cwd="/", **owner())
        assert done.returncode == 0, (program, words, done.stdout, done.stderr)
        return done.stdout.strip()

    def sql(self, *statements, database=NAME):
        """As the superuser, through the server's own socket."""
        command = [word for sql in statements for word in ("-c", sql)]
        return self.run("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.sockets, "-p", self.port, "-U",
                        SUPERUSER, "-d", database, *command)

    def initdb(self):
        self.run("initdb", "-D", self.data, "-U", SUPERUSER, "-E", "UTF8", "--locale=C", "-A", "trust", "--no-sync")
        (self.data / "pg_hba.conf").write_text(HBA)
        with open(self.data / "postgresql.conf", "a", encoding="utf-8") as conf:
            conf.write(SETTINGS)

    def start(self, *, wait=True):
        with open(f"{self.data}.log", "ab") as log:
            self.process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.data, "-k", self.sockets, "-p", str(self.port)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True, **owner())
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self):
        wait_for(f"{self.data.name} to let clients in", lambda: subprocess.run(
            [self.programs / "pg_isready", "-q", "-h", self.sockets, "-p", str(self.port)], check=False,
            capture_output=True).returncode == 0, 60)

    def copy_to(self, other):
        """`other` becomes a standby of this one, which must be at rest."""
        shutil.copytree(self.data, other.data, copy_function=shutil.copy2)
        with open(other.data / "postgresql.auto.conf", "a", encoding="utf-8") as conf:
            conf.write(f"primary_conninfo = 'host={self.sockets} port={self.port} user={SUPERUSER}'\n")
        (other.data / "standby.signal").touch()

    def promote(self):
        self.sql("SELECT pg_promote(false)", database="postgres")
        wait_for("the standby to be promoted",
                 lambda: self.sql("SELECT pg_is_in_recovery()", database="postgres") == "f", 30, pause=0.005)

    def stop(self, signum=signal.SIGINT):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signum)
            self.process.wait(timeout=60)

    def kill(self):
        """kill -9 of the postmaster: its backends notice by themselves."""
        self.process.kill()
        self.process.wait(timeout=60)

    def signal_backend(self, pid, signum=signal.SIGSEGV):
        """One of its processes crashes."""
        assert read_process(pid).parent == self.process.pid
        os.kill(pid, signum)

    def kill_whole(self):
        """kill -9 of every process of it, at the same moment: as when its machine is gone."""
        kill_all(with_descendants([read_process(self.process.pid)], all_processes()))
        self.process.wait(timeout=60)


class Pair:
    """Ends everything that it started. `gate` is the gateway's control of the one database that is served."""

    def __init__(self, version, template=None, on_loss="end"):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pgbaton-pair-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.data = self.folder / "data"
        (self.data / "run").mkdir(parents=True)
        programs, self.sockets = bin_folder(version), self.data / "run"
        first = free_port()
        self.primary = Server(programs, self.folder / "one", self.sockets, first)
        self.standby = Server(programs, self.folder / "two", self.sockets, first + 1)
        self.port = free_port()
        self.on_loss = on_loss
        self.gateway = None
        self.gate = Gate(self, NAME)
        if template:
            shutil.copytree(template, self.primary.data, copy_function=shutil.copy2)
            self.primary.copy_to(self.standby)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-subj", "/CN=localhost", "-keyout", self.folder / "key.pem", "-out", self.folder / "cert.pem"],
                       check=True, capture_output=True)
        self.give_away()

    def give_away(self):
        """What PostgreSQL is to write to belongs to whoever runs it."""
        if owner():
            who = f"{owner()['user']}:{owner()['group']}"
            subprocess.run(["chown", "-R", who, self.folder], check=True)

    @property
    def url(self):
        return f"postgresql://{NAME}:{PASSWORD}@127.0.0.1:{self.port}/{NAME}"

    def served(self, server, **more):
        return {"name": NAME, "generation": 1, "port": self.port, "listen_addresses": ["127.0.0.1"],
                "server": server.address, "superuser": SUPERUSER,
                "certificate": str(self.folder / "cert.pem"), "key": str(self.folder / "key.pem"), "max_connections": 100, "on_loss": self.on_loss, **more}

    def start_gateway(self):
        conf = self.folder / "gateway.toml"
        conf.write_text(f'data = "{self.data}"\nsocket = "{self.data}/run/gateway.sock"\n')
        (self.data / "run" / "gateway.sock").unlink(missing_ok=True)
        with open(self.folder / "gateway.log", "ab") as log:
            self.gateway = subprocess.Popen([BINARY, "gateway", "--config", conf], stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, cwd="/", **owner())

        def listens():
            with contextlib.suppress(OSError):
                return self.gate.metrics()

        wait_for("the gateway's control to be there", listens)

    def kill_gateway(self):
        self.gateway.kill()
        self.gateway.wait(timeout=60)

    def start(self):
        self.primary.start()
        self.standby.start()
        self.start_gateway()
        self.gate.ok("PUT", "", self.served(self.primary))
        wait_in_service(self.url)
        self.catch_up()
        return self

    def catch_up(self):
        """Until the standby has replayed what the primary has written."""
        lsn = self.primary.sql("SELECT pg_current_wal_flush_lsn()")
        wait_for("the standby to catch up", lambda: self.standby.sql(
            f"SELECT pg_last_wal_replay_lsn() >= '{lsn}'") == "t", 30, pause=0.002)

    def metric(self, name):
        """Of the one database."""
        for line in self.gate.metrics().splitlines():
            if line.startswith(f"{name}{{"):
                return float(line.rpartition(" ")[2])
        raise AssertionError(f"no metric {name}")

    def log(self):
        logs = [self.folder / "gateway.log", *self.folder.glob("*.log")]
        return "\n".join(f"--- {log}\n{log.read_text(errors='replace')[-4000:]}" for log in logs if log.is_file())

    def close(self):
        try:
            if self.gateway:
                self.gateway.terminate()
                self.gateway.wait(timeout=60)
        finally:
            for server in (self.standby, self.primary):
                server.stop(signal.SIGQUIT)
            left = [each for each in all_processes() if each.folder.startswith(str(self.folder) + "/")]
            kill_all(left)
            if "PGBATON_TEST_KEEP" not in os.environ:
                shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def make_template(version, folder):
    """A data directory at rest: one role, one database."""
    with Pair(version) as made:
        server = made.primary
        server.initdb()
        server.start()
        server.sql(f"CREATE ROLE {NAME} LOGIN PASSWORD '{PASSWORD}'", f"CREATE DATABASE {NAME} OWNER {NAME}",
                   database="postgres")
        server.stop()
        shutil.copytree(server.data, folder, copy_function=shutil.copy2)
    return folder
