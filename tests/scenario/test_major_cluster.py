"""Major-upgrades of databases with standbys, under clients that keep their sessions; the way back, and a failure."""

import pytest
from harness.clients import Writer, connect, execute, query, server_version
from harness.cluster import (WriteWatcher, ask_node, nodes, primary, prove_equal, wait_all_replicate)
from harness.processes import wait_for
from harness.witness import Witness

STEADY = ("--connections", "8", "--rows-per-second", "50")


def prove_whole(house, name, version):
    wait_all_replicate(house, name)
    shown = house.show(name)
    assert (shown["state"], shown["version"], shown["current_operation"]) == ("running", version, None)
    assert {node["version"] for node in shown["nodes"]} == {version}, shown
    assert server_version(house.database_url(name)) == version
    prove_equal(house, name, "SELECT count(*) FROM pg_class")


def data_folders(house, name):
    return sorted(f"{path.parent.name}/{path.name}" for path in
                  (house.data / "agent" / "instances").glob(f"{name}_*/data*"))


@pytest.mark.timeout(400)
@pytest.mark.parametrize("plan", ["business-512", "enterprise-512"])
def test_a_cluster_is_upgraded_under_its_clients_and_replicates_again(major_house, majors, new_database, tmp_path, plan):
    name = new_database(majors[15], plan)
    before = primary(major_house, name)
    with WriteWatcher(major_house, name) as watcher, \
            Witness(major_house, major_house.database_url(name), tmp_path, *STEADY) as witness:
        operation = major_house.ok("upgrade", name, "--to", "17", "--transfer", "link", "--wait", seconds=300)
        witness.wait_for_more(rows=20)
    report = witness.report(0)
    assert (operation["state"], operation["kind"]) == ("finished", "major-cluster"), operation
    assert (report["lost"], report["duplicated"], report["disconnects"], report["errors"]) == (0, 0, 0, {}), report
    assert report["session_state_lost"] == 0, report
    watcher.prove_one_at_a_time()
    prove_whole(major_house, name, majors[17])
    assert primary(major_house, name) == before
    expected = major_house.show(name)["replication"] == "synchronous"
    names = ask_node(major_house, before, name, "SHOW synchronous_standby_names")[0][0]
    assert names.startswith("ANY 1 (") == expected
    assert f"{before}/data" in data_folders(major_house, name)
    # The kept version is on the node that was upgraded, whichever is the primary.
    major_house.ok("switchover", name, "--wait")
    major_house.ok("finalize", name, "--wait")
    assert f"{before}/data" not in data_folders(major_house, name)
    prove_whole(major_house, name, majors[17])


@pytest.mark.timeout(400)
def test_a_cluster_goes_back_to_its_copy_with_its_standbys(major_house, majors, new_database):
    name = new_database(majors[15], "business-512")
    url = major_house.database_url(name)
    execute(url, "CREATE TABLE t AS SELECT 1 AS n")
    major_house.ok("upgrade", name, "--to", "17", "--transfer", "copy", "--wait", seconds=300)
    execute(url, "INSERT INTO t VALUES (2)")
    with connect(url) as session:
        session.execute("SET my.own = 'mine'")
        operation = major_house.ok("revert", name, "--wait", seconds=300)
        assert (operation["state"], operation["kind"]) == ("finished", "revert-cluster"), operation
        assert session.execute("SELECT current_setting('my.own')").fetchone() == ("mine",)
    assert query(url, "SELECT n FROM t") == [(1,)]
    prove_whole(major_house, name, majors[15])


@pytest.mark.timeout(400)
def test_a_kept_version_on_another_node_is_not_reverted_to(major_house, majors, new_database):
    name = new_database(majors[15], "business-512")
    major_house.ok("upgrade", name, "--to", "17", "--transfer", "copy", "--wait", seconds=300)
    kept_on = primary(major_house, name)
    major_house.ok("switchover", name, "--wait")
    outcome = major_house.cli("revert", name, "--wait", "--json")
    assert outcome.status == 4 and kept_on in outcome.error["message"], outcome


@pytest.mark.timeout(400)
def test_cancelled_when_all_are_stopped_the_cluster_is_as_before(major_house, majors, new_database):
    name = new_database(majors[15], "enterprise-512")
    url = major_house.database_url(name)
    with WriteWatcher(major_house, name) as watcher, Writer(url) as writer:
        point = "server.major-cluster.start.ran"
        major_house.failpoints.arm(point)
        identifier = major_house.ok("upgrade", name, "--to", "17", "--transfer", "link")["id"]
        major_house.failpoints.wait_hit(point, 120)
        major_house.ok("cancel", identifier)
        major_house.failpoints.release(point)
        assert major_house.wait_ended(identifier, 180)["state"] == "cancelled"
        writer.wait_for_more()
    writer.prove_nothing_lost()
    assert writer.refused == 0
    watcher.prove_one_at_a_time()
    prove_whole(major_house, name, majors[15])
    wait_for("commits to wait again", lambda: ask_node(
        major_house, primary(major_house, name), name, "SHOW synchronous_standby_names")[0][0].startswith("ANY 1"))
    assert len(data_folders(major_house, name)) == len(nodes(major_house, name))
