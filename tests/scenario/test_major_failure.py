"""A major-upgrade that fails anywhere before clients are let in: the old version is back by itself, with every session."""

import pytest
from harness.clients import Writer, connect, server_version

OLD, NEW = 15, 17


def instance(house, name):
    (folder,) = (house.data / "agent" / "instances").glob(f"{name}_*")
    return folder


def prove_old_in_service(house, name, version):
    shown = house.show(name)
    assert (shown["state"], shown["version"], shown["current_operation"], shown["kept"]) == ("running", version, None, None)
    assert server_version(house.database_url(name)) == version
    assert [path.name for path in instance(house, name).glob("data*")] == ["data"]
    assert not (instance(house, name) / "data" / "global" / "pg_control.old").exists()
    assert len(house.postmasters(name)) == 1


def break_target(house, name, step):
    # Each step writes one of the files anew.
    file = {"convert": "pgbaton.conf", "start": "postgresql.auto.conf"}[step]
    with open(instance(house, name) / f"data-{NEW}" / file, "a", encoding="utf-8") as settings:
        settings.write("nonsense = 1\n")


# convert: pg_upgrade cannot start the new server. start: it has linked the files already, then the new server does not start.
@pytest.mark.parametrize(("step", "transfer"), [
    ("start", "link"), pytest.param("convert", "copy", marks=pytest.mark.campaign),
    pytest.param("convert", "link", marks=pytest.mark.campaign), pytest.param("start", "copy", marks=pytest.mark.campaign),
])
def test_a_target_that_does_not_start_puts_the_old_version_back_with_its_sessions(major_house, majors, new_database, step, transfer):
    house, name = major_house, new_database(majors[OLD])
    url = house.database_url(name)
    point = f"server.major-single.{step}.started"
    with connect(url) as session, Writer(url) as writer:
        session.execute("SET my.own = 'mine'")
        house.failpoints.arm(point)
        identifier = house.ok("upgrade", name, "--to", NEW, "--transfer", transfer)["id"]
        house.failpoints.wait_hit(point, 300)
        break_target(house, name, step)
        house.failpoints.release(point)
        operation = house.wait_ended(identifier, 300)
        writer.wait_for_more()
        assert session.execute("SELECT current_setting('my.own')").fetchone() == ("mine",)
    writer.prove_nothing_lost()
    assert (writer.refused, writer.in_doubt) == (0, [])
    assert operation["state"] == "error", operation
    assert "nonsense" in operation["error"]["message"], operation["error"]
    assert majors[OLD] in operation["error"]["in_service"]
    prove_old_in_service(house, name, majors[OLD])
    # Nothing of the attempt is in the way of the next one.
    assert house.ok("upgrade", name, "--to", NEW, "--wait", seconds=300)["state"] == "finished"


@pytest.mark.campaign
def test_cancelled_when_the_new_version_runs_already_the_old_one_comes_back(major_house, majors, new_database):
    house, name = major_house, new_database(majors[OLD])
    url = house.database_url(name)
    point = "server.major-single.extensions.started"
    with connect(url) as session, Writer(url) as writer:
        session.execute("PREPARE answer AS SELECT 42")
        house.failpoints.arm(point)
        identifier = house.ok("upgrade", name, "--to", NEW)["id"]
        house.failpoints.wait_hit(point, 300)
        house.ok("cancel", identifier)
        house.failpoints.release(point)
        assert house.wait_ended(identifier, 300)["state"] == "cancelled"
        writer.wait_for_more()
        assert session.execute("EXECUTE answer").fetchone() == (42,)
    writer.prove_nothing_lost()
    assert (writer.refused, writer.in_doubt) == (0, [])
    prove_old_in_service(house, name, majors[OLD])


def test_the_stall_budget_ends_the_attempt(major_house, majors, new_database):
    house, name = major_house, new_database(majors[OLD])
    with Writer(house.database_url(name)) as writer:
        outcome = house.cli("upgrade", name, "--to", NEW, "--max-stall", "400ms", "--wait", "--json", seconds=300)
        writer.wait_for_more()
    writer.prove_nothing_lost()
    assert outcome.status == 5, outcome
    assert "--max-stall" in outcome.err, outcome
    prove_old_in_service(house, name, majors[OLD])
