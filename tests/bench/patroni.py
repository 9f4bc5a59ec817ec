"""What a user would pick instead: Patroni with etcd, and PgBouncer in session mode before it, all of Debian.

Two nodes, default times, one etcd. PgBouncer follows the primary by Patroni's own means: the callback on_role_change of the
node that becomes primary writes PgBouncer's file anew and has it read again.
"""

import json
import os
import pathlib
import signal
import subprocess
import urllib.request

import psycopg

from harness.house import free_port
from harness.processes import wait_for

ETCD, PATRONI, PGBOUNCER = "/usr/bin/etcd", "/usr/bin/patroni", "/usr/sbin/pgbouncer"
NAME, PASSWORD = "bench", "secret"

NODE = """scope: bench
name: {name}
restapi: {{listen: '127.0.0.1:{rest}', connect_address: '127.0.0.1:{rest}'}}
etcd3: {{host: '127.0.0.1:{etcd}'}}
bootstrap:
  dcs:
    postgresql:
      use_pg_rewind: true
      use_slots: true
      parameters: {{max_connections: 200, shared_buffers: 256MB}}
  initdb: [encoding: UTF8, locale: C]
postgresql:
  listen: 127.0.0.1:{port}
  connect_address: 127.0.0.1:{port}
  data_dir: {folder}/{name}
  bin_dir: {programs}
  pgpass: {folder}/{name}.pass
  pg_hba: ['local all all trust', 'host all all 127.0.0.1/32 scram-sha-256', 'host replication all 127.0.0.1/32 scram-sha-256']
  parameters: {{unix_socket_directories: '{folder}'}}
  authentication:
    superuser: {{username: postgres, password: {password}}}
    replication: {{username: replicator, password: {password}}}
  callbacks: {{on_role_change: '{folder}/{name}.callback', on_start: '{folder}/{name}.callback'}}
"""

CALLBACK = """#!/bin/sh
case $2 in master | primary) ;; *) exit 0 ;; esac
sed 's/PORT/{port}/' {folder}/pgbouncer.template >{folder}/{name}.new
mv {folder}/{name}.new {folder}/pgbouncer.ini
[ ! -e {folder}/pgbouncer.pid ] || kill -HUP "$(cat {folder}/pgbouncer.pid)"
"""

BOUNCER = """[databases]
* = host=127.0.0.1 port=PORT
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = plain
auth_file = {folder}/users.txt
pool_mode = session
max_client_conn = 1000
default_pool_size = 150
logfile = {folder}/pgbouncer.log
pidfile = {folder}/pgbouncer.pid
ignore_startup_parameters = extra_float_digits
server_login_retry = 1
"""


class Patroni:
    """`programs` are PostgreSQL's; all runs as `user` ({"user": uid, "group": gid}, or nothing) in an empty folder of theirs."""

    def __init__(self, programs, folder, user):
        self.folder, self.user = pathlib.Path(folder), user
        self.etcd, self.port = free_port(), free_port()
        self.rest = {}
        self.children = []
        for name in ("one", "two"):
            words = {"name": name, "rest": free_port(), "port": free_port(), "etcd": self.etcd, "folder": folder,
                     "programs": programs, "password": PASSWORD}
            self.rest[name] = words["rest"]
            (self.folder / f"{name}.yml").write_text(NODE.format(**words))
            (self.folder / f"{name}.callback").write_text(CALLBACK.format(**words))
            (self.folder / f"{name}.callback").chmod(0o755)
        (self.folder / "pgbouncer.template").write_text(BOUNCER.format(port=self.port, folder=folder))
        (self.folder / "users.txt").write_text(f'"{NAME}" "{PASSWORD}"\n"postgres" "{PASSWORD}"\n')

    @property
    def url(self):
        return f"postgresql://{NAME}:{PASSWORD}@127.0.0.1:{self.port}/{NAME}?sslmode=disable"

    def run(self, *words):
        with open(self.folder / "log", "ab") as log:
            self.children.append(subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                                  cwd=self.folder, env={**os.environ, "HOME": str(self.folder)}, **self.user))

    def ask(self, path, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.rest['one']}{path}", body and json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.read().decode()

    def members(self):
        """{name: role} of those that run."""
        try:
            found = json.loads(self.ask("/cluster"))["members"]
        except OSError:
            return {}
        return {one["name"]: one["role"] for one in found if one["state"] in ("running", "streaming")}

    def leader(self):
        return next((name for name, role in self.members().items() if role == "leader"), None)

    def wait_whole(self):
        wait_for("Patroni's two nodes", lambda: sorted(self.members().values()) == ["leader", "replica"], 180, pause=0.2)

    def switchover(self):
        before = self.leader()
        self.ask("/switchover", {"leader": before})
        assert self.leader() != before

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def start(self):
        peer = free_port()
        self.run(ETCD, "--data-dir", self.folder / "etcd", "--listen-client-urls", f"http://127.0.0.1:{self.etcd}",
                 "--advertise-client-urls", f"http://127.0.0.1:{self.etcd}", "--listen-peer-urls", f"http://127.0.0.1:{peer}",
                 "--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}", "--initial-cluster", f"default=http://127.0.0.1:{peer}")
        for name in self.rest:
            self.run(PATRONI, self.folder / f"{name}.yml")
        self.wait_whole()
        wait_for("PgBouncer's file", (self.folder / "pgbouncer.ini").exists, 60)
        self.run(PGBOUNCER, self.folder / "pgbouncer.ini")
        wait_for("the role to be made", self.made, 60)

    def made(self):
        try:
            with psycopg.connect(f"postgresql://postgres:{PASSWORD}@127.0.0.1:{self.port}/postgres?sslmode=disable", autocommit=True) as sql:
                sql.execute(f"CREATE ROLE {NAME} LOGIN PASSWORD '{PASSWORD}'")
                sql.execute(f"CREATE DATABASE {NAME} OWNER {NAME}")
            return True
        except psycopg.OperationalError:
            return False

    def __exit__(self, *_):
        # PgBouncer, then the nodes, whose PostgreSQL ends with them, then etcd.
        for child in reversed(self.children):
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(timeout=60)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
