"""`pgbaton witness` in the background: it writes until the test has done to its database what it wants to be seen."""

import subprocess

from harness.clients import query
from harness.house import BINARY, Outcome
from harness.processes import wait_for


class Witness:
    """Ends with the block it is used in; `outcome` then says what it printed."""

    def __init__(self, house, url, folder, *arguments):
        self.url = url
        self.proof = folder / "proof"
        self.until = folder / "until"
        self.words = ["witness", url, "--json", "--out", str(self.proof), "--until", str(self.until), *arguments]
        self.environment = house.environment()
        self.outcome = None

    def __enter__(self):
        self.process = subprocess.Popen([BINARY, *self.words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, env=self.environment)
        self.wait_for_more()
        return self

    def __exit__(self, failure, *_):
        if failure:
            self.process.kill()
        self.end()

    def end(self):
        """What it printed, after it was told to end; what it does not print within a minute it never will."""
        if self.outcome is None:
            self.until.touch()
            out, err = self.process.communicate(timeout=60)
            self.outcome = Outcome(self.words, subprocess.CompletedProcess(self.words, self.process.returncode, out, err))
        return self.outcome

    def report(self, status):
        outcome = self.end()
        assert outcome.status == status, outcome
        return outcome.json

    def acknowledged(self):
        """(client, number) of each acknowledged row, as the proof has them now."""
        if not self.proof.exists():
            return []
        rows = [line.split() for line in self.proof.read_text().splitlines(keepends=True)[1:] if line.endswith("\n")]
        return [(int(client), int(number)) for fate, client, number in rows if fate == "a"]

    def wait_for_more(self, client=None, rows=3):
        """Until so many rows more are acknowledged than now, of one client or of any."""

        def count():
            assert self.process.poll() is None, self.process.stderr.read()
            return sum(1 for row in self.acknowledged() if client in (None, row[0]))

        wanted = count() + rows
        wait_for("the witness to write", lambda: count() >= wanted)

    def run(self):
        """The id of its run."""
        return self.proof.read_text().splitlines()[0].split()[-1]

    def backend(self, client):
        """The process id that serves one of its clients; None while there is none."""
        rows = query(self.url, f"SELECT pid FROM pg_stat_activity WHERE application_name = 'pgbaton_witness/{client}'")
        return rows[0][0] if rows else None
