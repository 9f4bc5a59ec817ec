"""After a major-upgrade: back to the old version as of the upgrade, or giving it up."""

import pytest
from harness.clients import connect, execute, query, server_version

OLD, NEW = 15, 17


@pytest.fixture
def upgraded(major_house, majors, new_database):
    """Makes an upgraded database with rows from before and after: upgraded(transfer) → its name."""

    def make(transfer):
        name = new_database(majors[OLD])
        url = major_house.database_url(name)
        execute(url, "CREATE TABLE kept (n int)")
        execute(url, "INSERT INTO kept SELECT generate_series(1, 100)")
        operation = major_house.ok("upgrade", name, "--to", NEW, "--transfer", transfer, "--wait", seconds=300)
        assert operation["state"] == "finished", operation
        execute(url, "INSERT INTO kept SELECT generate_series(101, 150)")
        return name

    return make


def folders(house, name):
    return sorted(path.name for path in (house.data / "agent" / "instances").glob(f"{name}_*/data*"))


def test_a_copied_upgrade_can_be_reverted_and_says_what_is_lost(major_house, majors, upgraded):
    name = upgraded("copy")
    shown = major_house.show(name)
    assert shown["revert_until"] and shown["kept"]["can_revert"]
    plan = major_house.ok("revert", name, "--plan")
    assert plan["to"] == majors[OLD] and plan["lost_transactions_at_most"] >= 1 and plan["lost_since"] in plan["text"]
    url = major_house.database_url(name)
    with connect(url) as session:
        session.execute("SET my.own = 'mine'")
        operation = major_house.ok("revert", name, "--wait", seconds=300)
        assert operation["state"] == "finished", operation
        assert session.execute("SELECT current_setting('my.own')").fetchone() == ("mine",)
    assert server_version(url) == majors[OLD]
    assert query(url, "SELECT count(*), max(n) FROM kept") == [(100, 100)]
    shown = major_house.show(name)
    assert (shown["version"], shown["revert_until"], shown["kept"]) == (majors[OLD], None, None)
    assert folders(major_house, name) == ["data"]
    # And forward again.
    assert major_house.ok("upgrade", name, "--to", NEW, "--wait", seconds=300)["state"] == "finished"
    assert query(url, "SELECT count(*) FROM kept") == [(100,)]


@pytest.mark.campaign
def test_a_linked_upgrade_cannot_be_reverted_and_everything_says_so(major_house, upgraded):
    name = upgraded("link")
    shown = major_house.show(name)
    assert shown["revert_until"] is None and shown["kept"]["can_revert"] is False
    refused = major_house.cli("revert", name, "--json")
    assert refused.status == 4
    assert "linked" in refused.error["message"] and "--transfer copy" in refused.error["remedy"]
    assert query(major_house.database_url(name), "SELECT count(*) FROM kept") == [(150,)]


def test_finalize_deletes_the_old_version_and_then_there_is_none(major_house, upgraded):
    name = upgraded("copy")
    assert folders(major_house, name) == ["data", f"data-{NEW}"]
    assert major_house.ok("finalize", name, "--wait")["state"] == "finished"
    assert folders(major_house, name) == [f"data-{NEW}"]
    shown = major_house.show(name)
    assert (shown["kept"], shown["revert_until"]) == (None, None)
    for command in ("revert", "finalize"):
        assert major_house.cli(command, name, "--json").status == 4
    assert query(major_house.database_url(name), "SELECT count(*) FROM kept") == [(150,)]


def test_the_plan_says_what_the_way_back_is(major_house, majors, new_database):
    name = new_database(majors[OLD])
    linked = major_house.ok("upgrade", name, "--to", NEW, "--transfer", "link", "--plan")
    copied = major_house.ok("upgrade", name, "--to", NEW, "--transfer", "copy", "--plan")
    assert (linked["kind"], linked["transfer"], copied["transfer"]) == ("major-single", "link", "copy")
    assert "no way back" in linked["way_back"] and "revert" in copied["way_back"]
    assert server_version(major_house.database_url(name)) == majors[OLD]


def test_a_file_system_that_cannot_clone_says_so(major_house, majors, new_database):
    name = new_database(majors[OLD])
    outcome = major_house.cli("upgrade", name, "--to", NEW, "--transfer", "clone", "--plan", "--json")
    if outcome.status == 0:
        assert outcome.json["transfer"] == "clone"
    else:
        assert outcome.status == 4 and "clone" in outcome.error["message"], outcome
