"""PostgreSQL's log on the page: filtered, followed, and never taken in by what is in it."""

import psycopg
import pytest
from harness.clients import connect
from harness.processes import wait_for

PAGE = "/databases/{}/logs"
HOSTILE = "<img src=x onerror=document.title='owned'>"


@pytest.fixture
def say(house, still):
    def speak(words, level="WARNING"):
        with connect(house.database_url(still), application_name="shop") as client:
            client.execute(f"DO $$ BEGIN RAISE {level} USING MESSAGE = {psycopg.sql.quote(words)}; END $$")

    return speak


def entries(person):
    return [one.text for one in person.all(".log li")]


def test_the_log_is_seen_filtered_and_followed(ada, house, still, say):
    say(f"stock is low {HOSTILE}")
    with connect(house.database_url(still), application_name="shop") as client, pytest.raises(psycopg.Error):
        client.execute("SELECT price FROM nowhere\nWHERE id = 17")
    ada.open(PAGE.format(still))
    ada.sees(f"stock is low {HOSTILE}")
    ada.sees('relation "nowhere" does not exist')
    ada.sees("WHERE id = 17")
    ada.sees("SQLSTATE 42P01")
    say("said while somebody looks")
    ada.sees("said while somebody looks")
    assert not ada.axe()
    ada.shoot("database-logs")
    assert not ada.all("main img") and ada.driver.title == "pgbaton"

    ada.fill("Level", "Errors and worse")
    ada.sees_no("stock is low")
    assert all("ERROR" in one or "FATAL" in one for one in entries(ada))
    ada.fill("Level", "Everything")
    ada.sees("stock is low")
    ada.fill("Text", "NOWHERE")
    ada.sees_no("stock is low")
    ada.sees("WHERE id = 17")
    ada.fill("Text", "nobody has said this")
    ada.sees("Nothing of that kind was logged.")
    assert not ada.axe()


def test_a_reader_pauses_it_and_goes_on_without_a_gap(visitor, house, still, say, password):
    visitor.sign_in("rita", password)
    visitor.open(PAGE.format(still))
    say("before the pause")
    visitor.sees("before the pause")
    visitor.press("Pause")
    visitor.find("Follow")
    say("during the pause")
    answer = wait_for("the entry to be there", lambda: [
        one for one in house.ok("logs", still)["entries"] if one["message"] == "during the pause"])
    assert answer and "during the pause" not in visitor.text
    visitor.press("Follow")
    visitor.sees("during the pause")
    assert sum("before the pause" in one for one in entries(visitor)) == 1
    box = visitor.one(".log")
    assert box.get_attribute("tabindex") == "0" and box.get_attribute("role") == "log"
