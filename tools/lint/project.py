"""What every check needs: the files of the project, findings, and a memory of what was found clean before."""

import concurrent.futures
import hashlib
import os
import pathlib
import re
import subprocess
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = ROOT / "build" / "lint-cache"
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


@dataclass(frozen=True)
class Finding:
    """One thing to mend, printed as `file:line: what`. `what` says how to mend it where that is not plain."""

    path: str
    line: int
    what: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.what}"


def git(*arguments):
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False).stdout


def files(*suffixes):
    """Paths relative to ROOT, of tracked and of new files, that end in one of the suffixes (all files without any)."""
    listed = git("ls-files", "--cached", "--others", "--exclude-standard").splitlines()
    return sorted(path for path in set(listed) if path.endswith(suffixes or "") and (ROOT / path).is_file())


def changed():
    """Files that differ from the branch's upstream, or from the last commit's parent when there is none."""
    base = git("merge-base", "HEAD", "@{upstream}").strip() or "HEAD~1"
    return set((git("diff", "--name-only", base) + git("ls-files", "--others", "--exclude-standard")).splitlines())


def text(path):
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


def lines(path):
    return enumerate(text(path).splitlines(), start=1)


def is_test(path):
    name = path.rsplit("/", 1)[-1]
    return name.endswith("_test.cpp") or (name.startswith("test_") and name.endswith(".hpp")) or path.startswith("tests/")


def module_of(path):
    """The module that a path below src/ belongs to, else None."""
    parts = path.split("/")
    return parts[1] if parts[0] == "src" and len(parts) > 2 else None


def closure(path, seen=None):
    """The file and every project header that it includes, directly or not."""
    seen = set() if seen is None else seen
    if path in seen or not (ROOT / path).is_file():
        return seen
    seen.add(path)
    for _, line in lines(path):
        match = INCLUDE.match(line)
        if match and match.group(1):
            closure(f"src/{match.group(1)}", seen)
    return seen


def fingerprint(paths, *more):
    """A name for the content of these files and the words that go with them (flags, tool version)."""
    digest = hashlib.sha256(repr(more).encode())
    for path in sorted(paths):
        digest.update(path.encode() + b"\0" + (ROOT / path).read_bytes() + b"\0")
    return digest.hexdigest()


def was_clean(name):
    return (CACHE / name).exists()


def remember_clean(name):
    CACHE.mkdir(parents=True, exist_ok=True)
    (CACHE / name).touch()


def in_parallel(function, items):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(function, items))


def run_tool(*arguments):
    """(exit status, standard output, standard error) of a child process started in ROOT."""
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr


def version_of(*arguments):
    return run_tool(*arguments, "--version")[1]
