"""The preflight by itself: every hop of a path, one check alone, what is kept of it and for how long that holds."""

import concurrent.futures

import pytest
from harness import hard
from harness.clients import execute
from harness.processes import all_processes, kill_all, wait_for


@pytest.fixture(scope="module")
def checked(shared_house_of_majors, majors):
    """A database of the oldest major: its name. Each test leaves nothing in it."""
    name = "checked"
    shared_house_of_majors.create(name, majors[13], "starter-512")
    yield name
    shared_house_of_majors.destroy(name)


def why_expired(house, name, change):
    change()
    last = house.ok("preflight", name, "--last")
    assert not last["holds"] and f"{last['expired']} " in house.cli("preflight", name, "--last").out.replace("\n", " "), last
    return last["expired"]


def test_a_path_is_checked_and_what_was_found_is_kept_for_as_long_as_it_holds(major_house, majors, checked):
    house, name = major_house, checked
    url = house.database_url(name)
    nothing = house.cli("preflight", name, "--last", "--json")
    assert nothing.status == 3 and f"pgbaton preflight {name}" in nothing.error["remedy"], nothing
    # A column that only the second hop minds: aclitem changed in 16.
    execute(url, "CREATE TABLE granted (a aclitem)")
    found = house.cli("preflight", name, "--to", "17", "--json", seconds=300)
    assert found.status == 4 and found.json["target"] == majors[15], found
    assert [(hop["from"], hop["target"], hop["verdict"]) for hop in found.json["hops"]] == [(majors[15], majors[17], "stop")]
    later = found.json["hops"][0]
    assert [row["check"] for row in later["findings"] if row["severity"] == "stop"] == ["aclitem"]
    assert any(row["check"] == "rehearsal" and "turn" in row["text"] for row in later["findings"])
    assert not [row for row in found.json["findings"] if row["severity"] == "stop"]

    last = house.ok("preflight", name, "--to", "15", "--last")
    assert (last["from"], last["target"], last["holds"], last["expired"]) == (majors[13], majors[15], True, None), last
    assert [row["id"] for row in last["checks"]] == [row["id"] for row in found.json["checks"]]
    assert last["age_ms"] >= 0 and last["ended_at"] and last["operation"] is None
    assert "It still holds" in house.cli("preflight", name, "--last").out or last["age_ms"] < 1000
    assert house.cli("preflight", name, "--to", "17", "--last").status == 3  # 13 to 17 in one step was never asked for

    assert "Settings" in why_expired(house, name, lambda: hard.run(house, name, "ALTER ROLE {database} SET work_mem = '2MB'"))
    setting = "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET work_mem = '1MB' AS 'SELECT 1'"
    assert "schema" in why_expired(house, name, lambda: execute(url, setting))

    # That of an upgrade is kept too, also when it stops it.
    execute(url, "CREATE TABLE refers (what regproc)")
    assert house.cli("upgrade", name, "--to", majors[15], "--wait", "--json", seconds=300).status == 4
    refused = house.cli("preflight", name, "--last", "--json")
    assert refused.status == 4 and refused.json["operation"] and refused.json["holds"], refused
    execute(url, "DROP TABLE refers, granted; DROP FUNCTION f()")


def test_one_check_alone_is_run_alone_and_nothing_is_kept_of_it(major_house, checked):
    house, name = major_house, checked
    kept = house.cli("preflight", name, "--last", "--json")
    execute(house.database_url(name), "CREATE TABLE refers (what regproc)")
    one = house.cli("preflight", name, "--to", "15", "--check", "reg-columns", "--json")
    assert one.status == 4 and [row["id"] for row in one.json["checks"]] == ["reg-columns"], one
    assert {row["check"] for row in one.json["findings"]} == {"reg-columns"}
    disk = house.ok("preflight", name, "--to", "15", "--check", "disk")
    assert [row["id"] for row in disk["checks"]] == ["disk"] and disk["verdict"] == "clean"
    execute(house.database_url(name), "DROP TABLE refers")

    # What nobody but pg_upgrade looks for: a system table's row inside of a domain.
    execute(house.database_url(name), "CREATE DOMAIN known AS pg_class; CREATE TABLE held (it known)")
    assert house.ok("preflight", name, "--to", "15", "--check", "system-row-types")["verdict"] == "clean"
    rehearsal = house.ok("preflight", name, "--to", "15", "--check", "rehearsal", seconds=300)
    assert [(row["id"], row["worst"]) for row in rehearsal["checks"]] == [("rehearsal", None)]
    refused = house.cli("preflight", name, "--to", "15", "--check", "pg-upgrade", "--json", seconds=300)
    assert refused.status == 4, refused
    (complaint,) = refused.json["findings"]
    assert (complaint["check"], complaint["severity"]) == ("pg-upgrade", "stop") and complaint["remedy"]
    assert "composite type" in complaint["text"] and "public.held.it" in complaint["objects"], complaint
    execute(house.database_url(name), "DROP TABLE held; DROP DOMAIN known")
    after = house.cli("preflight", name, "--last", "--json")
    assert after.status == kept.status and (kept.status == 3 or after.json["ended_at"] == kept.json["ended_at"]), after

    table = {row["id"]: row for row in house.ok("preflight", "--checks")["checks"]}
    assert table["aclitem"]["severity"] == "stop" and "16" in table["aclitem"]["upgrades"]
    assert table["rehearsal"]["upgrades"] == "every major" and table["disk"]["upgrades"] == "every upgrade"
    unknown = house.cli("preflight", name, "--to", "15", "--check", "regcolumns", "--json")
    assert unknown.status == 2 and all(check in unknown.error["remedy"] for check in table), unknown
    elsewhere = house.cli("preflight", name, "--to", "15", "--check", "unicode-version", "--json")
    assert elsewhere.status == 4 and "not about an upgrade" in elsewhere.error["message"], elsewhere
    assert house.cli("preflight", name, "--last", "--checks").status == 2
    assert house.cli("preflight").status == 2


def test_an_agent_that_dies_leaves_no_scratch_server_and_no_folder(major_house, majors, checked):
    house, name = major_house, checked
    point = "postgres.rehearsal.started"
    house.failpoints.arm(point)

    def scratch():
        return [process for process in all_processes() if f"{house.data}/agent/qualify-" in process.command]

    with concurrent.futures.ThreadPoolExecutor() as pool:
        asked = pool.submit(house.cli, "preflight", name, "--to", str(majors[15]), seconds=300)
        house.failpoints.wait_hit(point, 120)
        left = scratch()
        assert left, "there is a server to be left behind"
        kill_all([house.part("agent")])
        wait_for("its server to be ended", lambda: not {p.pid for p in left} & {p.pid for p in scratch()}, 30)
        asked.result()
    wait_for("nothing to be left of it", lambda: not scratch() and not [*(house.data / "agent").glob("qualify-*")], 120)
    assert house.show(name)["state"] == "running"
