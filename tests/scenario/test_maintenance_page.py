"""The web servers of the guide, as Debian has them, in front of an application: while its database is in maintenance they
show the page, otherwise the application, also when pgbaton does not answer."""

import contextlib
import http.server
import os
import re
import subprocess
import threading
import urllib.error
import urllib.request
from types import SimpleNamespace

import pytest
from harness.house import ROOT, free_port
from harness.processes import wait_for

NAME = "paged"
TEMP_PATHS = " ".join(f"{kind}_temp_path {{folder}}/{kind};"
                      for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))


class Application(http.server.BaseHTTPRequestHandler):
    def do_GET(self):  # noqa: N802 - what the library calls
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        broken = self.path == "/broken"
        self.send_response(500 if broken else 200)
        self.end_headers()
        self.wfile.write(b"it broke" if broken else b"the application")

    do_POST = do_GET

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def application():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Application)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()


@pytest.fixture(scope="module")
def house(shared_house, shelf):
    shared_house.create(NAME, shelf.line.newer)
    yield shared_house
    shared_house.destroy(NAME)


def example(language, **changes):
    """The one of the guide, with these words for its own."""
    text = (ROOT / "docs" / "guide" / "maintenance.md").read_text(encoding="utf-8")
    (block,) = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    for old, new in changes.items():
        assert old in block, f"{old} is not in the example"
        block = block.replace(old, new)
    return block


def nginx(folder, changes):
    config = folder / "nginx.conf"
    inner = example("nginx", **changes, **{"/var/cache/nginx/maintenance": f"{folder}/cache"})
    paths = TEMP_PATHS.format(folder=folder)
    user = "user root; " if os.geteuid() == 0 else ""  # pytest's folders are closed to others
    config.write_text(f"{user}daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;\n"
                      f"events {{}}\nhttp {{ access_log off; {paths}\n{inner}\n}}\n")
    return ["/usr/sbin/nginx", "-e", f"{folder}/error.log", "-c", str(config)]


def haproxy(folder, changes):
    config = folder / "haproxy.cfg"
    config.write_text(example("haproxy", **changes))
    return ["/usr/sbin/haproxy", "-db", "-f", str(config)]


@contextlib.contextmanager
def running(command, port):
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as server:
        try:
            def answers():
                assert server.poll() is None, server.stderr.read()
                with contextlib.suppress(urllib.error.URLError, ConnectionError):
                    return get(port)

            wait_for("the web server to answer", answers)
            yield
        finally:
            server.terminate()
            server.wait(timeout=30)


def get(port, path="/", data=None):
    """Status, headers and text."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", data, timeout=10) as answer:
            return SimpleNamespace(status=answer.status, headers=answer.headers, text=answer.read().decode())
    except urllib.error.HTTPError as error:
        return SimpleNamespace(status=error.code, headers=error.headers, text=error.read().decode())


@pytest.mark.parametrize("server", [nginx, haproxy])
def test_the_page_is_shown_during_maintenance_and_the_application_otherwise(house, application, tmp_path, server):
    port = free_port()
    listen = {"listen 80;": f"listen 127.0.0.1:{port};"} if server is nginx else {"bind :80": f"bind 127.0.0.1:{port}"}
    command = server(tmp_path, {**listen, "127.0.0.1:8432": f"127.0.0.1:{house.port}",
                                "127.0.0.1:3000": f"127.0.0.1:{application}", "maintenance/shop": f"maintenance/{NAME}"})
    with running(command, port):
        wait_for("the application", lambda: get(port).text == "the application", pause=0.1)
        assert (get(port, "/broken").status, get(port, "/broken").text) == (500, "it broke")
        house.ok("maintenance", NAME, "on", "--message", "New <prices>", "--until", "10min")
        wait_for("the page", lambda: get(port).status == 503, pause=0.1)
        for page in (get(port), get(port, "/cart/7?of=me"), get(port, "/order", b"n=1")):
            assert page.status == 503 and "New &lt;prices&gt;" in page.text
            assert 500 < int(page.headers["Retry-After"]) <= 600
            assert page.headers["Content-Type"].startswith("text/html")
        house.ok("maintenance", NAME, "off")
        wait_for("the application", lambda: get(port).text == "the application", pause=0.1)
        assert get(port, "/order", b"n=1").text == "the application"


@pytest.mark.parametrize("server", [nginx, haproxy])
def test_without_pgbaton_the_application_is_shown(application, tmp_path, server):
    port = free_port()
    listen = {"listen 80;": f"listen 127.0.0.1:{port};"} if server is nginx else {"bind :80": f"bind 127.0.0.1:{port}"}
    command = server(tmp_path, {**listen, "127.0.0.1:8432": f"127.0.0.1:{free_port()}",
                                "127.0.0.1:3000": f"127.0.0.1:{application}"})
    with running(command, port):
        wait_for("the application", lambda: get(port).text == "the application", pause=0.1)


def test_the_responder_asks_for_no_token_and_tells_nothing_else(house):
    def ask(name):
        return get(house.port, f"/maintenance/{name}")

    assert (ask(NAME).status, ask("nobody").status) == (204, 204)
    house.ok("maintenance", NAME, "on")
    page = ask(NAME)
    assert (page.status, page.headers["Retry-After"]) == (503, "30")
    assert NAME not in page.text
    house.ok("maintenance", NAME, "off")
    assert (ask(NAME).status, ask(NAME).text) == (204, "")
