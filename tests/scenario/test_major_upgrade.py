"""The major-upgrade of a single-node database in place, under clients that keep their sessions."""

import pytest
from harness.clients import Writer, connect, execute, query, server_version


def assert_in_service(house, name, version):
    shown = house.show(name)
    assert (shown["state"], shown["version"], shown["current_operation"]) == ("running", version, None)
    assert server_version(house.database_url(name)) == version
    assert len(house.postmasters(name)) == 1


def data_folders(house, name):
    return sorted(path.name for path in (house.data / "agent" / "instances").glob(f"{name}_*/data*"))


@pytest.mark.campaign
def test_from_13_to_18_by_every_major_under_a_writer_with_its_session(major_house, majors, new_database):
    path = majors.path
    name = new_database(majors[path[0]])
    url = major_house.database_url(name)
    with connect(url) as session, Writer(url) as writer:
        session.execute("SET application_name = 'kept'")
        session.execute("SET my.own = 'mine'")
        session.execute("PREPARE answer AS SELECT 41 + $1")
        for major in path[1:]:
            operation = major_house.ok("upgrade", name, "--to", major, "--wait")
            assert (operation["state"], operation["kind"]) == ("finished", "major-single"), operation
            writer.wait_for_more()
            assert_in_service(major_house, name, majors[major])
            assert session.execute("EXECUTE answer(1)").fetchone() == (42,)
            assert session.execute("SELECT current_setting('my.own')").fetchone() == ("mine",)
            certificate = operation["certificate"]
            assert certificate["version"] == majors[major]
            assert certificate["from_system_identifier"] != certificate["system_identifier"]
            assert certificate["rows"]["equal"] and certificate["rows"]["rows_read"] > 0, certificate["rows"]
            # One old version is kept, the last.
            assert len(data_folders(major_house, name)) == 2
        assert operation["stall"]["sessions_ended"] == 0
    writer.prove_nothing_lost()
    assert (writer.refused, writer.in_doubt) == (0, [])


def test_direct_from_13_to_17_leaves_majors_out(major_house, majors, new_database):
    name = new_database(majors[13])
    refused = major_house.cli("upgrade", name, "--to", majors[17], "--json")
    assert refused.status == 4
    assert "--direct" in refused.error["remedy"]
    url = major_house.database_url(name)
    execute(url, "CREATE TABLE kept (n int); INSERT INTO kept SELECT generate_series(1, 1000)")
    operation = major_house.ok("upgrade", name, "--to", "17", "--direct", "--wait")
    assert operation["state"] == "finished", operation
    assert_in_service(major_house, name, majors[17])
    assert query(url, "SELECT count(*), sum(n) FROM kept") == [(1000, 500500)]
