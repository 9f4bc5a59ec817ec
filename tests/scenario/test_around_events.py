"""A database goes through everything; then it is restored to moments around each event, and to moments at random: exactly
what was committed by then is there."""

import datetime
import os
import random

import pytest
from harness.clients import wait_in_service
from harness.cluster import folder_of, primary, wait_all_replicate
from harness.engines import newest_of_majors
from harness.house import House
from harness.processes import kill_all, wait_for
from harness.timeline import Ticker, now, rows_of, text

SECOND = datetime.timedelta(seconds=1)
NAME = "events"


def finished(operation):
    assert operation["state"] == "finished", operation


def fail_over(house):
    """The primary is killed; commits wait for one standby, so that none is lost."""
    failed = primary(house, NAME)
    kill_all([one for one in house.postmasters(NAME) if one.folder == str(folder_of(house, failed))])
    wait_for("the standby to take over", lambda: primary(house, NAME) != failed, 120)
    wait_for("the failover to end", lambda: house.show(NAME)["current_operation"] is None, 120)


def newest_after(house, major):
    """The newest engine of the next major, installed."""
    there = newest_of_majors(house.ok("engines", "sync")["engines"])
    version = there[min(one for one in there if one > major)]
    house.ok("engines", "install", version, seconds=600)
    return version


def events(house, shelf):
    newer = newest_after(house, shelf.line.major)
    return {
        "minor-upgrade": lambda: finished(house.ok("upgrade", NAME, "--to", shelf.line.newer, "--wait", seconds=300)),
        "switchover": lambda: finished(house.ok("switchover", NAME, "--wait", seconds=120)),
        "failover": lambda: fail_over(house),
        "major-upgrade": lambda: finished(house.ok("upgrade", NAME, "--to", newer, "--wait", seconds=400)),
        "switchover of the new version": lambda: finished(house.ok("switchover", NAME, "--wait", seconds=120)),
    }


def live(house, shelf):
    """[(event, when it began, when it had ended)], with what was written all along."""
    there = []
    with Ticker(house.database_url(NAME)) as ticker:
        finished(house.ok("backup", NAME, "--wait"))
        for name, event in events(house, shelf).items():
            begin = now() + 2 * SECOND
            wait_for("rows before", lambda begin=begin: now() > begin)
            event()
            end = now()
            there.append((name, begin, end))
            wait_for("rows after", lambda end=end: now() > end + 2 * SECOND)
            wait_in_service(house.database_url(NAME))
            wait_all_replicate(house, NAME, 180)
        wait_for("some more rows", lambda: now() > there[-1][2] + 3 * SECOND)
    return there, ticker


def check(house, ticker, what, moment):
    moment = ticker.between(moment)
    clone = "eventsr"
    operation = house.ok("restore", NAME, "--to", text(moment), "--as", clone, "--wait", seconds=300)
    finished(operation)
    try:
        rows = [row for row in rows_of(house.database_url(clone)) if row not in ticker.doubtful]
    finally:
        house.destroy(clone)
    wanted = ticker.at(moment)
    assert rows == wanted, f"{what}, {text(moment)}: lacks {set(wanted) - set(rows)}, has {set(rows) - set(wanted)} too much"


def moments_of(there, count):
    """One second before and after each event, then at random."""
    chance = random.Random(int(os.environ.get("PGBATON_TEST_SEED", "6")))
    for name, begin, end in there:
        yield f"before {name}", begin - SECOND
        yield f"after {name}", end + SECOND
    first, last = there[0][1], there[-1][2]
    for number in range(count):
        yield f"random {number}", first + (last - first) * chance.random()


@pytest.mark.campaign
@pytest.mark.timeout(2400)
def test_every_moment_around_every_event(shelf):
    with House(shelf.template) as house:
        house.create(NAME, shelf.line.older, "enterprise-512")
        there, ticker = live(house, shelf)
        wrong = []
        for what, moment in moments_of(there, int(os.environ.get("PGBATON_TEST_MOMENTS", "20"))):
            try:
                check(house, ticker, what, moment)
            except AssertionError as error:
                wrong.append(str(error)[:600])
        assert not wrong, "\n".join(wrong)
