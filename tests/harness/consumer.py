"""A consumer of a logical replication slot, through the gateway: what it was sent, whatever becomes of its connections."""

import re
import shutil
import subprocess
import threading

from harness.processes import wait_for

INSERTED = re.compile(r"table public\.t: INSERT: n\[integer\]:(\d+)")


class Consumer:
    """pg_recvlogical on a slot with test_decoding; started again whenever it ends, as people's consumers are."""

    def __init__(self, url, slot):
        self.rows = []  # every n of table t, as often as it came
        self.connections = 0
        self.complaints = []
        program = shutil.which("pg_recvlogical")
        self._command = [program, "--dbname", url, "--slot", slot, "--start", "--file", "-", "--no-loop",
                         "--status-interval", "1"]
        self._stop = threading.Event()
        self._child = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        if self._child:
            self._child.terminate()
        self._thread.join(timeout=60)

    def _run(self):
        while not self._stop.is_set():
            self._child = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.connections += 1
            for line in self._child.stdout:
                if found := INSERTED.search(line):
                    self.rows.append(int(found[1]))
            self.complaints.append(self._child.stderr.read())
            self._child.wait()
            self._stop.wait(0.1)  # one that is refused does not fill the machine

    def wait_for(self, row, seconds=60):
        wait_for(f"the consumer to have row {row}; it said {self.complaints[-3:]}", lambda: row in self.rows, seconds)
