"""A database from `create` to `destroy`, as its owner and its clients see it."""

import pathlib

import psycopg
import pytest
from harness.clients import connect, execute, query, server_version
from harness.expect import has_fields, refused

SHOWN = "name plan topology version state port nodes current_operation next_upgrade revert_until"
NODE = "name role version state lag_bytes"


def test_create_ends_in_a_running_database_that_is_shown_as_documented(house, shelf, database):
    shown = house.show(database)
    has_fields(shown, SHOWN)
    assert shown["name"] == database
    assert (shown["plan"], shown["topology"]) == ("starter-512", "starter")
    assert (shown["state"], shown["version"]) == ("running", shelf.line.older)
    assert house.range[0] <= shown["port"] <= house.range[1]
    assert (shown["current_operation"], shown["revert_until"]) == (None, None)
    assert shown["next_upgrade"] == shelf.line.newer
    (node,) = shown["nodes"]
    has_fields(node, NODE)
    assert (node["role"], node["state"], node["version"]) == ("primary", "running", shelf.line.older)


def test_list_holds_what_show_shows(house, database):
    (listed,) = [row for row in house.ok("list")["databases"] if row["name"] == database]
    shown = house.show(database)
    moving = {"size_bytes", "backups"}  # what is in the repository is asked for one database only
    assert {key: listed[key] for key in listed if key not in moving} == {
        key: shown[key] for key in shown if key not in moving}


def test_the_tables_for_people_name_the_database_and_its_version(house, shelf, database):
    for words in (("list",), ("show", database)):
        outcome = house.cli(*words)
        assert outcome.status == 0
        assert database in outcome.out and shelf.line.older in outcome.out, outcome


def test_url_is_all_that_a_client_needs(house, shelf, database):
    url = house.cli("url", database).out.strip()
    assert url == house.database_url(database)
    port = house.show(database)["port"]
    assert url.startswith(f"postgresql://{database}:") and url.endswith(f"@127.0.0.1:{port}/{database}")
    assert server_version(url) == shelf.line.older


def test_the_owner_owns_the_database_and_is_no_superuser(house, database):
    url = house.database_url(database)
    ((user, is_super, can_create_roles, replicates),) = query(
        url, "SELECT rolname, rolsuper, rolcreaterole, rolreplication FROM pg_roles WHERE rolname = current_user")
    assert (user, is_super, can_create_roles, replicates) == (database, False, False, True)
    assert query(url, "SELECT pg_get_userbyid(datdba), pg_encoding_to_char(encoding) FROM pg_database "
                      "WHERE datname = current_database()") == [(database, "UTF8")]
    execute(url, "CREATE SCHEMA own CREATE TABLE t (n int)")


def test_connections_are_encrypted_and_the_certificate_is_of_our_authority(house, database):
    url = house.database_url(database)
    with connect(url, sslmode="verify-full", sslrootcert=house.data / "tls" / "ca.crt") as connection:
        assert connection.pgconn.ssl_in_use
        assert [session["tls"] for session in house.ok("sessions", database)["sessions"]] == [True]


def test_a_wrong_password_and_the_platforms_superuser_are_not_let_in(house, database):
    url = house.database_url(database)
    for wrong in ({"password": "x"}, {"user": "postgres", "password": "x"}, {"user": "pgbaton", "password": "x"}):
        with pytest.raises(psycopg.OperationalError):
            connect(url, **wrong)


def test_data_checksums_and_the_plans_memory_are_set(house, database):
    url = house.database_url(database)
    settings = dict(query(url, "SELECT name, setting FROM pg_settings"))
    assert settings["data_checksums"] == "on"
    assert settings["password_encryption"] == "scram-sha-256"
    assert 50 <= int(settings["max_connections"]) <= 100  # of half a GB
    assert 0 < int(settings["shared_buffers"]) * 8192 <= 512 << 20


def memory_limit_of(pid):
    """Bytes that the control group of a process may use; version 2, or the memory controller of version 1."""
    for line in pathlib.Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, controllers, group = line.split(":", 2)
        for mount, file in ((f"memory{group}", "memory.limit_in_bytes"), (group[1:], "memory.max")):
            limit = pathlib.Path("/sys/fs/cgroup", mount, file)
            if controllers in ("memory", "") and limit.exists():
                return limit.read_text().strip()
    return None


def test_the_plans_memory_is_a_limit_or_it_is_said_why_not(house, database):
    (node,) = house.show(database)["nodes"]
    (postmaster,) = house.postmasters(database)
    if node["limits"] == "enforced":
        assert memory_limit_of(postmaster.pid) == str(512 << 20)
    else:
        assert node["limits"].startswith("not enforced: ") and len(node["limits"]) > 20
    assert node["limits"] in house.cli("show", database).out


def test_destroy_asks_for_the_name_once_more(house, database):
    before = house.show(database)
    for words in ((), ("--confirm", "other")):
        error = refused(house.cli("destroy", database, *words, "--json"), 4, database)
        assert f"--confirm {database}" in error["remedy"]
    assert house.show(database)["state"] == before["state"]


def test_destroy_leaves_no_file_no_process_and_a_free_name(house, shelf):
    house.create("shortlived", shelf.line.newer)
    port = house.show("shortlived")["port"]
    assert any(name.startswith("shortlived") for name in house.instance_folders())
    assert house.destroy("shortlived")["state"] == "finished"
    assert not any(name.startswith("shortlived") for name in house.instance_folders())
    assert house.postmasters("shortlived") == []
    refused(house.cli("show", "shortlived", "--json"), 3, "shortlived")
    house.create("shortlived", shelf.line.newer)
    assert house.show("shortlived")["port"] == port
    house.destroy("shortlived")


def test_create_without_wait_prints_the_operation_at_once(house, shelf):
    outcome = house.cli("create", "background", "--plan", "starter-512", "--version", shelf.line.older)
    assert outcome.status == 0 and outcome.out.strip(), outcome
    assert house.wait_ended(outcome.out.strip())["state"] == "finished"
    house.destroy("background")


def test_a_major_means_its_newest_minor(house, shelf):
    operation = house.create("newest", str(shelf.line.major))
    assert operation["to"].startswith(shelf.line.newer)
    assert house.show("newest")["version"] == shelf.line.newer
    house.destroy("newest")
