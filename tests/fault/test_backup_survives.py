"""Backups and restores with every process killed at every step: the database serves with every row, and what was asked
for is whole or not there at all."""

import zlib

import pytest
from carry_out import carry_out
from harness.clients import wait_in_service
from harness.processes import wait_for
from harness.timeline import Timeline, rows_of, text

KINDS = ("backup", "restore-new", "restore-in-place")


def prove_restorable(house, name, timeline, moment):
    """The repository is whole, and has the moment."""
    wait_for("the agent to be back", lambda: house.show(name)["nodes"][0]["state"] != "unknown")
    assert house.ok("backup", name, "--wait")["state"] == "finished"
    assert house.cli("backups", name, "--verify").status == 0
    proof = f"{name}p"
    house.ok("restore", name, "--to", text(moment), "--as", proof, "--wait")
    assert rows_of(house.database_url(proof)) == timeline.at(moment)
    house.destroy(proof)


@pytest.mark.timeout(300)
def test_it_ends_whole_or_not_at_all_with_every_row(house, shelf, case):
    name = f"k{zlib.crc32(str(case).encode())}"
    house.create(name, shelf.line.newer)
    url = house.database_url(name)
    clone = f"{name}c"
    try:
        timeline = Timeline(url)
        house.ok("backup", name, "--wait")
        moment = timeline.write(2)
        wait_for("the moment to be in the window",
                 lambda: (house.ok("backups", name)["window"]["earliest"] or "9") <= text(timeline.moment()))
        moment = timeline.write()
        timeline.write()
        begin = {"backup": lambda: house.ok("backup", name),
                 "restore-new": lambda: house.ok("restore", name, "--to", text(moment), "--as", clone),
                 "restore-in-place": lambda: house.ok("restore", name, "--to", text(moment))}[case.kind]
        operation = carry_out(house, case, clone if case.kind == "restore-new" else name, begin, seconds=180)
        finished = operation["state"] == "finished"
        assert finished or operation["state"] == ("cancelled" if case.going_back else "error"), operation
        wait_in_service(url)
        is_back = case.kind == "restore-in-place" and finished
        assert rows_of(url) == (timeline.at(moment) if is_back else [row[0] for row in timeline.rows])
        there = [shown["name"] for shown in house.ok("list")["databases"]]
        assert (clone in there) == (case.kind == "restore-new" and finished)
        if clone in there:
            assert rows_of(house.database_url(clone)) == timeline.at(moment)
        prove_restorable(house, name, timeline, moment)
    finally:
        house.failpoints.release_all()
        for left in (clone, name):
            if house.cli("show", left).status == 0:
                house.destroy(left)
    assert house.postmasters() == []
