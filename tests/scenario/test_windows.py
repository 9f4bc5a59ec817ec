"""Upgrades that begin by themselves: in the maintenance window, at a time, and newer minors without being asked for."""

import datetime

import pytest
from harness.clients import server_version
from harness.processes import kill_all, wait_for

UTC = datetime.timezone.utc


def open_now():
    """A window that has just opened."""
    begin = datetime.datetime.now(UTC) - datetime.timedelta(minutes=1)
    return f"daily {begin:%H:%M} 12h UTC"


def later(hours=2):
    begin = datetime.datetime.now(UTC) + datetime.timedelta(hours=hours)
    return f"daily {begin:%H:%M} 2h UTC"


def upgrades(house, name):
    return [row for row in house.ok("operations", name)["operations"] if row["kind"].startswith("minor")]


def wait_upgraded(house, name, version):
    wait_for(f"{name} to run {version}", lambda: house.show(name)["version"] == version)
    wait_for("nothing to go on", lambda: house.show(name)["current_operation"] is None)


def test_in_the_window_it_begins_by_itself(house, shelf, database):
    house.ok("configure", database, "--window", later())
    scheduled = house.ok("upgrade", database, "--at", "window", "--yes")
    assert (scheduled["to"], scheduled["in_window"], scheduled["problem"]) == (shelf.line.newer.split("-")[0], True, None)
    assert "by itself" not in house.cli("show", database).out
    assert "scheduled" in house.cli("show", database).out
    assert upgrades(house, database) == []  # not yet
    house.ok("configure", database, "--window", open_now())
    house.ok("upgrade", database, "--at", "window", "--yes")
    wait_upgraded(house, database, shelf.line.newer.split("-")[0])
    assert server_version(house.database_url(database)) == shelf.line.newer.split("-")[0]
    wait_for("the schedule to be done with", lambda: house.show(database)["scheduled"] is None)
    assert len(upgrades(house, database)) == 1


def test_at_a_time_and_once_although_the_server_died_having_begun_it(house, shelf, database):
    name = database
    house.failpoints.arm("server.schedule.begun")
    at = datetime.datetime.now(UTC) + datetime.timedelta(seconds=2)
    house.ok("upgrade", name, "--at", f"{at:%Y-%m-%dT%H:%M:%SZ}", "--yes")
    house.failpoints.wait_hit("server.schedule.begun")
    kill_all([house.part("server")])
    house.failpoints.release("server.schedule.begun")
    wait_for("the server to be back", lambda: house.cli("show", name, "--json").status == 0)
    wait_upgraded(house, name, shelf.line.newer.split("-")[0])
    wait_for("the schedule to be done with", lambda: house.show(name)["scheduled"] is None)
    assert len(upgrades(house, name)) == 1


def test_what_is_taken_back_does_not_begin(house, database):
    house.ok("configure", database, "--window", later())
    house.ok("upgrade", database, "--at", "window", "--yes")
    house.ok("upgrade", database, "--at", "never")
    assert house.show(database)["scheduled"] is None
    assert house.cli("upgrade", database, "--at", "never", "--json").error["code"] == "not-found"


def test_newer_minors_are_scheduled_a_day_ahead(house, shelf, database):
    name = database
    house.ok("configure", name, "--window", open_now(), "--auto-minor", "on")
    scheduled = wait_for("the newer minor to be scheduled", lambda: house.show(name)["scheduled"])
    assert scheduled["automatic"] and scheduled["to"] == shelf.line.newer.split("-")[0]
    begin = datetime.datetime.fromisoformat(scheduled["from"].replace("Z", "+00:00"))
    assert begin >= datetime.datetime.now(UTC) + datetime.timedelta(hours=23, minutes=50)
    house.ok("upgrade", name, "--at", "never")
    assert house.show(name)["scheduled"] is None


@pytest.mark.parametrize(("words", "says"), [
    (("configure", "--window", "sun 3am 1h"), "no time like"),
    (("configure", "--window", "sun 03:00 1h Mars/Olympus"), "no time zone"),
    (("configure", "--auto-minor", "on"), "need a maintenance window"),
    (("configure", "--auto-minor", "perhaps"), "on or off"),
    (("upgrade", "--at", "window"), "has no maintenance window"),
    (("upgrade", "--at", "2020-01-01T00:00:00Z"), "is over"),
    (("upgrade", "--at", "tomorrow"), "tomorrow"),
])
def test_what_cannot_be_is_refused_and_nothing_is_changed(house, standing_database, words, says):
    command, *rest = words
    outcome = house.cli(command, standing_database, *rest, "--json")
    assert outcome.status in (2, 4), outcome
    assert says in outcome.error["message"]
    shown = house.show(standing_database)
    assert (shown["window"], shown["auto_minor"], shown["scheduled"]) == (None, False, None)


@pytest.fixture(scope="module")
def standing_database(shared_house, shelf):
    shared_house.create("windows", shelf.line.older)
    yield "windows"
    shared_house.destroy("windows")
