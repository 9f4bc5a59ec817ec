"""psql with its session kept open on a pipe, one line after the other; and one that nobody types into meanwhile."""

import json
import queue
import re
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from driver import (SESSION, SETUP, TABLES, client_program, environment_of, notify, prove_carried, prove_rows, prove_same)
from harness.clients import execute
from harness.processes import wait_for

NOTIFIED = "Asynchronous notification "
TYPED = ["\\set chapter 7", "PREPARE add_order(bigint) AS INSERT INTO orders (client, n) VALUES ('CLIENT', $1)"]


class Psql:
    """What is typed is answered by lines; a marker of \\echo says that the answer has ended."""

    def __init__(self, program, environment, client):
        self.client = client
        self.number = 0
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
        self.can_bind = int(re.search(r"\d+", said).group()) >= 16
        self.acknowledged = []
        self.notified = []
        self._lines = queue.SimpleQueue()
        self.process = subprocess.Popen([program, "-X", "-q", "-A", "-t"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True, env=environment)
        threading.Thread(target=self._read, daemon=True).start()
        for line in [*SETUP, *TYPED]:
            self.type(line.replace("CLIENT", client))

    def __enter__(self):
        return self

    def __exit__(self, failure, *_):
        if failure:
            self.process.kill()
        self.process.stdin.close()
        assert self.process.wait(timeout=60) == 0 or failure

    def _read(self):
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def type(self, line):
        """The answer. An error of psql is a line as any other: it is not what the caller expects."""
        self.process.stdin.write(line + ("\n" if "\\" in line else ";\n") + "\\echo done\n")
        self.process.stdin.flush()
        answer = []
        while (said := self._lines.get(timeout=60)) != "done":
            assert said is not None, f"psql ended after: {answer}"
            if said.startswith(NOTIFIED):
                self.notified.append(said.split('"')[3])
            else:
                answer.append(said)
        return "\n".join(answer)

    def write(self):
        """A row by the prepared statement, one by \\bind where psql has it, and one in a transaction that is rolled back."""
        self.number += 1
        assert self.type(f"EXECUTE add_order({self.number})") == ""
        self.acknowledged.append(self.number)
        self.number += 1
        row, bound = f"'{self.client}', {self.number}", f"\\bind '{self.client}' {self.number} \\g"
        values = f"($1, $2) {bound}" if self.can_bind else f"({row})"
        assert self.type(f"INSERT INTO orders (client, n) VALUES {values}") == ""
        self.acknowledged.append(self.number)
        for line in ("BEGIN", "EXECUTE add_order(0)", "ROLLBACK"):
            assert self.type(line) == ""

    def session(self):
        assert self.type("\\echo :chapter") == "7"
        return json.loads(self.type(SESSION))


@pytest.mark.parametrize("tls", ["plain", "tls"])
def test_a_session_of_psql_goes_on(house, shelf, database, tls):
    url = house.database_url(database)
    execute(url, TABLES)
    program, environment = client_program(shelf, "psql"), environment_of(url, tls)
    old, new = shelf.line.older, shelf.line.newer
    with Psql(program, environment, "busy") as busy, Psql(program, environment, "idle") as idle:
        for psql in (busy, idle):
            psql.write()
        before = {psql: psql.session() for psql in (busy, idle)}
        with ThreadPoolExecutor(1) as aside:
            upgrade = aside.submit(house.ok, "upgrade", database, "--to", new, "--wait")
            while not upgrade.done():
                busy.write()
        notify(url, ["busy", "idle"], "after")
        for psql in (busy, idle):
            psql.write()
            prove_same(before[psql], psql.session(), old, new)
            assert psql.notified == [*map(str, psql.acknowledged[:-2]), "after", *map(str, psql.acknowledged[-2:])]
    prove_carried(upgrade.result())
    prove_rows(url, {psql.client: psql.acknowledged for psql in (busy, idle)})


def test_a_transaction_that_is_open_when_clients_are_held_goes_on_to_its_end(house, shelf, database):
    url = house.database_url(database)
    execute(url, TABLES)
    with Psql(client_program(shelf, "psql"), environment_of(url), "open") as psql:
        psql.type("BEGIN")
        psql.type("EXECUTE add_order(1)")
        psql.type("DECLARE numbers CURSOR FOR SELECT generate_series(1, 4)")
        assert psql.type("FETCH 2 FROM numbers") == "1\n2"
        identifier = house.ok("upgrade", database, "--to", shelf.line.newer, "--max-stall", "60s")["id"]

        def is_holding():
            steps = {step["name"]: step["state"] for step in house.operation(identifier)["steps"]}
            return steps["hold"] == "running"

        wait_for("clients to be held", is_holding)
        assert psql.type("FETCH 2 FROM numbers") == "3\n4"
        psql.type("EXECUTE add_order(2)")
        assert is_holding()
        psql.type("COMMIT")
        operation = house.wait_ended(identifier)
        assert psql.session()["version"] == shelf.line.newer
        psql.type("EXECUTE add_order(3)")
        assert psql.notified == ["1", "2", "3"]
    prove_carried(operation)
    prove_rows(url, {"open": [1, 2, 3]})
