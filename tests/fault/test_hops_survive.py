"""Several upgrades in one operation, with processes killed at the seams between two: the way is gone to its end, or, when it is
cancelled there, the database stands on what it has reached; no acknowledged row is lost."""

import zlib

import pytest
from carry_out import carry_out
from harness.clients import Writer, server_version
from harness.processes import wait_for
from matrix import Case

POINTS = ("server.hops.1.certify.started", "server.hops.1.certify.ran", "server.hops.2.check.started",
          "server.hops.2.check.ran", "server.hops.2.target.ran", "server.hops.2.convert.ran")
VICTIMS = ("server", "agent", "gateway", "postmaster", "everything")
CLIENTS_NOTICE = ("gateway", "postmaster", "everything")
QUICK = {("everything", "server.hops.1.certify.ran"), ("everything", "server.hops.2.check.started")}
BACK = Case("hops", "server.hops.2.target.undo.started", "everything", True, "server.hops.2.convert.started")


def cases():
    forward = [Case("hops", point, victim) for point in POINTS for victim in VICTIMS]
    for case in forward + [BACK]:
        marks = [] if (case.victim, case.point) in QUICK else [pytest.mark.campaign]
        yield pytest.param(case, id=str(case), marks=marks)


def pytest_generate_tests(metafunc):
    metafunc.parametrize("hop_case", cases())


@pytest.mark.timeout(600)
def test_hops_end_on_a_version_of_the_way_with_every_row(major_house, majors, hop_case):
    house, case = major_house, hop_case
    name = f"h{zlib.crc32(str(case).encode())}"
    house.create(name, majors[13])
    try:
        with Writer(house.database_url(name)) as writer:
            operation = carry_out(house, case, name, lambda: house.ok("upgrade", name, "--to", "17"), seconds=400)
            writer.wait_for_more()
        writer.prove_nothing_lost()
        assert case.victim in CLIENTS_NOTICE or (writer.refused, writer.in_doubt) == (0, []), operation
        expected = ("cancelled", majors[15]) if case.going_back else ("finished", majors[17])
        wait_for("the agent to be back", lambda: house.show(name)["nodes"][0]["state"] != "unknown")
        shown = house.show(name)
        assert (operation["state"], shown["version"]) == expected, operation
        assert (shown["state"], shown["current_operation"]) == ("running", None)
        assert server_version(house.database_url(name)) == expected[1]
        assert len(house.postmasters(name)) == 1
    finally:
        house.failpoints.release_all()
        house.destroy(name)
