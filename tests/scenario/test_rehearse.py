"""Rehearsals: an upgrade tried on a clone or on what a manifest makes, tested, and thrown away."""

import json
import signal
import subprocess

import pytest
from harness.clients import execute, query, server_version
from harness.house import BINARY
from harness.processes import wait_for

SEED = """#!/bin/bash
set -e
echo "seeding for $CANONICAL_HOST_URL"
psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -q <<SQL
CREATE TABLE items (id bigint PRIMARY KEY, name text NOT NULL);
INSERT INTO items SELECT n, 'item ' || n FROM generate_series(1, 100) AS n;
SQL
"""
TEST = """test "$(psql "$DATABASE_URL" -Atc 'SELECT count(*) FROM items')" = 100"""


@pytest.fixture
def application(tmp_path, majors):
    """The manifest of a real small application in its folder; what is given replaces what it says."""

    def write(**changes):
        manifest = {
            "addons": [{"plan": "postgresql-ng:postgresql-dr-starter-512", "options": {"version": f"{majors[15]}.0"}}],
            "env": {"CANONICAL_HOST_URL": {"generator": "url"}},
            "scripts": {"first-deploy": "bash -c db-seed.sh"},
            **changes,
        }
        (tmp_path / "db-seed.sh").write_text(SEED)
        (tmp_path / "db-seed.sh").chmod(0o755)
        file = tmp_path / "scalingo.json"
        file.write_text(json.dumps(manifest))
        return file

    return write


@pytest.fixture
def production(new_database, majors, major_house):
    name = new_database(majors[15])
    execute(major_house.database_url(name),
            "CREATE TABLE items AS SELECT n AS id, 'secret ' || n AS name FROM generate_series(1, 100) AS n")
    major_house.ok("backup", name, "--wait")
    return name


def databases(house):
    return {one["name"] for one in house.ok("list")["databases"]}


def rehearse(house, *words):
    """A rehearsal leaves no database behind, whatever comes of it."""
    before = databases(house)
    outcome = house.cli("rehearse", *words, "--json", seconds=300)
    assert databases(house) == before
    return outcome


def test_the_database_of_a_manifest_is_made_filled_upgraded_tested_and_destroyed(major_house, majors, application):
    outcome = rehearse(major_house, "--manifest", application(), "--to", "17", "--test", TEST)
    assert outcome.status == 0, outcome
    report = outcome.json
    assert report["outcome"] == "passed"
    assert [(one["from"], one["to"], one["state"]) for one in report["upgrades"]] == [
        (majors[15], majors[17], "finished")]
    clients = report["upgrades"][0]["clients"]
    assert (clients["lost"], clients["disconnects"], clients["acknowledged"] > 0) == (0, 0, True), clients
    assert "seeding for http://rehearsal_" in report["first_deploy"]["output"]


@pytest.mark.parametrize(("script", "words", "outcome"), [
    ("exit 7", (), "first-deploy failed"),
    ("sleep 1000", ("--script-limit", "2s"), "first-deploy failed"),
    pytest.param("yes | head -c 100000000", ("--script-limit", "60s", "--test", "exit 3"), "test failed",
                 marks=pytest.mark.campaign),
])
def test_a_script_that_fails_hangs_or_floods_ends_the_rehearsal(major_house, application, script, words, outcome):
    said = rehearse(major_house, "--manifest", application(scripts={"first-deploy": script}), "--to", "17", *words)
    assert (said.status, said.json["outcome"]) == (5, outcome), said
    assert len(said.out) < 1_000_000


@pytest.mark.parametrize(("changes", "says"), [
    ({"addons": []}, "addons: has no PostgreSQL database"),
    ({"addons": [{"plan": "postgresql-ng:huge"}]}, "addons[0].plan"),
    ({"env": {"A": {"generator": "dice"}}}, "env.A.generator"),
    ({"scripts": {"first-deploy": 7}}, "scripts.first-deploy: is a text"),
])
def test_a_manifest_that_is_wrong_is_refused_with_its_place(major_house, application, changes, says):
    outcome = rehearse(major_house, "--manifest", application(**changes), "--to", "17")
    assert (outcome.status, says in outcome.err) == (2, True), outcome


def test_an_unknown_version_of_a_manifest_is_refused(major_house, application):
    addons = [{"plan": "starter-512", "options": {"version": "14.6.0"}}]
    outcome = rehearse(major_house, "--manifest", application(addons=addons), "--to", "17")
    assert outcome.status == 5 and "14.6" in outcome.json["error"], outcome


def test_a_rehearsal_on_real_data_leaves_them_as_they_are(major_house, majors, production, tmp_path):
    url = major_house.database_url(production)
    mask = tmp_path / "mask.sql"
    mask.write_text("UPDATE items SET name = 'masked';")
    statements = tmp_path / "top.sql"
    statements.write_text("SELECT count(*) FROM items WHERE id > 5;\nSELECT * FROM nowhere;\n")
    test = """test "$(psql "$DATABASE_URL" -Atc "SELECT count(*) FROM items WHERE name = 'masked'")" = 100"""
    outcome = rehearse(major_house, production, "--to", "17", "--mask", mask, "--statements", statements, "--test", test)
    assert outcome.status == 0, outcome
    assert outcome.json["plans"]["compared"] == 2
    assert query(url, "SELECT count(*) FROM items WHERE name LIKE 'secret %'") == [(100,)]
    assert server_version(url) == majors[15]
    assert [one["kind"] for one in major_house.ok("operations", production)["operations"]][:1] == ["backup"]
    (kept,) = major_house.ok("rehearsals", production)["rehearsals"]
    assert kept["passed"] and kept["to"].startswith(majors[17])


@pytest.mark.campaign
def test_a_required_rehearsal_must_have_passed_and_be_of_this_schema(major_house, production):
    major_house.ok("configure", production, "--rehearsal", "required")
    refused = major_house.cli("upgrade", production, "--to", "17", "--wait", "--yes")
    assert refused.status == 4 and "requires a rehearsal" in refused.err and "none has passed" in refused.err, refused
    assert rehearse(major_house, production, "--to", "17", "--test", "false").status == 5
    assert major_house.cli("upgrade", production, "--to", "17", "--yes").status == 4
    assert rehearse(major_house, production, "--to", "17").status == 0
    execute(major_house.database_url(production), "ALTER TABLE items ADD COLUMN more int")
    refused = major_house.cli("upgrade", production, "--to", "17", "--wait", "--yes")
    assert refused.status == 4 and "the schema was changed" in refused.err, refused
    execute(major_house.database_url(production), "ALTER TABLE items DROP COLUMN more")
    assert major_house.cli("upgrade", production, "--to", "17", "--wait", "--yes").status == 0


def test_what_preflight_stops_is_not_even_cloned(major_house, production):
    execute(major_house.database_url(production), "CREATE TABLE bad (r regproc)")
    outcome = rehearse(major_house, production, "--to", "17")
    assert (outcome.status, outcome.json["outcome"]) == (4, "stopped"), outcome
    assert "bad" in outcome.out and outcome.json["upgrades"] == []


def test_one_whose_time_is_over_is_destroyed_by_the_server(major_house, majors):
    answer = major_house.request("POST", "/api/v1/databases", {
        "name": "rehearsal_forgotten", "plan": "starter-512", "version": majors[15], "rehearsal_for_s": 1})
    assert answer.status == 202, answer.text
    assert "rehearsal_forgotten" in databases(major_house)
    wait_for("the server to destroy it", lambda: "rehearsal_forgotten" not in databases(major_house), 90)
    assert major_house.postmasters("rehearsal_forgotten") == []


def test_ctrl_c_ends_the_test_and_destroys_the_database(major_house, application):
    before = databases(major_house)
    file = application(scripts={"first-deploy": "touch begun; sleep 1000"})
    process = subprocess.Popen(
        [BINARY, "rehearse", "--manifest", file, "--to", "17"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=major_house.environment(PGBATON_SERVER=major_house.url, PGBATON_TOKEN=major_house.token))
    wait_for("first-deploy to run", (file.parent / "begun").exists, 90)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130
    wait_for("the server to destroy it", lambda: databases(major_house) == before, 90)
