"""Several upgrades in one operation: every hop by itself, under clients that keep their sessions; standing still between two."""

import pytest
from harness.clients import Writer, connect, execute, server_version
from harness.cluster import folder_of


def assert_in_service(house, name, version):
    shown = house.show(name)
    assert (shown["state"], shown["version"], shown["current_operation"]) == ("running", version, None)
    assert server_version(house.database_url(name)) == version


def assert_hops(operation, versions):
    assert [(hop["from"], hop["to"]) for hop in operation["hops"]] == list(zip(versions, versions[1:]))


def test_from_13_to_17_in_one_command_shows_each_outage_and_keeps_sessions(major_house, majors, new_database):
    house, name = major_house, new_database(majors[13])
    versions = [majors[major] for major in (13, 15, 17)]
    plan = house.ok("upgrade", name, "--to", "17", "--plan")
    assert_hops(plan, versions)
    assert all(any(step["impact"] == "stall" for step in hop["steps"]) for hop in plan["hops"])
    assert_in_service(house, name, versions[0])
    with connect(house.database_url(name)) as session, Writer(house.database_url(name)) as writer:
        session.execute("SET my.own = 'mine'")
        operation = house.ok("upgrade", name, "--to", "17", "--wait", seconds=400)
        assert (operation["state"], operation["kind"], operation["to"]) == ("finished", "hops", versions[-1]), operation
        writer.wait_for_more()
        assert session.execute("SELECT current_setting('my.own')").fetchone() == ("mine",)
    writer.prove_nothing_lost()
    assert (writer.refused, writer.in_doubt) == (0, [])
    assert_hops(operation, versions)
    assert [step["name"] for step in operation["steps"]] == [step["name"] for step in plan["steps"]]
    assert operation["stall"]["max_ms"] == max(hop["stall"]["max_ms"] for hop in operation["hops"]) > 0
    assert operation["stall"]["sessions_ended"] == 0
    assert all(one["rows"]["equal"] for one in operation["certificate"]["hops"]), operation["certificate"]
    assert_in_service(house, name, versions[-1])
    assert house.show(name)["kept"]["version"] == versions[1]
    # What the first hop's preflight found says nothing any more.
    last = house.ok("preflight", name, "--to", versions[1], "--last")
    assert not last["holds"] and versions[0] in last["expired"] and versions[2] in last["expired"], last


@pytest.mark.campaign
def test_the_newest_minor_comes_before_the_next_major(house, shelf):
    low, high = shelf.lines
    name = "hopper"
    house.create(name, low.older, "business-512")
    try:
        with Writer(house.database_url(name)) as writer:
            major = high.newer.split(".")[0]
            operation = house.ok("upgrade", name, "--to", major, "--wait", seconds=400)
            assert operation["state"] == "finished", operation
            writer.wait_for_more()
        writer.prove_nothing_lost()
        assert (writer.refused, writer.in_doubt) == (0, [])
        assert_hops(operation, [low.older, low.newer, high.newer])
        assert [hop["kind"] for hop in operation["hops"]] == ["minor-cluster", "major-cluster"]
        assert_in_service(house, name, high.newer)
    finally:
        house.destroy(name)


@pytest.mark.campaign
def test_a_hop_that_fails_leaves_the_database_on_what_it_has_reached(major_house, majors, new_database):
    house, name = major_house, new_database(majors[13])
    url, point = house.database_url(name), "server.hops.2.convert.started"
    with connect(url) as session, Writer(url) as writer:
        session.execute("SET my.own = 'mine'")
        house.failpoints.arm(point)
        identifier = house.ok("upgrade", name, "--to", "17")["id"]
        house.failpoints.wait_hit(point, 300)
        with open(folder_of(house, f"{name}_1").parent / "data-17" / "pgbaton.conf", "a", encoding="utf-8") as settings:
            settings.write("nonsense = 1\n")
        house.failpoints.release(point)
        operation = house.wait_ended(identifier, 300)
        writer.wait_for_more()
        assert session.execute("SELECT current_setting('my.own')").fetchone() == ("mine",)
    writer.prove_nothing_lost()
    assert (writer.refused, writer.in_doubt) == (0, [])
    assert operation["state"] == "error" and "nonsense" in operation["error"]["message"], operation
    assert majors[15] in operation["error"]["in_service"] and "hop 2 of 2" in operation["error"]["remedy"]
    assert {step["state"] for step in operation["steps"] if step["name"].startswith("1.")} == {"finished"}
    assert_in_service(house, name, majors[15])
    assert house.ok("upgrade", name, "--to", "17", "--wait", seconds=300)["state"] == "finished"


@pytest.mark.campaign
def test_a_hop_that_preflight_stops_is_a_failure_and_says_where_it_stands(major_house, majors, new_database):
    house, name = major_house, new_database(majors[13])
    point = "server.hops.2.check.started"
    house.failpoints.arm(point)
    identifier = house.ok("upgrade", name, "--to", "17")["id"]
    house.failpoints.wait_hit(point, 300)
    execute(house.database_url(name), "CREATE TABLE bad (a regconfig, b regcollation)")
    house.failpoints.release(point)
    operation = house.wait_ended(identifier, 300)
    assert (operation["state"], operation["error"]["code"]) == ("error", "failed"), operation
    assert "stands at PostgreSQL " + majors[15] in operation["error"]["remedy"]
    assert_in_service(house, name, majors[15])
