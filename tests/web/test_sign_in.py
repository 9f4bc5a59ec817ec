"""Who may do what: passwords, roles, sessions, and requests that come from elsewhere."""

import http.client
import json

import pytest


def raw(house, method, path, body=None, **headers):
    """A request as a script would send it: without a token, with just these headers."""
    connection = http.client.HTTPConnection("127.0.0.1", house.port, timeout=60)
    connection.request(method, path, None if body is None else json.dumps(body),
                       {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, dict(answer.getheaders()), text


def signed_in(house, name, password):
    """(cookie, CSRF token) of a new session."""
    status, headers, text = raw(house, "POST", "/api/v1/session", {"name": name, "password": password})
    assert status == 200, text
    return headers["Set-Cookie"].split(";")[0], json.loads(text)["csrf"]


def test_a_wrong_password_is_told_and_the_right_one_lets_in(visitor, password):
    visitor.fill("Name", "ada")
    visitor.fill("Password", "not the password")
    visitor.press("Sign in")
    visitor.sees("Name or password is wrong.")
    visitor.fill("Password", password)
    visitor.press("Sign in")
    visitor.sees("Sign out")
    visitor.press("Sign out")
    visitor.sees("Sign in with the API token")


def test_the_api_token_signs_in(visitor, house):
    visitor.press("Sign in with the API token")
    visitor.fill("API token", house.token)
    visitor.press("Sign in")
    visitor.sees("Sign out")


def test_the_cookie_cannot_be_read_by_scripts_nor_sent_from_elsewhere(house, password):
    _, headers, _ = raw(house, "POST", "/api/v1/session", {"name": "ada", "password": password})
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(headers["Set-Cookie"].split("; "))


def test_a_session_that_was_ended_shows_the_sign_in_page(ada, house, password):
    house.request("PATCH", "/api/v1/users/ada", {"password": password})
    ada.sees("Sign in with the API token")


def test_a_reader_sees_and_changes_nothing(visitor, house, still, password):
    visitor.sign_in("rita", password)
    visitor.open(f"/databases/{still}/settings")
    visitor.sees("Upgrading needs the role operator.")
    assert not visitor.driver.execute_script(
        "return [...document.querySelectorAll('button')].some((b) => /Upgrade to|Delete/.test(b.innerText))")
    cookie, csrf = signed_in(house, "rita", password)
    headers = {"Cookie": cookie, "X_CSRF_Token": csrf}
    for method, path, body in (("POST", f"/api/v1/databases/{still}/upgrade", {}),
                               ("DELETE", f"/api/v1/databases/{still}?confirm={still}", None),
                               ("POST", "/api/v1/users", {"name": "eve", "role": "owner", "password": password}),
                               ("GET", f"/api/v1/databases/{still}/url", None)):
        status, _, text = raw(house, method, path, body, **headers)
        assert status == 403 and json.loads(text)["code"] == "forbidden", (path, text)
    assert house.show(still)["current_operation"] is None


def test_an_operator_deletes_no_database(house, still, password):
    cookie, csrf = signed_in(house, "otto", password)
    status, _, _ = raw(house, "DELETE", f"/api/v1/databases/{still}?confirm={still}", Cookie=cookie, X_CSRF_Token=csrf)
    assert status == 403
    status, _, _ = raw(house, "GET", f"/api/v1/databases/{still}/url", Cookie=cookie)
    assert status == 200


@pytest.mark.parametrize("headers", [{}, {"X_CSRF_Token": "guessed"}])
def test_a_change_without_the_pages_own_token_is_refused(house, still, password, headers):
    cookie, _ = signed_in(house, "ada", password)
    status, _, text = raw(house, "POST", f"/api/v1/databases/{still}/upgrade", {}, Cookie=cookie, **headers)
    assert status == 403 and "CSRF" in text
    assert house.show(still)["current_operation"] is None


def test_a_page_of_another_origin_changes_nothing(house, still, password):
    cookie, csrf = signed_in(house, "ada", password)
    status, _, text = raw(house, "POST", f"/api/v1/databases/{still}/upgrade", {}, Cookie=cookie, X_CSRF_Token=csrf,
                          Origin="https://evil.example")
    assert status == 403 and "another origin" in text
    status, _, _ = raw(house, "POST", "/api/v1/session", {"name": "ada", "password": password}, Origin="null")
    assert status == 403
    assert house.show(still)["current_operation"] is None


def test_too_many_wrong_passwords_have_to_wait(own_house):
    tries = [raw(own_house, "POST", "/api/v1/session", {"name": "nobody", "password": "x"})[0] for _ in range(9)]
    assert tries == [401] * 8 + [429]
    assert raw(own_house, "POST", "/api/v1/session", {"token": own_house.token})[0] == 429


def test_users_are_managed_from_the_command_line(house, visitor):
    made = house.ok("users", "add", "clara", "--role", "read-only", "--generate")
    visitor.sign_in("clara", made["password"])
    house.ok("users", "role", "clara", "owner")
    visitor.open("/users")
    visitor.sees("clara")
    assert house.cli("users", "add", "clara", "--role", "owner", "--generate").status == 4
    assert house.cli("users", "role", "clara", "king").status == 2
    house.ok("users", "remove", "clara")
    visitor.sees("Sign in with the API token")
    assert house.cli("users", "remove", "clara").status == 3


def test_what_people_did_is_in_the_activity(ada, house, still, password):
    cookie, csrf = signed_in(house, "rita", password)
    raw(house, "POST", f"/api/v1/databases/{still}/switchover", {}, Cookie=cookie, X_CSRF_Token=csrf)
    ada.open("/activity")
    ada.sees(f"/api/v1/databases/{still}/switchover")
    newest = house.request("GET", "/api/v1/audit").json["entries"][0]
    assert (newest["user"], newest["status"], newest["address"]) == ("rita", 403, "127.0.0.1")
