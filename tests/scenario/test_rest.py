"""The REST API as programs use it."""

import json
import urllib.request

import pytest


def test_an_upgrade_is_answered_with_202_and_where_to_look(house, database):
    answer = house.request("POST", f"/api/v1/databases/{database}/upgrade", {})
    assert answer.status == 202
    identifier = answer.json["id"]
    assert answer.headers["Location"] == f"/api/v1/operations/{identifier}"
    found = house.request("GET", answer.headers["Location"])
    assert (found.status, found.json["id"], found.json["kind"]) == (200, identifier, "minor-single")
    assert house.wait_ended(identifier)["state"] == "finished"


def test_the_stream_of_events_tells_every_step_and_ends_with_the_operation(house, database):
    identifier = house.request("POST", f"/api/v1/databases/{database}/upgrade").json["id"]
    request = urllib.request.Request(f"{house.url}/api/v1/operations/{identifier}/events",
                                     headers={"Authorization": f"Bearer {house.token}"})
    with urllib.request.urlopen(request, timeout=60) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        messages = [json.loads(line[6:]) for line in stream.read().decode().splitlines() if line.startswith("data: ")]
    last = messages[-1]["operation"]
    assert last["state"] == "finished"
    told = {event["step"] for message in messages for event in message["events"]}
    assert told >= {step["name"] for step in last["steps"]}
    numbers = [event["number"] for message in messages for event in message["events"]]
    assert numbers == sorted(set(numbers))


PROBLEMS = [
    ("GET", "/api/v1/databases/nosuch", None, 404, "not-found"),
    ("POST", "/api/v1/databases", {"name": "x"}, 400, "invalid-argument"),
    ("POST", "/api/v1/databases", {"name": 1, "plan": "starter-512"}, 400, "invalid-argument"),
    ("POST", "/api/v1/databases", {"name": "x", "plan": "starter-512", "replication": "synchronous"}, 400,
     "invalid-argument"),
    ("POST", "/api/v1/databases/nosuch/switchover", {}, 404, "not-found"),
    ("POST", "/api/v1/databases", [], 400, "invalid-argument"),
    ("DELETE", "/api/v1/databases/nosuch?confirm=nosuch", None, 404, "not-found"),
    ("POST", "/api/v1/databases/nosuch/upgrade", {"to": 17}, 400, "invalid-argument"),
    ("POST", "/api/v1/databases/nosuch/upgrade", {"direct": "yes"}, 400, "invalid-argument"),
    ("POST", "/api/v1/operations/nosuch/cancel", None, 404, "not-found"),
    ("POST", "/api/v1/engines/x/install", None, 400, "invalid-argument"),
    ("POST", "/api/v1/engines/17/qualify", {"level": "endless"}, 400, "invalid-argument"),
]


@pytest.mark.parametrize("method, path, body, status, code", PROBLEMS)
def test_an_error_is_a_problem_with_a_stable_code_and_a_remedy(house, method, path, body, status, code):
    answer = house.request(method, path, body)
    assert (answer.status, answer.json["code"]) == (status, code), answer.text
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert answer.json["status"] == status
    assert answer.json["detail"] and answer.json["remedy"] and answer.json["type"]


def test_a_body_that_is_no_json_is_a_problem_too(house):
    request = urllib.request.Request(f"{house.url}/api/v1/databases", method="POST", data=b"{not json",
                                     headers={"Authorization": f"Bearer {house.token}"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=60)
    assert refused.value.code == 400
    assert json.loads(refused.value.read())["code"] == "invalid-argument"


@pytest.mark.parametrize("token", ["", "x", "x" * 40])
def test_without_the_right_token_nothing_is_told(house, token):
    for path in ("/api/v1/databases", "/api/v1/engines", "/api/v1/operations/nosuch/events"):
        answer = house.request("GET", path, token=token)
        assert (answer.status, answer.json["code"]) == (401, "unauthorized")


def test_logs_hold_no_password(house, database):
    password = house.database_url(database).split(":")[2].partition("@")[0]
    for log in (house.data / "log").glob("*.log"):
        assert password not in log.read_text(), log
    for log in (house.data / "agent" / "instances").glob("*/log/*"):
        assert password not in log.read_text(), log
