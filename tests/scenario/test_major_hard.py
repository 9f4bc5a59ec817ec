"""Hard databases: each either goes to the next major with everything in it, or is stopped by the preflight with the name of what
stands in its way, before anything went down."""

import pytest
from harness import hard
from harness.clients import execute, query, server_version


@pytest.fixture
def hard_database(major_house, majors, new_database):
    name = new_database(majors[15])
    hard.run(major_house, name, hard.CARRIED)
    yield name
    with hard.superuser(major_house, name, "postgres") as connection:
        connection.execute("""DROP ROLE IF EXISTS "Rolle mit 'Namen'" """)


def test_everything_that_can_be_carried_is_there_afterwards(major_house, majors, hard_database):
    name = hard_database
    before = major_house.ok("preflight", name, "--to", "17", seconds=300)
    assert before["verdict"] != "stop", before["findings"]
    operation = major_house.ok("upgrade", name, "--to", "17", "--digest", "whole", "--wait", seconds=300)
    assert operation["state"] == "finished", operation
    assert operation["certificate"]["rows"]["equal"], operation["certificate"]["rows"]
    hard.prove_carried(major_house, name)
    assert server_version(major_house.database_url(name)) == majors[17]


def test_what_stands_in_the_way_is_named_all_at_once_and_nothing_is_changed(major_house, majors, new_database):
    name = new_database(majors[15])
    for _, _, make, _ in hard.STOPS:
        hard.run(major_house, name, make)
    with hard.superuser(major_house, name) as connection:
        before = connection.execute("SELECT pg_postmaster_start_time()").fetchone()
    refused = major_house.cli("preflight", name, "--to", "17", "--json", seconds=300)
    assert refused.status == 4, refused
    found = [(row["check"], " ".join(row["objects"]), row["remedy"]) for row in refused.json["findings"] if row["severity"] == "stop"]
    for check, thing, _, _ in hard.STOPS:
        assert any(check == row[0] and thing in row[1] and row[2] for row in found), (check, thing, found)
    # The rehearsal finds by itself what only a restore can find.
    rehearsed = " ".join(row["text"] for row in refused.json["findings"] if row["check"] == "rehearsal")
    assert all(thing in rehearsed for thing in ("VIEW public.busy", "ROLE picky", "FUNCTION public.parallel")), rehearsed
    assert "buffers_backend" in rehearsed and "force_parallel_mode" in rehearsed, refused.json["findings"]

    upgrade = major_house.cli("upgrade", name, "--to", "17", "--wait", "--json", seconds=300)
    assert upgrade.status == 4, upgrade
    with hard.superuser(major_house, name) as connection:
        assert connection.execute("SELECT pg_postmaster_start_time()").fetchone() == before
    for _, _, _, mend in hard.STOPS:
        hard.run(major_house, name, mend)
    assert major_house.ok("preflight", name, "--to", "17", seconds=300)["verdict"] != "stop"


@pytest.mark.campaign
def test_a_function_that_says_nothing_of_its_schema_is_named(major_house, majors, new_database):
    name = new_database(majors[15])
    url = major_house.database_url(name)
    execute(url, "CREATE TABLE rates (r int); INSERT INTO rates VALUES (2)")
    execute(url, "CREATE FUNCTION rated(n int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN n * (SELECT max(r) FROM rates); END'")
    execute(url, "CREATE TABLE prices (n int); CREATE INDEX by_rate ON prices (rated(n)); INSERT INTO prices VALUES (1)")
    report = major_house.ok("preflight", name, "--to", "17", seconds=300)
    (finding,) = [row for row in report["findings"] if row["check"] == "unqualified-functions"]
    assert finding["severity"] == "act" and "rated(integer)" in finding["objects"][0] and "search_path" in finding["remedy"]
    operation = major_house.ok("upgrade", name, "--to", "17", "--wait", seconds=300)
    assert operation["state"] == "finished"  # what cannot be analyzed does not stop it
    assert query(url, "SELECT n FROM prices") == [(1,)]


def test_settings_of_alter_system_are_translated(major_house, majors, new_database):
    name = new_database(majors[15])
    with hard.superuser(major_house, name) as connection:
        connection.execute("ALTER SYSTEM SET force_parallel_mode = 'off'")
        connection.execute("ALTER SYSTEM SET old_snapshot_threshold = '1h'")
        connection.execute("ALTER SYSTEM SET deadlock_timeout = '2s'")
    assert major_house.ok("upgrade", name, "--to", "17", "--wait", seconds=300)["state"] == "finished"
    assert query(major_house.database_url(name), "SHOW deadlock_timeout") == [("2s",)]
