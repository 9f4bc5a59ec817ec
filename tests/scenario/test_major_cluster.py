"""The major-upgrade of databases with standbys, under clients that keep their sessions; and the way back from a kept standby."""

import os

import pytest
from harness import hard
from harness.clients import Writer, connect, execute, query, server_version
from harness.cluster import (WriteWatcher, ask_node, data_folders, folder_of, nodes, primary, prove_equal,
                             wait_all_replicate)
from harness.witness import Witness

OLD, NEW = 15, 17
STEADY = ("--connections", "8", "--rows-per-second", "50")


def prove_kept(report):
    """Nothing that was acknowledged is lost, and no client has noticed more than a wait."""
    assert (report["lost"], report["duplicated"], report["disconnects"]) == (0, 0, 0), report
    assert (report["errors"], report["session_state_lost"], report["in_doubt"]) == ({}, 0, 0), report


def prove_whole(house, name, version):
    wait_all_replicate(house, name)
    shown = house.show(name)
    assert (shown["state"], shown["version"], shown["current_operation"]) == ("running", version, None)
    assert {node["version"] for node in shown["nodes"]} == {version}, shown
    assert server_version(house.database_url(name)) == version
    assert len(house.postmasters(name)) == len(shown["nodes"])
    prove_equal(house, name, "SELECT count(*) FROM pg_class")


def folders(house, name):
    return {node["name"]: [path.name for path in data_folders(house, node["name"])] for node in nodes(house, name)}


def waits_for_standbys(house, name):
    return ask_node(house, primary(house, name), name, "SHOW synchronous_standby_names")[0][0]


def repairs(house, name):
    return [row for row in house.ok("operations", name)["operations"] if row["kind"] in ("repair", "failover")]


@pytest.mark.parametrize("plan", ["business-512", pytest.param("enterprise-512", marks=pytest.mark.campaign)])
def test_there_and_back_from_a_kept_standby_although_files_were_linked(major_house, majors, new_database, tmp_path, plan):
    house, name = major_house, new_database(majors[OLD], plan)
    url, before = house.database_url(name), primary(house, name)
    execute(url, "CREATE TABLE kept AS SELECT generate_series(1, 100) AS n")
    with WriteWatcher(house, name) as watcher, Witness(house, url, tmp_path, *STEADY) as witness:
        operation = house.ok("upgrade", name, "--to", NEW, "--transfer", "link", "--wait", seconds=300)
        assert (operation["kind"], operation["state"]) == ("major-cluster", "finished"), operation
        witness.wait_for_more(rows=20)
    prove_kept(witness.report(0))
    watcher.prove_one_at_a_time()
    assert operation["stall"]["sessions_ended"] == 0
    assert operation["certificate"]["rows"]["equal"], operation["certificate"]
    prove_whole(house, name, majors[NEW])
    assert primary(house, name) == before
    assert bool(waits_for_standbys(house, name)) == (plan == "enterprise-512")
    assert set(map(tuple, folders(house, name).values())) == {("data", f"data-{NEW}")}
    assert house.show(name)["kept"]["can_revert"]

    execute(url, "INSERT INTO kept SELECT generate_series(101, 150)")
    with connect(url) as session:
        session.execute("SET my.own = 'mine'")
        operation = house.ok("revert", name, "--wait", seconds=300)
        assert (operation["kind"], operation["state"]) == ("revert-cluster", "finished"), operation
        assert session.execute("SELECT current_setting('my.own')").fetchone() == ("mine",)
    assert query(url, "SELECT count(*), max(n) FROM kept") == [(100, 100)]
    prove_whole(house, name, majors[OLD])
    assert primary(house, name) != before
    assert bool(waits_for_standbys(house, name)) == (plan == "enterprise-512")
    assert set(map(tuple, folders(house, name).values())) == {("data",)}
    assert house.show(name)["kept"] is None
    assert repairs(house, name) == []


@pytest.mark.campaign
def test_a_copied_upgrade_is_finalized_on_every_node(major_house, majors, new_database):
    house, name = major_house, new_database(majors[OLD], "business-512")
    assert house.ok("upgrade", name, "--to", NEW, "--transfer", "copy", "--wait", seconds=300)["state"] == "finished"
    house.ok("switchover", name, "--wait")  # what is kept stays where it is
    assert house.ok("finalize", name, "--wait")["state"] == "finished"
    assert set(map(tuple, folders(house, name).values())) == {(f"data-{NEW}",)}
    assert house.cli("revert", name, "--json").status == 4
    prove_whole(house, name, majors[NEW])


# convert: pg_upgrade cannot start the new server. start: the files are linked already.
@pytest.mark.parametrize("step,file", [
    pytest.param("convert", "pgbaton.conf", marks=pytest.mark.campaign), ("start", "postgresql.auto.conf")])
def test_a_target_that_does_not_start_puts_the_whole_cluster_back(major_house, majors, new_database, step, file):
    house, name = major_house, new_database(majors[OLD], "enterprise-512")
    url, before = house.database_url(name), primary(house, name)
    point = f"server.major-cluster.{step}.started"
    with connect(url) as session, Writer(url) as writer:
        session.execute("SET my.own = 'mine'")
        house.failpoints.arm(point)
        identifier = house.ok("upgrade", name, "--to", NEW, "--transfer", "link")["id"]
        house.failpoints.wait_hit(point, 300)
        with open(folder_of(house, before).parent / f"data-{NEW}" / file, "a", encoding="utf-8") as settings:
            settings.write("nonsense = 1\n")
        house.failpoints.release(point)
        operation = house.wait_ended(identifier, 300)
        writer.wait_for_more()
        assert session.execute("SELECT current_setting('my.own')").fetchone() == ("mine",)
    writer.prove_nothing_lost()
    assert (writer.refused, writer.in_doubt) == (0, [])
    assert operation["state"] == "error" and "nonsense" in operation["error"]["message"], operation
    prove_whole(house, name, majors[OLD])
    assert primary(house, name) == before and waits_for_standbys(house, name)
    assert set(map(tuple, folders(house, name).values())) == {("data",)}


def test_tablespaces_are_refused_with_their_names_before_anything_is_changed(major_house, majors, new_database):
    house, name = major_house, new_database(majors[OLD], "business-512")
    folder = house.data / "space"
    folder.mkdir()
    owner = house.data.stat()
    os.chown(folder, owner.st_uid, owner.st_gid)
    with hard.superuser(house, name) as connection:
        connection.execute(f"CREATE TABLESPACE \"Too Fast\" LOCATION '{folder}'")
        outcome = house.cli("upgrade", name, "--to", NEW, "--wait", "--json", seconds=300)
        assert outcome.status == 4 and "Too Fast" in outcome.err, outcome
        connection.execute('DROP TABLESPACE "Too Fast"')
    prove_whole(house, name, majors[OLD])
