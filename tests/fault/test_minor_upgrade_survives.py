"""The minor-upgrade of a single-node database, with every process killed at every step, under a client that writes:
afterwards the old or the new version is in service, no acknowledged row is lost, and the client has noticed nothing
unless what it was connected to was killed."""

import zlib

import pytest
from carry_out import carry_out
from harness.clients import Writer, server_version
from harness.processes import wait_for

KIND = "minor-single"
BETWEEN_CLIENT_AND_DATA = ("gateway", "postmaster", "everything")


def prove_one_version_in_service(house, name, version):
    # A killed agent is back within moments; until then nobody says how the node is.
    wait_for("the agent to be back", lambda: house.show(name)["nodes"][0]["state"] != "unknown")
    shown = house.show(name)
    assert (shown["state"], shown["version"], shown["current_operation"]) == ("running", version, None)
    assert [(node["version"], node["state"]) for node in shown["nodes"]] == [(version, "running")]
    assert server_version(house.database_url(name)) == version
    assert len(house.postmasters(name)) == 1
    assert house.instance_folders() == [node["name"] for node in shown["nodes"]]


@pytest.mark.timeout(180)
def test_a_minor_upgrade_ends_in_one_version_with_every_row(house, shelf, case):
    name = f"m{zlib.crc32(str(case).encode())}"
    line = shelf.line
    house.create(name, line.older)
    try:
        with Writer(house.database_url(name)) as writer:
            operation = carry_out(house, case, name, lambda: house.ok("upgrade", name))
            writer.wait_for_more()
        writer.prove_nothing_lost()
        assert case.victim in BETWEEN_CLIENT_AND_DATA or (writer.refused, writer.in_doubt) == (0, []), operation
        finished = operation["state"] == "finished"
        assert finished or operation["state"] == ("cancelled" if case.going_back else "error"), operation
        assert not (finished and case.going_back)
        assert finished or case.going_back or operation["error"]["in_service"], operation
        prove_one_version_in_service(house, name, line.newer if finished else line.older)
    finally:
        house.failpoints.release_all()
        house.destroy(name)
    assert house.instance_folders() == []
    assert house.postmasters() == []
