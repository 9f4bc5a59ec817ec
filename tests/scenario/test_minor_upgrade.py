"""The minor-upgrade of a single-node database under a client that writes all the time."""

import contextlib

from harness.clients import Writer, execute, query, server_version
from harness.expect import has_fields

OPERATION = "id database kind state from to steps stall certificate error"
STEP = "name text impact state estimate_ms actual_ms"
STALL = "max_ms p99_ms sessions_moved sessions_ended"


def assert_in_service(house, name, version):
    shown = house.show(name)
    assert (shown["state"], shown["version"], shown["current_operation"]) == ("running", version, None)
    assert server_version(house.database_url(name)) == version
    assert len(house.postmasters(name)) == 1


def test_offers_name_the_latest_minor_first_and_give_every_other_version_a_reason(house, shelf, database):
    answer = house.ok("offers", database)
    has_fields(answer, "current offers refused")
    first = answer["offers"][0]
    has_fields(first, "version kind direct text estimate")
    assert (first["version"], first["kind"], first["direct"]) == (shelf.line.newer, "minor", False)
    assert shelf.line.newer in first["text"]
    assert shelf.line.older in {row["version"] for row in answer["refused"]}
    assert all(row["reason"] for row in answer["refused"])
    known = {row["version"] for row in house.ok("engines", "list")["engines"]}
    assert known == {row["version"] for row in [*answer["offers"], *answer["refused"]]}


def test_the_plan_is_the_runbook_and_changes_nothing(house, shelf, database):
    operations = house.ok("operations", database)
    plan = house.ok("upgrade", database, "--plan")
    assert (plan["from"], plan["to"]) == (shelf.line.older, shelf.line.newer)
    runbooks = {row["kind"]: row for row in house.request("GET", "/api/v1/runbooks").json["runbooks"]}
    assert [step["text"] for step in plan["steps"]] == [step["text"] for step in runbooks[plan["kind"]]["steps"]]
    text = house.cli("upgrade", database, "--plan").out
    assert all(step["text"] in " ".join(text.split()) for step in plan["steps"]), text
    assert house.ok("operations", database) == operations
    assert_in_service(house, database, shelf.line.older)


def test_every_acknowledged_row_is_there_once_and_the_new_version_runs(house, shelf, database):
    url = house.database_url(database)
    with Writer(url) as writer:
        operation = house.ok("upgrade", database, "--to", shelf.line.newer, "--wait")
        writer.wait_for_more()
    writer.prove_nothing_lost()
    assert_in_service(house, database, shelf.line.newer)

    has_fields(operation, OPERATION)
    assert (operation["state"], operation["error"], operation["database"]) == ("finished", None, database)
    assert (operation["from"], operation["to"]) == (shelf.line.older, shelf.line.newer)
    for step in operation["steps"]:
        has_fields(step, STEP)
        assert step["state"] == "finished" and step["actual_ms"] >= 0, step
    has_fields(operation["stall"], STALL)
    # Our figure is what the client saw, within what its own reconnecting costs.
    assert 0 < operation["stall"]["max_ms"] <= writer.worst_gap * 1000 + 500
    assert operation["certificate"]["version"] == shelf.line.newer
    assert house.operation(operation["id"])["certificate"] == operation["certificate"]


def test_extensions_are_brought_to_what_the_new_version_has(house, database):
    url = house.database_url(database)
    execute(url, "CREATE EXTENSION hstore VERSION '1.4'")
    house.ok("upgrade", database, "--wait")
    ((installed, newest),) = query(url, "SELECT installed_version, default_version FROM pg_available_extensions "
                                        "WHERE name = 'hstore'")
    assert installed == newest != "1.4"


def test_cancelled_before_the_stop_clients_notice_nothing(house, shelf, database):
    point = "server.minor-single.checkpoint.started"
    with Writer(house.database_url(database)) as writer:
        house.failpoints.arm(point)
        identifier = house.ok("upgrade", database)["id"]
        house.failpoints.wait_hit(point)
        house.ok("cancel", identifier)
        house.failpoints.release(point)
        assert house.wait_ended(identifier)["state"] == "cancelled"
        writer.wait_for_more()
    writer.prove_nothing_lost()
    assert (writer.refused, writer.in_doubt) == (0, [])
    assert_in_service(house, database, shelf.line.older)


@contextlib.contextmanager
def unable_to_start(house, name):
    """A setting that no version takes, as long as the block runs."""
    (settings,) = (house.data / "agent" / "instances").glob(f"{name}_*/data/postgresql.auto.conf")
    before = settings.read_text()
    settings.write_text(before + "nonsense = 1\n")
    yield
    settings.write_text(before)


def test_when_the_new_version_does_not_start_the_old_one_comes_back_by_itself(house, shelf, database):
    start, back = "server.minor-single.restart.started", "server.minor-single.restart.undo.started"
    with Writer(house.database_url(database)) as writer:
        house.failpoints.arm(start)
        house.failpoints.arm(back)
        identifier = house.ok("upgrade", database)["id"]
        house.failpoints.wait_hit(start)
        with unable_to_start(house, database):
            house.failpoints.release(start)
            house.failpoints.wait_hit(back)
        house.failpoints.release(back)
        operation = house.wait_ended(identifier)
        writer.wait_for_more()
    writer.prove_nothing_lost()
    assert operation["state"] == "error", operation
    has_fields(operation["error"], "message in_service remedy")
    assert shelf.line.older in operation["error"]["in_service"]
    assert_in_service(house, database, shelf.line.older)
    # Nothing of the attempt is in the way of the next one.
    assert house.ok("upgrade", database, "--wait")["state"] == "finished"
    assert_in_service(house, database, shelf.line.newer)


def test_the_exit_status_of_a_failed_upgrade_is_5_and_says_what_is_in_service(house, shelf, database):
    start, back = "server.minor-single.restart.started", "server.minor-single.restart.undo.started"
    house.failpoints.arm(start)
    house.failpoints.arm(back)
    identifier = house.ok("upgrade", database)["id"]
    house.failpoints.wait_hit(start)
    with unable_to_start(house, database):
        house.failpoints.release(start)
        house.failpoints.wait_hit(back)
    house.failpoints.release(back)
    outcome = house.cli("operation", identifier, "--follow")
    assert outcome.status == 5, outcome
    assert f"PostgreSQL {shelf.line.older} is in service" in outcome.err
