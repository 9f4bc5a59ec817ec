"""Who is told what operations do: a webhook that fails at first, mail to a real SMTP server."""

import email
import hashlib
import hmac
import http.server
import json
import threading

import pytest
from aiosmtpd.controller import Controller
from harness.house import free_port
from harness.processes import wait_for


class Hook:
    """A receiver of webhooks that keeps what it is sent. It refuses the first `refused` of them."""

    def __init__(self, refused=0):
        self.refused = refused
        self.got = []  # (headers, body)
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = 500 if hook.refused > 0 else 200
                hook.refused -= status == 500
                if status == 200:
                    hook.got.append((dict(self.headers), body))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    @property
    def events(self):
        return [json.loads(body)["event"] for _, body in self.got]


@pytest.fixture
def receivers(house):
    yield house
    for one in house.ok("notify", "list")["receivers"]:
        house.ok("notify", "remove", one["id"])


def test_a_webhook_is_told_in_order_signed_and_again_until_it_answers(receivers, database):
    house = receivers
    with Hook(refused=2) as hook:
        added = house.ok("notify", "add", hook.url, "--database", database)
        operation = house.ok("backup", database)["id"]
        house.wait_ended(operation)
        wait_for("both events", lambda: len(hook.got) == 2)
        assert hook.events == ["operation.begun", "operation.finished"]
        for headers, body in hook.got:
            signed = f"{headers['X-Pgbaton-Timestamp']}.".encode() + body
            expected = hmac.new(added["secret"].encode(), signed, hashlib.sha256).hexdigest()
            assert headers["X-Pgbaton-Signature"] == "sha256=" + expected
            assert json.loads(body)["operation"]["id"] == operation
        assert len({headers["X-Pgbaton-Delivery"] for headers, _ in hook.got}) == 2
        (listed,) = house.ok("notify", "list")["receivers"]
        assert listed["problem"] is None and "secret" not in listed


def test_what_happened_while_nobody_listened_is_told_afterwards_across_a_restart(own_house, shelf):
    house, name = own_house, "shop"
    hook = Hook()
    house.ok("notify", "add", hook.url)
    hook.server.server_close()  # nobody listens at its address now
    house.create(name, shelf.line.older)
    wait_for("a problem to be known", lambda: house.ok("notify", "list")["receivers"][0]["problem"])
    house.reboot()
    hook.server = http.server.ThreadingHTTPServer(("127.0.0.1", hook.server.server_port), hook.server.RequestHandlerClass)
    hook.thread = threading.Thread(target=hook.server.serve_forever)
    with hook:
        wait_for("the creation to be told", lambda: "operation.finished" in hook.events)
        assert hook.events[0] == "operation.begun"


def test_mail(receivers, database):
    house, got = receivers, []

    class Handler:
        async def handle_DATA(self, _server, _session, envelope):
            got.append((envelope.mail_from, envelope.rcpt_tos, email.message_from_bytes(envelope.content)))
            return "250 OK"

    port = free_port()
    mail = Controller(Handler(), hostname="127.0.0.1", port=port)
    mail.start()
    try:
        added = house.ok("notify", "add", "mailto:ops@example.org", "--database", database, "--smtp", f"smtp://127.0.0.1:{port}",
                         "--from", "pgbaton@example.org")
        house.ok("notify", "test", added["id"])
        operation = house.ok("backup", database)["id"]
        house.wait_ended(operation)
        wait_for("three mails", lambda: len(got) == 3)
    finally:
        mail.stop()
    assert {(sender, *to) for sender, to, _ in got} == {("pgbaton@example.org", "ops@example.org")}
    assert got[2][2]["Subject"] == f"[pgbaton] {database}: backup: finished"
    assert operation in got[2][2].get_payload()
    assert got[1][2]["Message-ID"] != got[2][2]["Message-ID"]


@pytest.mark.parametrize(("words", "says"), [
    (("ftp://example.org/",), "can be told nothing"),
    (("mailto:nobody",), "no address"),
    (("mailto:ops@example.org",), "a server and a sender"),
    (("mailto:ops@example.org", "--smtp", "http://x", "--from", "a@b.c"), "no mail server"),
    (("mailto:a@b.c\r\nBcc:d@e.f", "--smtp", "smtp://x", "--from", "a@b.c"), "no address"),
    (("http://127.0.0.1/", "--database", "nosuch"), "no database"),
])
def test_what_cannot_be_told_is_refused(house, words, says):
    outcome = house.cli("notify", "add", *words, "--json")
    assert outcome.status in (2, 3), outcome
    assert says in outcome.error["message"]
    assert house.ok("notify", "list")["receivers"] == []


def test_a_receiver_that_is_not_there_is_said(receivers):
    house = receivers
    added = house.ok("notify", "add", f"http://127.0.0.1:{free_port()}/")
    outcome = house.cli("notify", "test", added["id"], "--json")
    assert outcome.status == 6, outcome
    assert house.cli("notify", "remove", "nobody", "--json").error["code"] == "not-found"
