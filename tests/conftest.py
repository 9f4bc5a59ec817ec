"""Fixtures that scenario and fault tests share."""

import os
import pathlib
import time
import zlib

import pytest
from harness.engines import stock, stock_majors
from harness.house import BINARY, House


def pytest_sessionstart():
    if not BINARY.exists():
        pytest.exit(f"{BINARY} is not there: ./run build makes it", returncode=2)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup():
    """`./run test` has a time by which it must end."""
    if time.time() > float(os.environ.get("PGBATON_TEST_DEADLINE", "inf")):
        pytest.skip("left out: the time of this run is over")


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows what its house logged."""
    outcome = yield
    report = outcome.get_result()
    if report.failed and call.when == "call":
        for house in [value for value in item.funcargs.values() if isinstance(value, House)]:
            report.sections.append(("logs of the house", house.log()))


@pytest.fixture(scope="session")
def shelves(tmp_path_factory):
    """Where all workers of this run find engines at rest. PGBATON_TEST_SHELVES names a folder that the next run finds too."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    return pathlib.Path(os.environ.get("PGBATON_TEST_SHELVES", folder))


@pytest.fixture(scope="session")
def shelf(shelves):
    """Engines that every worker of this run may use."""
    return stock(shelves / "pgbaton-shelf")


@pytest.fixture(scope="session")
def majors(shelves):
    """The newest minor of every major."""
    return stock_majors(shelves / "pgbaton-majors")


@pytest.fixture(scope="session")
def shared_house_of_majors(majors):
    with House(majors.template) as running:
        yield running


@pytest.fixture
def major_house(shared_house_of_majors):
    """A house with the newest minor of every major, for many tests."""
    yield shared_house_of_majors
    shared_house_of_majors.failpoints.release_all()


@pytest.fixture
def new_database(major_house, request):
    """Makes databases that are gone after the test: new_database(version) → its name."""
    made = []

    def make(version, plan="starter-512"):
        name = f"j{zlib.crc32(request.node.nodeid.encode())}{len(made)}"
        major_house.create(name, version, plan)
        made.append(name)
        return name

    yield make
    major_house.failpoints.release_all()
    for name in made:
        major_house.destroy(name)


@pytest.fixture(scope="session")
def shared_house(shelf):
    with House(shelf.template) as running:
        yield running


@pytest.fixture
def house(shared_house):
    """A house that many tests use one after the other: each leaves it as it found it."""
    yield shared_house
    shared_house.failpoints.release_all()


@pytest.fixture
def own_house(shelf):
    """A house for one test that breaks things."""
    with House(shelf.template) as running:
        yield running


@pytest.fixture
def database(house, shelf, request):
    """A database on the older minor of the usual line, gone after the test."""
    name = f"d{zlib.crc32(request.node.nodeid.encode())}"
    house.create(name, shelf.line.older)
    yield name
    house.failpoints.release_all()
    house.destroy(name)
