"""Backups and restores to a moment: exactly what was committed by then, across versions."""

import datetime
import os
import pathlib
import random
import zlib

import pytest
from harness.clients import connect, query, server_version
from harness.expect import has_fields, refused
from harness.processes import wait_for
from harness.timeline import Ticker, Timeline, backed_up, now, rows_of, text

SECOND = datetime.timedelta(seconds=1)


@pytest.fixture
def restored(request):
    """Restores as new databases, compares, and takes them away: restored(house, name, moment) → rows."""
    made = []

    def restore(house, name, moment, version=None):
        clone = f"r{zlib.crc32(request.node.nodeid.encode())}{len(made)}"
        operation = house.ok("restore", name, "--to", text(moment), "--as", clone, "--wait", seconds=240)
        assert operation["state"] == "finished", operation
        made.append((house, clone))
        stop = operation["certificate"]["stop"]
        has_fields(stop, "position last_commit stopped timeline")
        assert stop["last_commit"] <= text(moment), operation["certificate"]
        url = house.database_url(clone)
        assert query(url, "SELECT current_database(), current_user") == [(clone, clone)]
        if version:
            assert server_version(url) == version
        rows = rows_of(url)
        made.pop()
        house.destroy(clone)
        return rows

    yield restore
    for house, clone in made:
        house.destroy(clone)


def stanzas(house, name):
    return sorted(path.name for path in (house.data / "agent" / "backups" / "backup").glob(f"{name}-*"))


def test_a_restore_holds_exactly_what_was_committed_by_then(house, database, restored):
    timeline = Timeline(house.database_url(database))
    timeline.write(2)
    backed_up(house, database)
    moments = [timeline.write(2) for _ in range(3)]
    shown = house.ok("backups", database)
    has_fields(shown, "name window retention_days archiving backups")
    assert (shown["retention_days"], shown["archiving"]["state"]) == (7, "on")
    assert [backup["kind"] for backup in shown["backups"]] == ["full"]
    assert text(moments[0]) >= shown["window"]["earliest"]
    for moment in (moments[0], moments[2]):
        assert restored(house, database, moment) == timeline.at(moment)
    backed_up(house, database)
    moment = timeline.write()
    assert [backup["kind"] for backup in house.ok("backups", database)["backups"]] == ["full", "incremental"]
    assert restored(house, database, moment) == timeline.at(moment)
    assert rows_of(house.database_url(database)) == timeline.at(moment)


@pytest.mark.campaign
def test_a_restored_database_has_a_history_of_its_own(house, database):
    timeline = Timeline(house.database_url(database))
    backed_up(house, database)
    moment = timeline.write()
    before = stanzas(house, database)
    clone = f"{database}c"
    house.ok("restore", database, "--to", text(moment), "--as", clone, "--wait")
    try:
        assert house.database_url(clone).split("@")[0] != house.database_url(database).split("@")[0]
        own = Timeline(house.database_url(clone))
        own.write(3)
        wait_for("the restored database to be backed up by itself", lambda: house.ok("backups", clone)["backups"])
        assert stanzas(house, database) == before
        (stanza,) = stanzas(house, clone)
        assert stanza.split("-")[1] == before[0].split("-")[1]
        assert house.ok("backups", clone)["archiving"]["state"] == "on"
        assert rows_of(house.database_url(database)) == timeline.at(moment)
    finally:
        house.destroy(clone)
    assert stanzas(house, clone) == []


def test_a_time_outside_of_the_window_is_refused_with_the_window(house, database):
    nothing = refused(house.cli("restore", database, "--to", text(now()), "--as", "never", "--json"), 4)
    assert "backup" in nothing["message"]
    backed_up(house, database)
    window = house.ok("backups", database)["window"]
    for moment in ("2020-01-01T00:00:00Z", "2100-01-01T00:00:00Z"):
        error = refused(house.cli("restore", database, "--to", moment, "--as", "never", "--json"), 4, "cannot be restored")
        assert window["earliest"] in error["remedy"], error
    refused(house.cli("restore", database, "--to", "yesterday", "--as", "never", "--json"), 2, "yesterday")
    refused(house.cli("restore", "nosuch", "--to", text(now()), "--as", "never", "--json"), 3)
    refused(house.cli("restore", database, "--to", text(now()), "--as", database, "--json"), 4, "already")
    assert all(shown["name"] != "never" for shown in house.ok("list")["databases"])


def test_in_place_and_back_again_with_sessions_that_stay(house, database, restored):
    url = house.database_url(database)
    timeline = Timeline(url)
    backed_up(house, database)
    wanted = timeline.write(2)
    later = timeline.write(2)
    there = timeline.at(later)
    with connect(url) as session:
        session.execute("SET my.own = 'mine'")
        operation = house.ok("restore", database, "--to", text(wanted), "--wait")
        assert operation["kind"] == "restore-in-place"
        assert session.execute("SELECT count(*), current_setting('my.own') FROM rows").fetchall() == [(2, "mine")]
    other = Timeline(url)
    other.rows = [row for row in timeline.rows if row[2] <= wanted]
    after = other.write()
    assert rows_of(url) == [1, 2, 3]
    # What was left is found again, and what followed too.
    assert restored(house, database, later) == there
    assert restored(house, database, after) == [1, 2, 3]
    house.ok("revert", database, "--wait")
    assert rows_of(url) == there
    timeline.write()
    last = timeline.moment()
    assert restored(house, database, last) == [*there, 5]


@pytest.mark.campaign
def test_around_a_major_upgrade_to_the_second(major_house, majors, new_database, restored):
    house = major_house
    name = new_database(majors[15])
    with Ticker(house.database_url(name)) as ticker:
        backed_up(house, name)
        begin = now()
        wait_for("rows before the upgrade", lambda: now() > begin + 2 * SECOND)
        operation = house.ok("upgrade", name, "--to", "17", "--wait", seconds=240)
        assert operation["state"] == "finished", operation
        upgraded = datetime.datetime.fromisoformat(operation["certificate"]["old_stopped_at"].replace("Z", "+00:00"))
        reached = now()
        wait_for("rows after the upgrade", lambda: now() > reached + 2 * SECOND)
    moments = [(upgraded - SECOND, majors[15]), (upgraded + (reached - upgraded) + SECOND, majors[17])]
    # The first that only the new version has: no base backup of its own had ended by then.
    first = next(after for _, before, after in ticker.rows if before > upgraded) + datetime.timedelta(milliseconds=3)
    moments.append((first, majors[17]))
    for moment, version in moments:
        moment = ticker.between(moment)
        assert restored(house, name, moment, version) == ticker.at(moment), text(moment)
    assert house.ok("backups", name)["window"]["latest"]
    assert len(stanzas(house, name)) == 2


def test_a_flipped_byte_and_a_missing_segment_are_found(house, database):
    timeline = Timeline(house.database_url(database))
    backed_up(house, database, "--full")
    for _ in range(3):
        timeline.write()
        backed_up(house, database)
    assert house.cli("backups", database, "--verify").status == 0
    repository = house.data / "agent" / "backups"
    (stanza,) = stanzas(house, database)
    bundle = next(path for path in sorted((repository / "backup" / stanza).rglob("bundle/*")) if path.stat().st_size > 9999)
    damaged_by(house, database, bundle, lambda path: flip(path, 5000), "backup ")
    segments = sorted((repository / "archive" / stanza).glob("*/*/0000*zst"))
    segment = segments[len(segments) // 2]
    damaged_by(house, database, segment, lambda path: flip(path, path.stat().st_size // 2), "the log in ")
    damaged_by(house, database, segment, pathlib.Path.unlink, segment.name[:24])
    assert house.cli("backups", database, "--verify").status == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="takes the repository away from its owner")
def test_a_database_whose_place_in_the_repository_cannot_be_made_keeps_its_log(house, database, shelf):
    name = "waits"
    archive = house.data / "agent" / "backups" / "archive"  # there since `database` was made
    mode = archive.stat().st_mode & 0o777
    archive.chmod(0o500)
    try:
        house.create(name, shelf.line.older)
        with connect(house.database_url(name)) as session:
            session.execute("CREATE TABLE filler AS SELECT repeat('x', 1000) AS line FROM generate_series(1, 20000)")
        shown = wait_for("a finished segment", lambda: waiting(house, name) or None)
        assert shown["state"] == "failing", shown
        assert "The log waits until its place in the repository is made" in house.cli("backups", name).out
        assert not list(archive.glob(f"{name}-*"))
    finally:
        archive.chmod(mode)
    backed_up(house, name)
    wait_for("the log to be archived", lambda: not waiting(house, name))
    (first, *_) = sorted(archive.glob(f"{name}-*/*/*/0000*zst"))
    assert first.name.startswith("000000010000000000000001-"), first
    assert house.show(name)["backups"]["archiving"]["state"] == "on"
    house.destroy(name)


def waiting(house, name):
    """How its log is archived, while finished segments wait."""
    shown = house.show(name)["backups"]["archiving"]
    return shown if shown["waiting_segments"] > 0 else None


def flip(path, offset):
    data = bytearray(path.read_bytes())
    data[offset] ^= 0xFF
    path.write_bytes(data)


def damaged_by(house, database, path, damage, named):
    kept = path.read_bytes()
    owner = path.stat()
    damage(path)
    try:
        error = house.cli("backups", database, "--verify", "--json")
        assert error.status == 5 and named in error.error["message"], error
    finally:
        path.write_bytes(kept)
        os.chown(path, owner.st_uid, owner.st_gid)


@pytest.mark.campaign
def test_twenty_moments_at_random(house, shelf, database, restored):
    with Ticker(house.database_url(database)) as ticker:
        backed_up(house, database)
        begin = now()
        house.ok("upgrade", database, "--wait")
        wait_for("some history", lambda: now() > begin + 5 * SECOND)
        end = now()
    chance = random.Random(7)
    for _ in range(20):
        moment = ticker.between(begin + (end - begin) * chance.random())
        assert restored(house, database, moment) == ticker.at(moment), text(moment)
