"""The major-upgrade of a single-node database, with every process killed at every step, under a client that writes: afterwards the
old or the new version is in service on its own data, and no acknowledged row is lost."""

import zlib

import pytest
from carry_out import carry_out
from harness.clients import Writer, server_version
from harness.processes import wait_for

KIND = "major-single"
BETWEEN_CLIENT_AND_DATA = ("gateway", "postmaster", "everything")


def prove_one_version_in_service(house, name, version):
    wait_for("the agent to be back", lambda: house.show(name)["nodes"][0]["state"] != "unknown")
    shown = house.show(name)
    assert (shown["state"], shown["version"], shown["current_operation"]) == ("running", version, None)
    assert server_version(house.database_url(name)) == version
    assert len(house.postmasters(name)) == 1


@pytest.mark.timeout(600)
def test_a_major_upgrade_ends_in_one_version_with_every_row(major_house, majors, case):
    house = major_house
    name = f"m{zlib.crc32(str(case).encode())}"
    house.create(name, majors[15])
    try:
        with Writer(house.database_url(name)) as writer:
            operation = carry_out(house, case, name, lambda: house.ok("upgrade", name, "--to", "17"), seconds=240)
            writer.wait_for_more()
        writer.prove_nothing_lost()
        assert case.victim in BETWEEN_CLIENT_AND_DATA or (writer.refused, writer.in_doubt) == (0, []), operation
        finished = operation["state"] == "finished"
        assert finished or operation["state"] == ("cancelled" if case.going_back else "error"), operation
        assert not (finished and case.going_back)
        prove_one_version_in_service(house, name, majors[17] if finished else majors[15])
        folders = sorted(path.name for path in (house.data / "agent" / "instances").glob(f"{name}_1/data*"))
        assert folders == (["data", "data-17"] if finished else ["data"])
        # Nothing of the attempt is in the way of the next one.
        if not finished:
            assert house.ok("upgrade", name, "--to", "17", "--wait", seconds=240)["state"] == "finished"
    finally:
        house.failpoints.release_all()
        house.destroy(name)
    assert house.postmasters() == []
