"""Before a major-upgrade there is a backup that restores up to now, or the upgrade is refused with nothing changed."""

import os
import stat

import pytest
from harness.clients import execute, query, server_version
from harness.expect import refused

OLD, NEW = 15, 17


def upgraded(house, name):
    operation = house.ok("upgrade", name, "--to", NEW, "--wait", seconds=300)
    assert operation["state"] == "finished", operation
    return operation["certificate"]["safety_point"]


def test_a_backup_is_taken_where_there_is_none(major_house, majors, new_database):
    name = new_database(majors[OLD])
    point = upgraded(major_house, name)
    labels = [backup["label"] for backup in major_house.ok("backups", name)["backups"]]
    assert point["set"] in labels, (point, labels)
    assert point["secured"]["time"], point


@pytest.mark.campaign
def test_a_backup_that_is_there_is_enough(major_house, majors, new_database):
    name = new_database(majors[OLD], "business-512")
    backup = major_house.ok("backup", name, "--wait")["facts"]["backup"]
    execute(major_house.database_url(name), "CREATE TABLE later (n int)")
    point = upgraded(major_house, name)
    assert (point["set"], point["taken_because"]) == (backup["label"], ""), point


@pytest.mark.campaign
def test_a_segment_that_is_missing_is_made_up_for(major_house, majors, new_database):
    house, name = major_house, new_database(majors[OLD])
    for _ in range(3):
        house.ok("backup", name, "--full", "--wait")
        execute(house.database_url(name), "CREATE TABLE IF NOT EXISTS more (n int); SELECT pg_current_xact_id()")
    house.ok("backup", name, "--full", "--wait")
    newest = house.ok("backups", name)["backups"][-1]
    segments = sorted((house.data / "agent" / "backups" / "archive").glob(f"{name}-*/*/*/0000*zst"))
    segments[-1].unlink()
    point = upgraded(house, name)
    assert segments[-1].name[8:24] in point["taken_because"], point
    assert point["set"] != newest["label"]


@pytest.mark.campaign
@pytest.mark.skipif(os.geteuid() != 0, reason="takes the repository away from its owner")
def test_a_repository_that_takes_nothing_refuses_the_upgrade(major_house, majors, new_database):
    house, name = major_house, new_database(majors[OLD])
    house.ok("backup", name, "--wait")
    execute(house.database_url(name), "CREATE TABLE kept AS SELECT 1 AS n")
    (archive,) = (house.data / "agent" / "backups" / "archive").glob(f"{name}-*")
    mode = stat.S_IMODE(archive.stat().st_mode)
    (deeper,) = archive.glob("*-1")
    deeper.rename(deeper.with_name("elsewhere"))
    archive.chmod(0o500)
    try:
        error = refused(house.cli("upgrade", name, "--to", str(NEW), "--wait", "--json", seconds=300), 4, "no backup that restores up to now")
        assert name in error["remedy"], error
        assert query(house.database_url(name), "SELECT n FROM kept") == [(1,)]
        assert server_version(house.database_url(name)) == majors[OLD]
        assert house.show(name)["state"] == "running"
    finally:
        archive.chmod(mode)
        deeper.with_name("elsewhere").rename(deeper)
