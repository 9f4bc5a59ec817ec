"""Processes that die while no operation runs: clients get their database back without a human."""

import socket

import pytest
from harness.clients import Writer, server_version, wait_in_service
from harness.processes import kill_all, wait_for


def test_a_killed_postmaster_is_started_again_with_every_row(house, shelf, database):
    (before,) = house.postmasters(database)
    with Writer(house.database_url(database)) as writer:
        kill_all([before])
        writer.wait_for_more()
    writer.prove_nothing_lost()
    (after,) = house.postmasters(database)
    assert after.pid != before.pid
    assert server_version(house.database_url(database)) == shelf.line.older


def test_clients_notice_nothing_when_server_and_agent_are_killed(house, database):
    (postmaster,) = house.postmasters(database)
    killed = [house.part("server"), house.part("agent")]
    with Writer(house.database_url(database)) as writer:
        kill_all(killed)
        wait_for("both to be started again", lambda: house.part("server") and house.part("agent"))
        wait_for("the server to answer", lambda: house.cli("show", database).status == 0)
        writer.wait_for_more()
    writer.prove_nothing_lost()
    assert (writer.refused, writer.in_doubt) == (0, [])
    assert house.postmasters(database) == [postmaster]
    assert not any(process.is_alive() for process in killed)


def test_after_a_reboot_of_the_host_up_brings_every_database_back(own_house, shelf):
    house = own_house
    low, high = shelf.lines
    versions = {"one": low.older, "two": high.newer}
    writers = {}
    for name, version in versions.items():
        house.create(name, version)
        with Writer(house.database_url(name)) as writers[name]:
            pass
    house.reboot()
    for name, version in versions.items():
        wait_in_service(house.database_url(name))
        writers[name].prove_nothing_lost()
        assert server_version(house.database_url(name)) == version
        assert house.show(name)["state"] == "running"
        assert len(house.postmasters(name)) == 1


def test_down_stops_the_databases_and_up_starts_them(own_house, shelf):
    house = own_house
    house.create("kept", shelf.line.older)
    with Writer(house.database_url("kept")) as writer:
        pass
    assert house.cli("down", "--data", house.data).status == 0
    assert house.supervisor.wait(timeout=60) == 0
    # A postmaster that has given its data directory up is still there for a moment.
    wait_for("the postmaster to be gone", lambda: not house.postmasters())
    house.start()
    wait_in_service(house.database_url("kept"))
    writer.prove_nothing_lost()


@pytest.mark.campaign
def test_a_database_whose_port_is_taken_at_the_start_is_in_nobodys_way(own_house, shelf):
    house = own_house
    for name in ("one", "two"):
        house.create(name, shelf.line.newer)
    port = house.show("one")["port"]
    assert house.cli("down", "--data", house.data).status == 0
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        house.start()
        wait_in_service(house.database_url("two"))
    wait_in_service(house.database_url("one"))
