"""Settings → Database version: the block, the button, and what may happen after it was pressed."""

import pytest
from harness.clients import Writer, connect, execute, query
from harness.processes import wait_for
from harness.witness import Witness

SETTINGS = "/databases/{}/settings"


def press_upgrade(person, version):
    person.press(f"Upgrade to {version}")
    person.sees("Not now")
    person.press(f"Upgrade to {version}")


def test_the_button_upgrades_while_clients_write(ada, house, shelf, database, tmp_path):
    ada.open(SETTINGS.format(database))
    ada.sees("What will happen")
    ada.sees("none is disconnected")
    with Witness(house, house.database_url(database), tmp_path, "--connections", "8") as witness:
        press_upgrade(ada, shelf.line.newer)
        wait_for("the operation to finish", lambda: ada.operation_state() == "finished")
        ada.sees("Certificate")
        ada.sees("Sessions carried over")
        witness.wait_for_more()
    report = witness.report(0)
    assert (report["lost"], report["disconnects"]) == (0, 0)
    assert set(ada.steps().values()) == {"finished"}
    ada.sees(f"PostgreSQL {shelf.line.newer}")
    ada.shoot("upgraded")
    assert not ada.axe()
    ada.press("Dismiss")
    ada.sees("This is the newest version")


def test_steps_tick_and_it_can_be_cancelled(ada, house, database, shelf):
    point = "server.minor-single.checkpoint.started"
    house.failpoints.arm(point)
    ada.open(SETTINGS.format(database))
    with Writer(house.database_url(database)) as writer:
        press_upgrade(ada, shelf.line.newer)
        house.failpoints.wait_hit(point)
        wait_for("the step to tick", lambda: ada.steps().get("checkpoint") == "running")
        assert ada.steps()["check"] == "finished" and ada.steps()["hold"] == "pending"
        ada.shoot("running")
        ada.press("Cancel")
        ada.sees("being cancelled")
        house.failpoints.release(point)
        wait_for("the operation to be cancelled", lambda: ada.operation_state() == "cancelled")
        writer.wait_for_more()
    writer.prove_nothing_lost()
    assert house.show(database)["version"] == shelf.line.older


def test_a_preflight_that_stops_it_says_how_to_mend_it(ada, house, shelf):
    name = "regs"
    house.create(name, shelf.lines[0].newer)
    try:
        url = house.database_url(name)
        execute(url, "CREATE TABLE notes (kind regoper)")
        ada.open(SETTINGS.format(name))
        ada.sees("stops the upgrade")
        ada.press("Check again")
        ada.sees("Mend what stops it, then check again.")
        button = ada.find(f"Upgrade to {shelf.lines[1].newer}")
        assert not button.is_enabled()
        ada.shoot("stopped")
        execute(url, "DROP TABLE notes")
        ada.press("Check again")
        wait_for("the button to be free", lambda: ada.find(f"Upgrade to {shelf.lines[1].newer}").is_enabled())
    finally:
        house.destroy(name)


def test_a_major_upgrade_and_the_way_back(ada, house, shelf):
    name, (old, new) = "journey", (shelf.lines[0].newer, shelf.lines[1].newer)
    house.create(name, old)
    try:
        url = house.database_url(name)
        execute(url, "CREATE TABLE kept AS SELECT 1 AS one")
        ada.open(SETTINGS.format(name))
        ada.sees("major-upgrade")
        ada.fill("Files of the new version", "copied: slow, with a way back")
        ada.sees("can go back for 7 days")
        ada.shoot("major")
        press_upgrade(ada, new)
        wait_for("the upgrade to finish", lambda: ada.operation_state() == "finished", 120)
        ada.sees(f"Revert to {old} …")
        execute(url, "CREATE TABLE later AS SELECT 2 AS two")
        ada.press(f"Revert to {old} …")
        ada.sees("Everything written since then is lost")
        ada.shoot("revert")
        ada.press(f"Revert to {old}")
        wait_for("the revert to finish", lambda: house.show(name)["version"] == old, 120)
        ada.sees(f"Revert {new} → {old}")
        wait_for("the page to say so", lambda: ada.operation_state() == "finished")
        assert query(url, "SELECT to_regclass('kept') IS NOT NULL, to_regclass('later') IS NULL") == [(True, True)]
        assert house.show(name)["version"] == old
    finally:
        house.destroy(name)


def test_a_failed_upgrade_says_what_is_in_service(ada, house, shelf, database):
    ada.open(SETTINGS.format(database))
    with connect(house.database_url(database)) as connection:
        connection.execute("CREATE TEMPORARY TABLE mine (one int)")
        connection.commit()
        press_upgrade(ada, shelf.line.newer)
        wait_for("the upgrade to be stopped", lambda: ada.operation_state() in ("error", "user-error"))
        ada.sees("In service now")
        ada.sees("What to do")
        ada.shoot("failed")
        assert not ada.axe()
        assert connection.execute("SELECT count(*) FROM mine").fetchone() == (0,)
    assert house.show(database)["version"] == shelf.line.older


def test_of_two_who_press_at_once_one_wins_and_the_other_is_told(ada, house, shelf, database):
    point = "server.minor-single.checkpoint.started"
    house.failpoints.arm(point)
    ada.open(SETTINGS.format(database))
    ada.sees("What will happen")
    # Her page is kept from hearing of it: that is what "at once" means.
    ada.driver.execute_script("window.fetch = ((real) => (url, how) => how?.method === 'POST' ? real(url, how) : new Promise(() => {}))(window.fetch)")
    ada.press(f"Upgrade to {shelf.line.newer}")
    ada.sees("Not now")
    other = house.ok("upgrade", database)["id"]
    house.failpoints.wait_hit(point)
    ada.press(f"Upgrade to {shelf.line.newer}")
    ada.sees("The upgrade was not begun")
    ada.sees("has a running operation already")
    house.failpoints.release(point)
    assert house.wait_ended(other)["state"] == "finished"


@pytest.mark.parametrize("step", ["checkpoint", "restart"])
def test_the_page_recovers_when_the_server_dies_midway(ada, house, shelf, database, step):
    point = f"server.minor-single.{step}.started"
    house.failpoints.arm(point)
    ada.open(SETTINGS.format(database))
    press_upgrade(ada, shelf.line.newer)
    house.failpoints.wait_hit(point)
    wait_for("the step to tick", lambda: ada.steps().get(step) == "running")
    house.part("server").kill()
    ada.sees("The server does not answer.")
    house.failpoints.release_all()
    wait_for("the operation to finish", lambda: ada.operation_state() == "finished", 120)
    ada.sees_no("The server does not answer.")
    assert house.show(database)["version"] == shelf.line.newer


def test_in_the_window_instead_of_now_and_taken_back(ada, house, database, shelf):
    ada.open(SETTINGS.format(database))
    ada.fill("Upgrades may begin by themselves", "sun 03:00 2h Mars/Olympus")
    ada.press("Save window")
    ada.sees("there is no time zone")
    ada.fill("Upgrades may begin by themselves", "sun 03:00 2h Europe/Berlin")
    ada.press("Save window")
    ada.sees("Window saved.")
    wait_for("the window to be set", lambda: house.show(database)["window"] == "sun 03:00 2h Europe/Berlin")
    ada.press(f"Upgrade to {shelf.line.newer}")
    ada.press("In the window (sun 03:00 2h Europe/Berlin)")
    ada.sees(f"An upgrade to {shelf.line.newer} is scheduled")
    assert house.show(database)["scheduled"]["to"] == shelf.line.newer
    assert not ada.axe()
    ada.shoot("scheduled")
    ada.press("Take it back")
    wait_for("nothing to be scheduled", lambda: house.show(database)["scheduled"] is None)
