"""Processes as /proc shows them. Tests end processes by number, and only those of their own house."""

import os
import pathlib
import signal
import threading
import time
from dataclasses import dataclass

PROC = pathlib.Path("/proc")


def wait_for(what, condition, seconds=120, pause=0.02):
    """The first truthy answer of `condition`; an AssertionError that names `what` at the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"waited {seconds} s in vain for {what}"
        threading.Event().wait(pause)


@dataclass(frozen=True)
class Process:
    pid: int
    parent: int
    start: int  # tells it from a later process with the same number
    command: str
    folder: str

    def is_alive(self):
        now = read_process(self.pid)
        return now is not None and now.start == self.start

    def kill(self):
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def read_process(pid):
    """None when there is none, or only a zombie is left of it."""
    try:
        fields = (PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
        command = (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except (FileNotFoundError, ProcessLookupError):
        return None
    if fields[0] in "ZX":
        return None
    try:
        folder = os.readlink(PROC / str(pid) / "cwd")
    except OSError:
        folder = ""
    return Process(pid, int(fields[1]), int(fields[19]), command, folder)


def all_processes():
    found = (read_process(int(entry.name)) for entry in PROC.iterdir() if entry.name.isdigit())
    return [process for process in found if process is not None]


def with_descendants(roots, everything):
    """`roots`, and everything that descends from them."""
    pids = {root.pid for root in roots}
    grown = True
    while grown:
        more = {process.pid for process in everything if process.parent in pids} - pids
        pids |= more
        grown = bool(more)
    return [process for process in everything if process.pid in pids]


def kill_all(processes, seconds=60):
    """kill -9, the parents first so that none starts a new one, and waits until all are gone."""
    for process in processes:
        process.kill()
    wait_for("killed processes to be gone", lambda: not any(
        process.is_alive() or has_threads(process.pid) for process in processes), seconds)


def has_threads(pid):
    """Besides its first, which may be a zombie already: they keep its files open a moment longer."""
    try:
        return len(list((PROC / str(pid) / "task").iterdir())) > 1
    except (FileNotFoundError, ProcessLookupError):
        return False
