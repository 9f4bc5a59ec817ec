"""Engines for tests: asked for, installed once, shared by all workers and by later runs."""

import fcntl
import json
import subprocess
from dataclasses import dataclass

from harness.house import ENGINES, House


@dataclass(frozen=True)
class Line:
    """The oldest and the newest minor that the sources have of one major."""

    major: int
    older: str
    newer: str


@dataclass(frozen=True)
class Shelf:
    """`template` is a data folder, at rest, in which these engines are installed, qualified and released."""

    lines: list
    template: str

    @property
    def line(self):
        """The major that most tests use: the newest."""
        return self.lines[-1]


@dataclass(frozen=True)
class Majors:
    """The newest minor of every major, in a data folder at rest."""

    versions: dict
    template: str

    def __getitem__(self, major):
        return self.versions[major]

    @property
    def path(self):
        return sorted(self.versions)


def number(version):
    return tuple(int(part) for part in version.split("."))


def lines_of(engines):
    """Majors of which there are two minors, the two newest such majors. The host's own builds change under us."""
    majors = {}
    for engine in engines:
        if "+host" not in engine["build"]:
            majors.setdefault(engine["major"], set()).add(engine["version"])
    return [Line(major, min(versions, key=number), max(versions, key=number))
            for major, versions in sorted(majors.items()) if len(versions) > 1][-2:]


def newest_of_majors(engines):
    """{major: its newest version} of what the sources have, without the host's own builds."""
    newest = {}
    for engine in engines:
        if "+host" not in engine["build"] and number(engine["version"]) > number(newest.get(engine["major"], "0")):
            newest[engine["major"]] = engine["version"]
    return newest


def make_engines_folder():
    # Made by `up` it belongs to the user that `up` becomes; an empty one that somebody made before is in the way.
    if ENGINES.is_dir() and not any(ENGINES.iterdir()):
        ENGINES.rmdir()
    ENGINES.parent.mkdir(parents=True, exist_ok=True)


def stock(folder):
    """The shelf, made by whoever comes first; the others wait for it."""
    folder.mkdir(parents=True, exist_ok=True)
    ENGINES.parent.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        note = folder / "shelf.json"
        if not note.exists():
            note.write_text(json.dumps(fill(folder / "template")), encoding="utf-8")
        known = json.loads(note.read_text(encoding="utf-8"))
    return Shelf([Line(**line) for line in known], str(folder / "template"))


def stock_majors(folder):
    """`template` is a data folder with the newest minor of every major; `versions` is {major: version}."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        note = folder / "majors.json"
        if not note.exists():
            note.write_text(json.dumps(fill_majors(folder / "template")), encoding="utf-8")
        known = json.loads(note.read_text(encoding="utf-8"))
    return Majors({int(major): version for major, version in known.items()}, str(folder / "template"))


def fill_majors(template):
    make_engines_folder()
    with House() as house:
        versions = newest_of_majors(house.ok("engines", "sync")["engines"])
        assert len(versions) > 2, f"no three majors: {versions}"
        for version in versions.values():
            house.ok("engines", "install", version, seconds=600)
        assert house.cli("down", "--data", house.data).status == 0
        subprocess.run(["cp", "-a", house.data, template], check=True)
    return versions


def fill(template):
    make_engines_folder()
    with House() as house:
        engines = house.ok("engines", "sync")["engines"]
        lines = lines_of(engines)
        assert len(lines) == 2, f"no two majors with two minors each: {[e['id'] for e in engines]}"
        wanted = [version for line in lines for version in (line.older, line.newer)]
        for version in wanted:  # one after the other: the newer minor is tried on data of the older one
            house.ok("engines", "install", version, seconds=600)
        assert house.cli("down", "--data", house.data).status == 0
        subprocess.run(["cp", "-a", house.data, template], check=True)
    return [vars(line) for line in lines]
