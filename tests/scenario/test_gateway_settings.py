"""What the gateway is told of a database while clients use it: who may come, which certificate, and what it counts."""

import http.client
import re
import socket
import ssl
import subprocess

import psycopg
import pytest
from harness.clients import connect, query
from harness.gateway import Gate
from harness.processes import wait_for
from harness.raw import Raw


@pytest.fixture
def gate(house, database):
    return Gate(house, database)


@pytest.fixture
def url(house, database):
    return house.database_url(database)


def certificate_of(port):
    with Raw(port) as client:
        return client.tls().socket.getpeercert(binary_form=True)


def test_who_may_come_is_changed_at_once_and_ends_nobodys_session(house, database, url):
    with connect(url) as session:
        house.ok("configure", database, "--allow", "10.0.0.0/8,192.168.1.7")
        with pytest.raises(psycopg.OperationalError):
            query(url, "SELECT 1")
        assert session.execute("SELECT 1").fetchone() == (1,)
        house.ok("configure", database, "--allow", "10.0.0.0/8,127.0.0.0/24")
        assert query(url, "SELECT 1") == [(1,)]
        house.ok("configure", database, "--allow", "all")
        assert query(url, "SELECT 1") == [(1,)]


def test_a_new_certificate_is_shown_to_new_clients_and_a_broken_one_to_nobody(gate, url, tmp_path):
    served = gate.served
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=another",
                    "-keyout", tmp_path / "key", "-out", tmp_path / "certificate"], check=True, capture_output=True)
    wanted = ssl.PEM_cert_to_DER_cert((tmp_path / "certificate").read_text())
    with connect(url) as session:
        assert certificate_of(gate.port) != wanted
        for name in ("key", "certificate"):  # into the files that are there: they keep their owner
            with open(served[name], "w", encoding="utf-8") as file:
                file.write((tmp_path / name).read_text())
        gate.ok("PUT", body=served)
        assert certificate_of(gate.port) == wanted
        assert session.execute("SELECT 1").fetchone() == (1,)

        with open(served["certificate"], "w", encoding="utf-8") as file:
            file.write("no certificate")
        status, answer = gate.ask("PUT", body=served)
        assert status >= 400 and served["certificate"] in str(answer)
        assert certificate_of(gate.port) == wanted
        assert session.execute("SELECT 1").fetchone() == (1,)


class Control(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("gateway", timeout=60)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


def counted(house, database):
    """{metric: number} of one database."""
    control = Control(house.data / "run" / "gateway.sock")
    control.request("GET", "/metrics")
    text = control.getresponse().read().decode()
    control.close()
    found = re.findall(rf'^(pgbaton_gateway_\w+)\{{[^}}]*database="{database}"[^}}]*\}} (\S+)$', text, re.MULTILINE)
    assert found, text
    return {name: float(number) for name, number in found}


def test_what_clients_do_is_counted(house, gate, database, url):
    before = counted(house, database)
    with connect(url) as session:
        for _ in range(5):
            session.execute("SELECT repeat('x', 1000)")
        gate.hold()
        gate.resume()
        after = counted(house, database)
    grown = {name: after[name] - before.get(name, 0) for name in after}

    def growth(word):
        return max(grown[name] for name in grown if word in name)

    assert growth("requests") >= 5
    assert growth("connections") >= 1
    assert growth("bytes") >= 5_000
    assert growth("holds") == 1


def test_wrong_passwords_in_a_loop_leave_nothing_and_hold_up_nobody(gate, url):
    wrong = psycopg.conninfo.make_conninfo(url, password="wrong", sslmode="disable", connect_timeout=30)
    with connect(url) as session:
        before = gate.memory()
        for _ in range(200):
            with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
                psycopg.connect(wrong)
        assert session.execute("SELECT 1").fetchone() == (1,)
        wait_for("those who failed to be forgotten", lambda: gate.status()["sessions"] == 1)
        assert gate.memory() - before < 8 << 20
