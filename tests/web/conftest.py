"""A browser (Debian's Chromium), and a person who uses the dashboard with it."""

import pytest
from harness.house import House
from person import Person, chromium

PASSWORD = "correct horse battery"


@pytest.fixture(scope="session")
def driver(tmp_path_factory):
    running = chromium(tmp_path_factory.mktemp("chromium"))
    yield running
    running.quit()


@pytest.fixture(scope="session")
def web_house(shelf):
    """A house with one user of each role."""
    with House(shelf.template) as running:
        for name, role in (("ada", "owner"), ("otto", "operator"), ("rita", "read-only")):
            answer = running.request("POST", "/api/v1/users", {"name": name, "role": role, "password": PASSWORD})
            assert answer.status == 201, answer.text
        yield running


@pytest.fixture
def house(web_house):
    yield web_house
    web_house.failpoints.release_all()


@pytest.fixture(scope="session")
def shared_still(web_house, shelf):
    web_house.create("still", shelf.line.older)
    return "still"


@pytest.fixture
def still(shared_still, house):
    """A database that many tests look at: it is as it was made after each of them."""
    yield shared_still
    shown = house.show(shared_still)
    assert (shown["current_operation"], shown["plan"]) == (None, "starter-512")


@pytest.fixture
def visitor(driver, house):
    """Somebody who is not signed in."""
    person = Person(driver, house)
    person.forget_all()
    yield person
    person.check_console()


@pytest.fixture
def ada(visitor):
    """An owner, signed in."""
    visitor.sign_in("ada", PASSWORD)
    return visitor


@pytest.fixture
def password():
    return PASSWORD
