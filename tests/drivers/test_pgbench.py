"""pgbench through an upgrade: not one transaction fails, and what it counted is there."""

import re
import signal
import subprocess

import pytest
from driver import client_program, environment_of, prove_carried
from harness.clients import execute, query
from harness.processes import wait_for

CLIENTS = 4
# It ends when it is told so, never by its clock.
LONG_SECONDS = 3600

CUSTOM = """
\\set wanted random(1, 1000)
\\set step random(1, 5)
BEGIN;
SELECT n AS had FROM counters WHERE client = :client_id FOR UPDATE \\gset
UPDATE counters SET n = :had::int + 1 WHERE client = :client_id;
\\startpipeline
INSERT INTO history VALUES (:client_id, :had::int + 1, current_setting('server_version'));
SELECT :wanted::int + :step::int;
\\endpipeline
\\if :had % 2 = 0
SELECT count(*) FROM history WHERE client = :client_id AND n = :had;
\\endif
COMMIT;
"""

CUSTOM_TABLES = f"""
CREATE TABLE counters AS SELECT g AS client, 0 AS n FROM generate_series(0, {CLIENTS - 1}) g;
CREATE TABLE history (client int, n int, seen_by text);
CREATE INDEX ON history (client, n);
"""


class Pgbench:
    """Runs until the block ends; then `report` has what it printed."""

    def __init__(self, program, environment, folder, *arguments):
        self.folder = folder
        self.words = [str(program), "-n", "-c", str(CLIENTS), "-j", "2", "-T", str(LONG_SECONDS), "--log",
                      "--log-prefix", str(folder / "transactions"), *map(str, arguments)]
        self.environment = environment

    def __enter__(self):
        self.process = subprocess.Popen(self.words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, env=self.environment)
        return self

    def __exit__(self, failure, *_):
        if self.process.poll() is None:
            # The signal of its own timer: it finishes the transactions that it is in, and reports.
            self.process.send_signal(signal.SIGALRM if not failure else signal.SIGKILL)
        if not failure:
            self.report, self.errors = self.process.communicate(timeout=60)

    def wait_for_more(self, url, table, rows=50):
        wanted = rows_of(url, table) + rows

        def met():
            assert self.process.poll() is None, self.process.communicate()
            return rows_of(url, table) >= wanted

        wait_for("pgbench to write", met)

    def number(self, label):
        return int(re.search(rf"^{label}: (\d+)", self.report, re.M)[1])

    def longest_ms(self):
        """The longest transaction as its log has it: what a client saw of the hold. Told, never judged."""
        logs = [line.split() for log in self.folder.glob("transactions*") for line in log.read_text().splitlines()]
        return max(int(fields[2]) for fields in logs) / 1000

    def prove_nothing_failed(self, count):
        assert self.process.returncode == 0 and not self.errors, self.errors
        assert self.number("number of failed transactions") == 0, self.report
        assert self.number("number of transactions actually processed") == count


def rows_of(url, table):
    return query(url, f"SELECT count(*) FROM {table}")[0][0]


def run_through_upgrade(house, shelf, database, table, bench, record_property):
    url = house.database_url(database)
    with bench:
        bench.wait_for_more(url, table)
        operation = house.ok("upgrade", database, "--to", shelf.line.newer, "--wait")
        bench.wait_for_more(url, table)
    prove_carried(operation)
    assert operation["stall"]["sessions_moved"] >= CLIENTS
    bench.prove_nothing_failed(rows_of(url, table))
    record_property("longest_ms", bench.longest_ms())
    record_property("stall_max_ms", operation["stall"]["max_ms"])


@pytest.mark.parametrize("mode, tls", [("simple", "plain"), ("extended", "plain"), ("prepared", "plain"), ("prepared", "tls")])
def test_not_one_transaction_of_tpc_b_fails(house, shelf, database, tmp_path, record_property, mode, tls):
    environment = environment_of(house.database_url(database), tls)
    program = client_program(shelf, "pgbench")
    made = subprocess.run([program, "-i", "-q"], env=environment, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    bench = Pgbench(program, environment, tmp_path, "-M", mode)
    run_through_upgrade(house, shelf, database, "pgbench_history", bench, record_property)
    url = house.database_url(database)
    sums = query(url, "SELECT (SELECT sum(delta) FROM pgbench_history), (SELECT sum(abalance) FROM pgbench_accounts), "
                      "(SELECT sum(tbalance) FROM pgbench_tellers), (SELECT sum(bbalance) FROM pgbench_branches)")[0]
    assert len(set(sums)) == 1, sums


@pytest.mark.parametrize("mode, tls", [("simple", "plain"), ("prepared", "plain"), ("prepared", "tls")])
def test_not_one_transaction_fails_while_the_gateway_is_taken_over(house, shelf, database, tmp_path, record_property, mode, tls):
    url = house.database_url(database)
    environment = environment_of(url, tls)
    program = client_program(shelf, "pgbench")
    subprocess.run([program, "-i", "-q"], env=environment, capture_output=True, check=True)
    bench = Pgbench(program, environment, tmp_path, "-M", mode)
    with bench:
        for _ in range(3):
            bench.wait_for_more(url, "pgbench_history")
            house.ok("reload", "--data", house.data)
        bench.wait_for_more(url, "pgbench_history")
    bench.prove_nothing_failed(rows_of(url, "pgbench_history"))
    record_property("longest_ms", bench.longest_ms())


@pytest.mark.parametrize("mode", ["simple", "extended", "prepared"])
def test_a_script_of_ones_own_goes_on(house, shelf, database, tmp_path, record_property, mode):
    url = house.database_url(database)
    execute(url, CUSTOM_TABLES)
    script = tmp_path / "script.sql"
    # Only the extended protocol has pipelines.
    script.write_text(re.sub(r"\\(start|end)pipeline\n", "", CUSTOM) if mode == "simple" else CUSTOM)
    bench = Pgbench(client_program(shelf, "pgbench"), environment_of(url), tmp_path, "-M", mode, "-f", script)
    run_through_upgrade(house, shelf, database, "history", bench, record_property)
    assert query(url, "SELECT client, n FROM counters ORDER BY client") == query(
        url, "SELECT client, count(*) FROM history GROUP BY client ORDER BY client")
    assert query(url, "SELECT client FROM history GROUP BY client HAVING count(*) <> count(DISTINCT n) "
                      "OR count(*) <> max(n) OR count(DISTINCT seen_by) <> 2") == []
