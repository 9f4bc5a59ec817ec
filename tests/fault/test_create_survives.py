"""Create, with every process killed at every step: afterwards the database works, or nothing of it is left."""

import zlib

import pytest
from carry_out import carry_out
from harness.clients import execute, query, server_version, wait_in_service

KIND = "create-single"


def prove_it_works(house, name, version):
    url = house.database_url(name)
    wait_in_service(url)
    shown = house.show(name)
    assert (shown["state"], shown["version"], shown["current_operation"]) == ("running", version, None)
    assert server_version(url) == version
    execute(url, "CREATE TABLE t AS SELECT 1 AS n")
    assert query(url, "SELECT n FROM t") == [(1,)]
    assert len(house.postmasters(name)) == len(shown["nodes"])
    assert house.instance_folders() == [node["name"] for node in shown["nodes"]]


def prove_nothing_is_left(house, name):
    assert house.cli("show", name, "--json").status == 3
    assert house.ok("list")["databases"] == []
    assert house.instance_folders() == []
    assert house.postmasters() == []


def works_or_is_gone(house, shelf, case, plan):
    name = f"c{zlib.crc32(str(case).encode())}"
    version = shelf.line.older
    try:
        operation = carry_out(house, case, name,
                              lambda: house.ok("create", name, "--plan", plan, "--version", version))
        if operation["state"] == "finished":
            assert not case.going_back
            prove_it_works(house, name, version)
        else:
            assert operation["state"] == ("cancelled" if case.going_back else "error"), operation
            prove_nothing_is_left(house, name)
            house.create(name, version, plan)
            prove_it_works(house, name, version)
    finally:
        house.failpoints.release_all()
        if house.cli("show", name).status == 0:
            house.destroy(name)
    prove_nothing_is_left(house, name)


@pytest.mark.timeout(180)
def test_create_ends_in_a_working_database_or_in_nothing(house, shelf, case):
    works_or_is_gone(house, shelf, case, "starter-512")
