"""Backups in an S3-compatible object store: taken, restored and removed; and a store that answers with errors, slowly or
not at all stops no client, is told of in words, and has everything once it is back."""

import contextlib
import shutil
import subprocess
import time
import zlib

import pytest
from harness.clients import connect, query
from harness.expect import refused
from harness.house import House
from harness.object_store import KEY, object_store
from harness.processes import all_processes, wait_for
from harness.timeline import Timeline, backed_up, restored_rows, text

LONGEST = 2.0  # seconds a client's transaction may take while the store is away


@pytest.fixture(scope="module")
def store():
    with object_store() as running:
        yield running


@pytest.fixture(scope="module")
def store_house(shelf, store):
    with House(shelf.template, arguments=["--backups", store.url], variables=KEY) as running:
        yield running


@pytest.fixture
def shop(store_house, store, shelf, request):
    """A database whose log is archived into the store; the store is well again after the test."""
    with database_of(store_house, store, shelf, f"o{zlib.crc32(request.node.nodeid.encode())}") as name:
        yield name


@pytest.fixture(scope="module")
def shared_shop(store_house, store, shelf):
    """One for the tests that leave it as it was."""
    with database_of(store_house, store, shelf, "shared") as name:
        yield name


@contextlib.contextmanager
def database_of(house, store, shelf, name):
    house.create(name, shelf.line.older)
    try:
        yield name
    finally:
        store.be("ok")
        house.destroy(name)
        assert not [path for path in store.objects() if f"/{name}-" in path]


def archiving(house, name):
    return house.show(name)["backups"]["archiving"]


def metric(house, metric, name):
    (line,) = [line for line in house.request("GET", "/metrics").text.splitlines()
               if line.startswith(f'{metric}{{database="{name}"')]
    return float(line.split()[-1])


def wait_archived(house, name, url):
    """A finished segment wakes the archiver; else it tries again once a minute."""
    def is_archived():
        query(url, "SELECT 1")
        shown = archiving(house, name)
        return shown["state"] == "on" and shown["waiting_segments"] == 0

    with connect(house_superuser(house, name)) as platform:
        platform.execute("SELECT pg_switch_wal()")
    wait_for("the log to be in the store", is_archived, 90)


def house_superuser(house, name):
    (node,) = house.show(name)["nodes"]
    settings = [line.split("=") for file in (house.data / "agent" / "instances" / node["name"]).rglob("*.conf")
                for line in file.read_text().splitlines() if line.startswith("port = ")]
    return f"host={house.data / 'run'} port={settings[0][1].strip(chr(39) + chr(32))} user=pgbaton dbname=postgres"


def test_a_backup_is_taken_restored_verified_and_expires(store_house, store, shared_shop):
    house, shop = store_house, shared_shop
    timeline = Timeline(house.database_url(shop))
    backed_up(house, shop)
    moment = timeline.write(3)
    timeline.write()
    assert restored_rows(house, shop, moment) == timeline.at(moment)
    assert house.cli("backups", shop, "--verify").status == 0
    assert [path for path in store.objects() if path.startswith(f"pg/archive/{shop}-")]
    assert not list((house.data / "agent" / "backups").glob("archive/*"))
    (first,) = house.ok("backups", shop)["backups"]
    assert [path for path in store.objects() if first["label"] in path]
    house.ok("backup", shop, "--full", "--wait")
    expire(house, shop)
    (second,) = house.ok("backups", shop)["backups"]
    assert second["label"] != first["label"]
    assert not [path for path in store.objects() if f"/{first['label']}/" in path]


def expire(house, name):
    """As pgBackRest does after each backup, but for the time that a backup is kept."""
    (configuration,) = (house.data / "agent" / "instances").glob(f"{name}_1/backup-*.conf")
    stanza = next(line for line in configuration.read_text().splitlines() if line.startswith(f"[{name}-"))[1:-1]
    subprocess.run([house.engines / "pgbackrest" / "bin" / "pgbackrest", f"--config={configuration}", f"--stanza={stanza}",
                    "--repo1-retention-full-type=count", "--repo1-retention-full=1", "--log-level-console=detail", "expire"],
                   check=True, user=configuration.stat().st_uid, group=configuration.stat().st_gid,
                   extra_groups=[])


def test_a_damaged_and_a_missing_object_are_named(store_house, store, shared_shop):
    house, shop = store_house, shared_shop
    for _ in range(2):
        backed_up(house, shop)
    segments = [path for path in store.objects() if f"archive/{shop}-" in path and path.endswith(".zst")]
    path = store.path_of(segments[len(segments) // 2])
    kept = path.read_bytes()
    path.write_bytes(kept[:50] + bytes([kept[50] ^ 0xFF]) + kept[51:])
    outcome = house.cli("backups", shop, "--verify", "--json")
    assert outcome.status == 5 and "the log in " in outcome.error["message"], outcome
    path.write_bytes(kept)
    assert house.cli("backups", shop, "--verify").status == 0


def test_its_keys_are_nowhere_that_others_can_read(store_house, shared_shop):
    secret = KEY["AWS_SECRET_ACCESS_KEY"]
    assert not [process for process in all_processes() if secret in process.command]
    holders = [path for path in store_house.folder.rglob("*")
               if path.is_file() and path.stat().st_size < 1_000_000 and secret.encode() in path.read_bytes()]
    assert holders and all(path.stat().st_mode & 0o077 == 0 for path in holders), holders
    assert not [path for path in holders if path.suffix == ".log"], holders
    for process in store_house.postmasters(shared_shop):
        with open(f"/proc/{process.pid}/environ", "rb") as environment:
            assert b"AWS_SECRET" not in environment.read()


def test_one_that_refuses_the_keys_is_named(store_house, store, shared_shop):
    store.be("refuses")
    try:
        error = refused(store_house.cli("backup", shared_shop, "--wait", "--json"), 4, "does not let us in")
        assert "keys" in error["remedy"]
        shown = wait_for("the problem to be told", lambda: store_house.ok("backups", shared_shop)["problem"])
        assert "does not let us in" in shown
    finally:
        store.be("ok")


@pytest.mark.campaign
@pytest.mark.parametrize("mood", ["errors", "silent"])
def test_while_it_fails_clients_go_on_and_afterwards_everything_is_there(store_house, store, shop, mood):
    house = store_house
    url = house.database_url(shop)
    timeline = Timeline(url)
    backed_up(house, shop)
    assert house.ok("backups", shop)["backups"]  # what was read is what can be told later
    store.be(mood)
    with connect(house_superuser(house, shop)) as platform:
        platform.execute("SELECT pg_switch_wal()")
    begun = time.monotonic()
    moment = timeline.write(3)
    assert time.monotonic() - begun < LONGEST
    wait_for("the alarm", lambda: metric(house, "pgbaton_archive_failing", shop) == 1, 240)
    begun = time.monotonic()
    shown = house.ok("backups", shop)
    assert time.monotonic() - begun < 12, "a store that is away keeps nobody waiting"
    assert shown["problem"] and shown["backups"] and shown["archiving"]["state"] == "failing", shown
    assert metric(house, "pgbaton_repository_unreadable", shop) == 1
    error = refused(house.cli("restore", shop, "--to", text(moment), "--as", "never", "--json"), 6, "repository")
    assert error["code"] == "unreachable"
    timeline.write(2)
    # A server that stops does not wait for it: whoever upgrades now upgrades.
    with connect(url) as session:
        begun = time.monotonic()
        operation = house.ok("upgrade", shop, "--wait")
        assert operation["state"] == "finished", operation
        assert session.execute("SELECT count(*) FROM rows").fetchone() == (5,)
    timeline.write()
    store.be("ok")
    wait_archived(house, shop, url)
    last = timeline.moment()
    timeline.write()
    wait_for("the store to be asked again", lambda: house.ok("backups", shop)["problem"] == "")
    assert restored_rows(house, shop, last) == timeline.at(last)
    assert house.cli("backups", shop, "--verify").status == 0


@pytest.mark.campaign
def test_a_slow_one_gets_everything_late(store_house, store, shop):
    timeline = Timeline(store_house.database_url(shop))
    store.be("slow")
    begun = time.monotonic()
    moment = timeline.write(3)
    assert time.monotonic() - begun < LONGEST
    backed_up(store_house, shop)
    moment = timeline.write()
    timeline.write()
    assert restored_rows(store_house, shop, moment) == timeline.at(moment)


def test_up_refuses_what_cannot_be_one(store, tmp_path):
    house = House(arguments=["--backups", "s3://backups/pg"], variables=KEY)
    refused(house.cli("up", "--data", house.data, "--backups", "s3://backups/pg", "--json"), 2, "region")
    refused(house.cli("up", "--data", house.data, "--backups", store.url, "--json"), 2, "keys")
    keys = tmp_path / "keys"
    keys.write_text('access_key_id = "a"\nsecret_access_key = "b"\n')
    keys.chmod(0o644)
    refused(house.cli("up", "--data", house.data, "--backups", store.url, "--backup-keys", keys, "--json"), 4, "owner")
    assert not house.data.exists()
    shutil.rmtree(house.folder)
