"""Engines: what there is, what may be used, and what is taken back."""

import pytest
from harness.expect import has_fields, refused
from harness.house import House

LISTED = "version major build state installed released end_of_life"


def listed(house, version):
    (row,) = [row for row in house.ok("engines", "list")["engines"]
              if row["version"] == version and "+host" not in row["build"]]
    return row


def test_the_list_holds_what_is_installed_and_what_was_only_found(house, shelf):
    engines = house.ok("engines", "list")["engines"]
    for engine in engines:
        has_fields(engine, LISTED)
        assert engine["version"].startswith(f"{engine['major']}.")
    installed = {engine["version"] for engine in engines if engine["installed"]}
    assert installed >= {version for line in shelf.lines for version in (line.older, line.newer)}
    text = house.cli("engines", "list").out
    assert all(engine["version"] in text for engine in engines)


def test_what_is_installed_has_passed_a_qualification_and_is_released(house, shelf):
    for line in shelf.lines:
        for version in (line.older, line.newer):
            row = listed(house, version)
            assert row["released"] and row["qualifications"][0]["passed"], row
        checks = {check["name"] for check in listed(house, line.newer)["qualifications"][0]["checks"]}
        assert any(line.newer in name for name in checks), f"never tried on data of {line.older}: {checks}"


def test_a_second_install_has_nothing_to_do(house, shelf):
    before = listed(house, shelf.line.newer)
    outcome = house.cli("engines", "install", shelf.line.newer)
    assert outcome.status == 0 and "already" in outcome.out, outcome
    assert listed(house, shelf.line.newer) == before


def test_a_qualification_is_kept_with_its_checks(house, shelf):
    before = len(listed(house, shelf.line.newer)["qualifications"])
    house.ok("engines", "qualify", shelf.line.newer, "--short")
    kept = listed(house, shelf.line.newer)["qualifications"]
    assert len(kept) == before + 1
    assert kept[0]["passed"] and all(check["passed"] for check in kept[0]["checks"])


@pytest.mark.campaign
def test_the_thorough_qualification_loads_extensions_and_runs_pgbench(house, shelf):
    house.ok("engines", "qualify", shelf.line.newer, seconds=500)
    newest = listed(house, shelf.line.newer)["qualifications"][0]
    assert (newest["level"], newest["passed"]) == ("long", True), newest
    checks = " ".join(check["name"] for check in newest["checks"])
    assert "extensions created" in checks and "pgbench" in checks
    assert any(check["name"].startswith(f"extensions of {shelf.line.older}") for check in newest["checks"]), checks


def test_a_withdrawn_engine_names_its_databases_and_is_offered_no_more(own_house, shelf):
    house, line = own_house, shelf.line
    house.create("user", line.newer)
    house.create("candidate", line.older)
    answer = house.ok("engines", "withdraw", line.newer)
    assert answer["used_by"] == ["user"]
    assert listed(house, line.newer)["state"] == "withdrawn"
    offers = house.ok("offers", "candidate")
    assert line.newer not in {offer["version"] for offer in offers["offers"]}
    (reason,) = [row["reason"] for row in offers["refused"]
                 if row["version"] == line.newer and "+host" not in row["build"]]
    assert "withdrawn" in reason
    refused(house.cli("upgrade", "candidate", "--to", line.newer, "--json"), 4, "withdrawn")
    refused(house.cli("create", "late", "--plan", "starter-512", "--version", line.newer, "--json"), 4, "withdrawn")
    assert house.show("user")["state"] == "running"

    house.ok("engines", "release", line.newer)
    assert listed(house, line.newer)["state"] == "available"
    assert house.ok("upgrade", "candidate", "--to", line.newer, "--wait")["state"] == "finished"


def test_the_default_engine_is_what_create_takes_without_a_version(own_house, shelf):
    house, line = own_house, shelf.lines[0]
    house.ok("engines", "release", line.older, "--default")
    assert listed(house, line.older)["state"] == "default"
    house.ok("create", "usual", "--plan", "starter-512", "--wait")
    assert house.show("usual")["version"] == line.older
    house.ok("engines", "release", shelf.line.newer, "--default")
    assert listed(house, line.older)["state"] == "available"  # there is one default


@pytest.mark.campaign
def test_what_is_found_but_not_installed_is_no_choice():
    house = House()
    house.engines = house.folder / "engines"  # an empty one: the tests' own may hold all that there is
    with house:
        found = [row for row in house.ok("engines", "sync", seconds=300)["engines"] if "+host" not in row["build"]]
        assert found and not any(row["installed"] for row in found)
        version = found[-1]["version"]
        outcome = house.cli("create", "early", "--plan", "starter-512", "--version", version, "--json")
        error = refused(outcome, 4, version)
        assert "engines install" in error["remedy"]
