"""Backups of a database: the window, a backup now, restore to a moment beside it and in place."""

import datetime

import pytest
from harness.clients import connect, execute, query
from harness.processes import wait_for

PAGE = "/databases/{}/backups"


def window(house, name):
    return house.request("GET", f"/api/v1/databases/{name}/backups").json["window"]


def second_after(url):
    """A whole second that lies after everything committed so far, and is over."""
    moment = query(url, "SELECT date_trunc('second', clock_timestamp()) + '1 s'::interval")[0][0]
    wait_for("the second to be over", lambda: query(url, "SELECT clock_timestamp()")[0][0] >= moment)
    return moment.astimezone(datetime.UTC)


def choose(person, moment):
    """Says the moment as a hand does: a field of the browser's own clock."""
    person.driver.execute_script(
        "const [field, time] = arguments; const at = new Date(time);"
        "const local = new Date(at - at.getTimezoneOffset() * 60000).toISOString().slice(0, 19);"
        "Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(field, local);"
        "field.dispatchEvent(new Event('input', {bubbles: true}))",
        person.field("Moment, in your time zone"), moment.isoformat())


@pytest.fixture
def guarded(house, shelf):
    """A database that can be restored, with the moment between its two tables."""
    name = "guarded"
    house.create(name, shelf.line.newer)
    house.ok("backup", name, "--wait")
    url = house.database_url(name)
    execute(url, "CREATE TABLE early AS SELECT 1 AS one")
    moment = second_after(url)
    execute(url, "CREATE TABLE late AS SELECT 2 AS two")
    yield name, moment
    house.destroy(name)


def has_late(url):
    return query(url, "SELECT to_regclass('early') IS NOT NULL, to_regclass('late') IS NOT NULL")


def test_a_backup_is_taken_and_a_moment_restored_beside_and_in_place(ada, house, guarded):
    name, moment = guarded
    ada.open(PAGE.format(name))
    ada.sees("Every moment from")
    ada.press("Back up now")
    wait_for("the backup to finish", lambda: ada.operation_state() == "finished", 60)
    wait_for("its row", lambda: len(ada.all("tbody tr")) >= 2)
    ada.press("Dismiss")
    ada.sees_no("What was done")
    ada.shoot("database-backups")
    assert not ada.axe()

    ada.fill("Name of the new database", "guarded_then")
    choose(ada, moment)
    ada.sees(f"{moment:%Y-%m-%dT%H:%M:%S}Z in UTC")
    ada.press("Restore …")
    ada.press("Restore as guarded_then")
    wait_for("the page of the operation", lambda: ada.path.startswith("/operations/"))
    wait_for("the restore to finish", lambda: ada.operation_state() == "finished", 120)
    assert has_late(house.database_url("guarded_then")) == [(True, False)]
    house.destroy("guarded_then")

    with connect(house.database_url(name)) as client:  # stays connected
        ada.open(PAGE.format(name))
        ada.find("In place\nThis database goes back; clients stay connected and wait for a restart.", "label").click()
        choose(ada, moment)
        ada.press("Restore …")
        assert not ada.find(f"Restore {name}").is_enabled()
        ada.fill(f"Type {name} to confirm", name)
        ada.shoot("restore")
        assert not ada.axe()
        ada.press(f"Restore {name}")
        wait_for("the restore to finish", lambda: ada.operation_state() == "finished", 120)
        assert client.execute("SELECT to_regclass('late') IS NULL").fetchone() == (True,)
    assert has_late(house.database_url(name)) == [(True, False)]


def test_a_moment_that_cannot_be_restored_is_said_before(ada, house, guarded):
    name, moment = guarded
    ada.open(PAGE.format(name))
    ada.sees("Moment, in your time zone")
    choose(ada, moment - datetime.timedelta(days=400))
    ada.sees("This moment cannot be restored.")
    assert not ada.find("Restore …").is_enabled()
    assert window(house, name)["earliest"]


def test_a_reader_sees_the_window_and_no_buttons(visitor, guarded, password):
    visitor.sign_in("rita", password)
    visitor.open(PAGE.format(guarded[0]))
    visitor.sees("Every moment from")
    assert not visitor.driver.execute_script(
        "return [...document.querySelectorAll('button')].some((b) => /Back up|Restore|Check/.test(b.innerText))")
