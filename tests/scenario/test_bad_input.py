"""What cannot be done is refused with the stated exit status, one sentence and a remedy, and changes nothing."""

import pytest
from harness.expect import refused
from harness.house import House, free_port

CREATE = ("create", "fresh", "--plan", "starter-512")

# words of the command, exit status, what the sentence names
ALONE = [
    (("create", "fresh", "--plan", "huge-4096"), 2, "huge-4096"),
    (("create", "fresh", "--plan", "starter-1"), 2, "starter-1"),
    (("create", "fresh", "--plan", "starter-"), 2, "starter-"),
    (("create", "fresh"), 2, "--plan"),
    ((*CREATE, "--version", "seventeen"), 2, "seventeen"),
    ((*CREATE, "--version", "99"), 3, "99"),
    (("create", "Fresh-1", "--plan", "starter-512"), 2, "Fresh-1"),
    (("create", "1fresh", "--plan", "starter-512"), 2, "1fresh"),
    (("create", "x" * 64, "--plan", "starter-512"), 2, "x"),
    (("create", "a'; DROP", "--plan", "starter-512"), 2, "DROP"),
    ((*CREATE, "--locale-provider", "martian"), 2, "martian"),
    (("show", "nosuch"), 3, "nosuch"),
    (("url", "nosuch"), 3, "nosuch"),
    (("offers", "nosuch"), 3, "nosuch"),
    (("preflight", "nosuch"), 3, "nosuch"),
    (("upgrade", "nosuch"), 3, "nosuch"),
    (("upgrade", "nosuch", "--plan"), 3, "nosuch"),
    (("operations", "nosuch"), 3, "nosuch"),
    (("destroy", "nosuch", "--confirm", "nosuch"), 3, "nosuch"),
    (("show", "../../etc"), 3, "../../etc"),
    (("operation", "nosuch"), 3, "nosuch"),
    (("cancel", "nosuch"), 3, "nosuch"),
    (("engines", "install", "99"), 3, "99"),
    (("engines", "install", "new"), 2, "new"),
    (("engines", "qualify", "99"), 3, "99"),
    (("engines", "release", "99"), 3, "99"),
    (("engines", "withdraw", "99"), 3, "99"),
    (("upgrad", "nosuch"), 2, "upgrad"),
    (("list", "--nosuch"), 2, "--nosuch"),
    (("engines",), 2, "engines"),
]


def everything(house):
    """What a refusal must not change."""
    databases = [{key: row[key] for key in row if key != "size_bytes"} for row in house.ok("list")["databases"]]
    return databases, house.ok("engines", "list")["engines"], house.ok("operations")["operations"], \
        house.instance_folders()


@pytest.mark.parametrize("words, status, named", ALONE, ids=[" ".join(row[0])[:60] for row in ALONE])
def test_it_is_refused(house, words, status, named):
    before = everything(house)
    refused(house.cli(*words, "--json"), status, named)
    assert everything(house) == before


def test_people_get_the_sentence_and_the_remedy_on_the_error_stream(house):
    outcome = house.cli("show", "nosuch")
    assert (outcome.status, outcome.out) == (3, "")
    sentence, remedy = outcome.err.splitlines()
    assert sentence.startswith("pgbaton: ") and "nosuch" in sentence
    assert remedy.startswith("  ") and "pgbaton list" in remedy


def test_a_single_node_has_no_standby_to_wait_for_or_to_switch_to(house, database):
    refused(house.cli("create", "fresh", "--plan", "starter-512", "--replication", "synchronous", "--json"), 2, "standby")
    refused(house.cli("create", "fresh", "--plan", "business-512", "--replication", "maybe", "--json"), 2, "replication")
    refused(house.cli("switchover", database, "--json"), 4, "no standby")
    refused(house.cli("switchover", "nosuch", "--json"), 3, "nosuch")


def test_a_name_that_is_taken_is_refused(house, database):
    before = everything(house)
    refused(house.cli("create", database, "--plan", "starter-512", "--json"), 4, database)
    assert everything(house) == before


def test_a_downgrade_and_the_version_that_runs_are_refused(house, shelf):
    line = shelf.line
    house.create("top", line.newer)
    try:
        before = everything(house)
        for to in (line.older, line.newer, shelf.lines[0].newer, "13"):
            for plan in ((), ("--plan",)):
                refused(house.cli("upgrade", "top", "--to", to, *plan, "--json"), 4, to)
        refused(house.cli("upgrade", "top", "--json"), 4, line.newer)
        refused(house.cli("upgrade", "top", "--to", "99", "--json"), 3, "99")
        refused(house.cli("upgrade", "top", "--to", "9.6", "--json"), 2, "9.6")
        assert everything(house) == before
    finally:
        house.destroy("top")


def test_a_major_before_the_latest_minor_is_refused_and_says_what_comes_first(house, shelf):
    low, high = shelf.lines
    house.create("skipper", low.older)
    try:
        before = everything(house)
        error = refused(house.cli("upgrade", "skipper", "--to", high.newer, "--json"), 4, low.older)
        assert low.newer in error["remedy"]
        error = refused(house.cli("upgrade", "skipper", "--to", high.older, "--json"), 4, high.older)
        assert everything(house) == before
    finally:
        house.destroy("skipper")


def test_a_database_with_a_running_operation_refuses_another(house, database):
    point = "server.minor-single.check.started"
    house.failpoints.arm(point)
    running = house.ok("upgrade", database)["id"]
    house.failpoints.wait_hit(point)
    shown = house.show(database)
    assert (shown["state"], shown["current_operation"]) == ("upgrading", running)
    for words in (("upgrade", database), ("destroy", database, "--confirm", database), ("upgrade", database, "--plan")):
        error = refused(house.cli(*words, "--json"), 4, running)
        assert running in error["remedy"]
    house.failpoints.release(point)
    assert house.wait_ended(running)["state"] == "finished"
    assert len(house.ok("operations", database)["operations"]) == 2


def test_a_wrong_token_is_refused(house):
    error = refused(house.cli("list", "--json", token="x" * 40), 4, "token")
    assert "PGBATON_TOKEN" in error["remedy"]


def test_a_server_that_is_not_there_is_exit_status_6(house):
    refused(house.cli("list", "--json", server=f"http://127.0.0.1:{free_port()}"), 6)


@pytest.mark.campaign
def test_when_every_port_is_taken_create_says_so_and_leaves_nothing(shelf):
    with House(shelf.template, width=1) as small:
        small.create("first", shelf.line.older)
        outcome = small.cli("create", "second", "--plan", "starter-512", "--wait", "--json")
        error = refused(outcome, 4, f"{small.range[0]}-{small.range[1]}")
        assert "--gateway-ports" in error["remedy"]
        assert [row["name"] for row in small.ok("list")["databases"]] == ["first"]
        assert small.instance_folders() == ["first_1"]
        small.destroy("first")
        small.create("second", shelf.line.older)
