"""`pgbaton up`, and what its server says of itself."""

import os
import pwd
import re
import socket
import stat

import psycopg
import pytest
from harness.clients import query, wait_in_service
from harness.expect import refused
from harness.house import House


def up_again(house, *arguments):
    return house.cli("up", "--engines", house.engines, "--gateway-ports", "6001-6002", *arguments, "--json", seconds=60)


def test_up_says_in_one_line_that_it_is_ready_and_where(house):
    assert house.ready_line == f"pgbaton is ready: {house.url} (data in {house.data})\n"


def test_healthz_needs_no_token(house):
    answer = house.request("GET", "/healthz", token="")
    assert (answer.status, answer.json) == (200, {"status": "ok"})


def test_metrics_are_text_that_prometheus_reads(house):
    answer = house.request("GET", "/metrics", token="")
    assert answer.status == 200
    lines = answer.text.splitlines()
    assert any(line.startswith("pgbaton_") for line in lines)
    for line in lines:
        assert line.startswith("#") or re.fullmatch(r'[a-zA-Z_:][\w:]*(\{[^}]*\})? \S+( \d+)?', line), line


def test_openapi_describes_routes_that_are_all_there(house):
    described = house.request("GET", "/api/v1/openapi.json", token="").json
    assert described["openapi"].startswith("3.")
    routes = [(method.upper(), path) for path, methods in described["paths"].items() for method in methods]
    assert ("POST", "/api/v1/databases/{name}/upgrade") in routes
    for method, path in routes:
        answer = house.request(method, re.sub(r"\{\w+\}", "nosuch", path), token="")
        route = described["paths"][path][method.lower()]
        is_open = "security" not in route
        # An open route that needs a body, as signing in does, says what is wrong with none.
        wanted = 401 if not is_open else 400 if method == "POST" else 200 if "200" in route["responses"] else 204
        assert answer.status == wanted, (method, path, answer.text)


def test_a_path_that_is_no_route_is_answered_with_404(house):
    assert house.request("GET", "/api/v1/nosuch").status == 404


def test_the_data_folder_and_the_token_are_closed_to_others(house):
    assert stat.S_IMODE(house.data.stat().st_mode) == 0o700
    assert stat.S_IMODE((house.data / "token").stat().st_mode) == 0o600
    assert len(house.token) >= 40


def test_a_second_up_on_the_same_data_is_refused(house):
    error = refused(up_again(house, "--data", house.data, "--listen", "127.0.0.1:1"), 4, str(house.data))
    assert "pgbaton down" in error["remedy"]
    assert house.request("GET", "/healthz").status == 200


def test_up_on_a_port_that_another_program_uses_fails_and_names_it(house):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = f"127.0.0.1:{other.getsockname()[1]}"
        outcome = up_again(house, "--data", house.folder / "second", "--listen", address)
    error = refused(outcome, 5, address)
    assert "--listen" in error["remedy"]


def test_up_with_a_range_that_is_none_is_a_usage_error(house):
    refused(house.cli("up", "--data", house.folder / "third", "--gateway-ports", "9-1", "--json"), 2, "9-1")


def test_clients_of_other_machines_are_let_in_where_the_gateway_listens(shelf):
    """127.0.0.2 stands for an address of this machine in a network."""
    with House(shelf.template) as narrow:
        narrow.create("shop", shelf.line.newer)
        url = narrow.database_url("shop")
        assert "@127.0.0.1:" in url and query(url, "SELECT 1") == [(1,)]
        with pytest.raises(psycopg.OperationalError, match="refused"):
            query(url.replace("@127.0.0.1:", "@127.0.0.2:"), "SELECT 1")
        assert narrow.cli("down", "--data", narrow.data).status == 0
        narrow.supervisor.wait(timeout=60)
        narrow.arguments = ["--gateway-listen", "127.0.0.2"]
        narrow.start()
        url = narrow.database_url("shop")
        assert "@127.0.0.2:" in url
        wait_in_service(url)
        narrow.destroy("shop")


def test_down_and_up_again_keep_the_token_and_the_address():
    with House() as first:
        token = first.token
        assert first.cli("down", "--data", first.data).status == 0
        assert first.supervisor.wait(timeout=60) == 0
        first.start()
        assert first.token == token
        assert first.ok("list") == {"databases": []}


def test_an_ordinary_user_runs_it_too_and_is_told_what_that_costs(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("root is needed to become somebody else; all other tests have shown it already")
    house = House(user=pwd.getpwnam("nobody").pw_uid, engines=tmp_path)
    house.engines = house.folder / "engines"
    with house:
        found = house.ok("engines", "sync", seconds=300)["engines"]
        own = [f"{engine['version']}-{engine['build']}" for engine in found if "+host" in engine["build"]]
        if not own:
            pytest.skip("this machine has no PostgreSQL of its own, and nothing is downloaded for this test")
        house.ok("engines", "install", own[-1], seconds=300)
        house.create("plain", own[-1].partition("-")[0])
        assert query(house.database_url("plain"), "SELECT 1") == [(1,)]
        (node,) = house.show("plain")["nodes"]
        assert node["limits"] == "not enforced: pgbaton up was not started as root"
        assert {os.stat(f"/proc/{process.pid}").st_uid for process in house.postmasters()} == {house.user["user"]}
