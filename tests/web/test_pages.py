"""Every page: usable, accessible, and never taken in by a name."""

import signal

import pytest
from harness.clients import connect, execute
from harness.processes import wait_for

HOSTILE = "<img src=x onerror=document.title='owned'>\"'&"


@pytest.mark.parametrize("path, words", [("/databases", "New database"), ("/operations", "Estimated"),
                                         ("/engines", "Supported until"), ("/activity", "Result"), ("/users", "rita")])
def test_pages_without_a_database(ada, path, words):
    ada.open(path)
    ada.sees(words)
    ada.shoot(path[1:])
    assert not ada.axe()


def test_the_parts_of_a_database(ada, still):
    for tab, words in (("", "Show the password"), ("/sessions", "Nobody is connected."), ("/operations", "Create"),
                       ("/settings", "What will happen")):
        ada.open(f"/databases/{still}{tab}")
        ada.sees(words)
        ada.shoot("database" + tab.replace("/", "-"))
        assert not ada.axe()


def test_maintenance_is_seen_where_a_database_is(ada, house, still):
    house.ok("maintenance", still, "on", "--message", HOSTILE)
    try:
        ada.open(f"/databases/{still}")
        ada.sees(HOSTILE)
        assert not ada.axe()
        ada.open("/databases")
        ada.sees("maintenance")
    finally:
        house.ok("maintenance", still, "off")
    ada.sees_no("maintenance")


def test_a_cluster_is_drawn(ada, house, shelf):
    house.create("trio", shelf.line.older, "business-512")
    try:
        ada.open("/databases/trio")
        ada.sees("no lag", 60)
        assert len(ada.all(".topology .node")) == 3
        ada.press("Show the password")
        ada.press("Hide the password")
        ada.shoot("cluster")
        assert not ada.axe()
        ada.open("/databases/trio/logs")
        ada.fill("Node", "trio_2 (standby)")
        wait_for("entries of one node only", lambda: [one.text for one in ada.all(".log li")] and all(
            "trio_2" in one.text for one in ada.all(".log li")))
        assert not ada.axe()
    finally:
        house.destroy("trio")


def test_a_database_is_created_looked_at_and_deleted_with_its_name_typed(ada, house, shelf):
    ada.press("New database")
    ada.fill("Name", "Not A Name")
    ada.press("Create database")
    ada.sees("The database was not created")
    ada.fill("Name", "fresh")
    ada.fill("Memory", "512 MB")
    ada.fill("Version", f"PostgreSQL {shelf.line.newer}")
    ada.shoot("create")
    assert not ada.axe()
    ada.press("Create database")
    wait_for("the page of the database", lambda: ada.path == "/databases/fresh")
    ada.sees("Show the password", 60)
    ada.one(".heading .badge.good")
    execute(house.database_url("fresh"), "SELECT 1")
    ada.open("/databases/fresh/settings")
    ada.press("Delete this database …")
    assert not ada.find("Delete fresh").is_enabled()
    ada.fill("Type fresh to confirm", "fresh")
    ada.press("Delete fresh")
    wait_for("the database to be gone", lambda: house.cli("show", "fresh").status == 3)


def test_the_keyboard_is_enough(visitor, password):
    from selenium.webdriver import ActionChains, Keys
    keys = lambda *words: ActionChains(visitor.driver).send_keys(*words).perform()  # noqa: E731
    keys("ada", Keys.TAB, password, Keys.ENTER)
    visitor.sees("New database")
    visitor.driver.execute_script("document.body.focus()")
    keys(Keys.TAB)
    assert visitor.driver.switch_to.active_element.text == "Skip to the content"
    visitor.driver.execute_script("[...document.querySelectorAll('button')].find((b) => b.innerText === 'New database').focus()")
    keys(Keys.ENTER)
    visitor.sees("Create database")
    keys(Keys.ESCAPE)
    visitor.sees_no("Create database")


def test_hostile_words_are_only_words(ada, house, still):
    url = house.database_url(still)
    with connect(url, application_name=HOSTILE):
        ada.open(f"/databases/{still}/sessions")
        ada.sees("<img src=x")
    ada.open("/databases/" + "%3Cimg%20src%3Dx%20onerror%3Ddocument.title%3D'owned'%3E")
    ada.sees("there is no database".capitalize())
    assert ada.driver.execute_script("return document.querySelectorAll('main img').length") == 0
    assert ada.driver.title == "pgbaton"


def test_a_server_that_is_away_is_said_and_noticed_when_back(ada, house):
    ada.sees("New database")
    server = house.part("server")
    house.supervisor.send_signal(signal.SIGSTOP)  # it would start another server at once
    try:
        server.kill()
        ada.sees("The server does not answer.")
        ada.shoot("stale")
    finally:
        house.supervisor.send_signal(signal.SIGCONT)
    ada.sees_no("The server does not answer.", 60)
    ada.sees("New database")


def test_a_plan_is_changed_after_a_look_at_what_it_does(ada, house, database):
    ada.open(f"/databases/{database}/settings")
    ada.fill("Memory (MB)", "768")
    ada.press("Change plan …")
    ada.sees("in all.")
    ada.press("Change the plan")
    wait_for("the plan to be changed", lambda: house.show(database)["plan"] == "starter-768")
    ada.sees("starter-768")
