"""What a database's sessions run, on the page: seen, and cancelled by those who may."""

import threading

import psycopg
import pytest
from harness.clients import connect
from harness.processes import wait_for

PAGE = "/databases/{}/queries"
TEXT = "SELECT '<img src=x onerror=alert(1)>', pg_sleep(600)"


@pytest.fixture
def sleeper(house, still):
    """The error that ended a long statement of a client, once there is one."""
    client = connect(house.database_url(still), application_name="sleeper")
    errors = []

    def run():
        try:
            client.execute(TEXT)
        except psycopg.Error as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    yield errors
    if thread.is_alive():
        client.cancel()
    thread.join(30)
    client.close()


def cancel_buttons(person):
    return [button for button in person.all("button") if "the statement of backend" in button.text]


def test_a_running_statement_is_seen_and_cancelled(ada, still, sleeper):
    ada.open(PAGE.format(still))
    ada.sees(TEXT)  # as text, whatever is in it
    ada.sees("sleeper")
    ada.sees("pg_stat_statements is not loaded")
    assert not ada.axe()
    ada.shoot("database-queries")
    assert not sleeper
    wait_for("the button", lambda: cancel_buttons(ada))[0].click()
    wait_for("the statement to end", lambda: sleeper)
    assert sleeper[0].sqlstate == "57014"
    ada.sees("Nothing runs just now.")
    ada.sees("was asked to cancel the statement")
    assert not ada.axe()


def test_a_reader_sees_what_runs_and_has_no_button(visitor, house, still, sleeper, password):
    visitor.sign_in("rita", password)
    visitor.open(PAGE.format(still))
    visitor.sees(TEXT)
    assert not cancel_buttons(visitor)
    pid = visitor.driver.execute_script(
        "return document.querySelector('tbody td').innerText.trim()")
    status = visitor.driver.execute_async_script(
        "const [pid, done] = arguments; fetch('/api/v1/session').then((r) => r.json()).then((s) => "
        f"fetch(`/api/v1/databases/{still}/queries/${{pid}}/cancel`, {{method: 'POST', headers: {{'X-CSRF-Token': s.csrf}}}}))"
        ".then((r) => done(r.status))", pid)
    assert status == 403
    assert not sleeper
