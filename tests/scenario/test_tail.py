"""The tail of the log is streamed: what was committed moments ago can be restored although its segment is not archived,
and the disk of the primary is gone."""

import shutil

import pytest
from harness.cluster import folder_of, primary, wait_all_replicate
from harness.processes import all_processes, kill_all, wait_for
from harness.timeline import Timeline, backed_up, restored_rows, text


def tail_of(house, name):
    shown = house.show(name)
    return shown["backups"]["archiving"]["tail"] if shown["backups"] else {"state": "off"}


def wait_streams(house, name):
    wait_for(f"the log of {name} to be streamed", lambda: tail_of(house, name)["state"] == "streaming")


def wait_has_all(house, name):
    wait_for(f"the spool of {name} to have all", lambda: tail_of(house, name).get("lag_bytes") == 0
             and tail_of(house, name)["state"] == "streaming")


def streams(house):
    return [process for process in all_processes()
            if "bin/pg_receivewal" in process.command and str(house.data) in process.command]


def spool(house, name):
    return sorted(path for path in (house.data / "agent" / "backups" / "spool").glob(f"{name}-*/*/*"))


def lose_disk(house, name):
    """The primary's data directory is gone, and its processes. Away first: a postmaster that is killed is started again."""
    folder = folder_of(house, primary(house, name))
    processes = [process for process in house.postmasters(name) if process.folder == str(folder)]
    lost = folder.rename(folder.with_name("lost"))
    kill_all(processes)
    shutil.rmtree(lost)


def test_what_was_committed_moments_ago_survives_the_loss_of_the_disk(house, database):
    timeline = Timeline(house.database_url(database))
    backed_up(house, database)
    wait_streams(house, database)
    timeline.write(20)
    wait_has_all(house, database)
    moment = timeline.moment()
    lose_disk(house, database)
    assert restored_rows(house, database, moment) == timeline.at(moment)


def test_a_stream_that_is_killed_goes_on_and_what_is_archived_leaves_the_spool(house, database):
    timeline = Timeline(house.database_url(database))
    wait_streams(house, database)
    kill_all(streams(house))
    timeline.write(3)
    wait_has_all(house, database)
    house.ok("backup", database, "--wait")
    wait_for("only the segment that is written to be in the spool",
             lambda: [path.suffix for path in spool(house, database)] == [".partial"])
    metrics = house.request("GET", "/metrics").text
    (line,) = [line for line in metrics.splitlines() if line.startswith(f'pgbaton_restore_lag_seconds{{database="{database}"')]
    assert 0 <= float(line.split()[-1]) < 60


@pytest.mark.campaign
def test_it_follows_a_switchover_and_a_failover_and_restores_across_both(house, shelf):
    name = "tailcluster"
    house.create(name, shelf.line.newer, "business-512")
    try:
        timeline = Timeline(house.database_url(name))
        backed_up(house, name)
        moments = [timeline.write(3)]
        house.ok("switchover", name, "--wait")
        wait_streams(house, name)
        moments.append(timeline.write(3))
        wait_all_replicate(house, name)
        failed = primary(house, name)
        wait_for("the standby to have all", lambda: all(
            node["lag_bytes"] == 0 for node in house.show(name)["nodes"] if node["role"] == "standby"))
        lose_disk(house, name)
        wait_for("the standby to take over", lambda: primary(house, name) != failed, 120)
        wait_for("the failover to end", lambda: house.show(name)["current_operation"] is None, 120)
        wait_streams(house, name)
        moments.append(timeline.write(3))
        timeline.write()
        assert {path.parent.name for path in spool(house, name)} & {"00000003"}
        for moment in moments:
            assert restored_rows(house, name, moment) == timeline.at(moment), text(moment)
    finally:
        wait_for("nothing to go on", lambda: house.show(name)["current_operation"] is None, 120)
        house.destroy(name)
    assert not spool(house, name)

