"""An S3-compatible object store with TLS on this machine, that can be told to misbehave. The server is s3rver from npm,
installed when a test first needs it; without node, npm or the registry such tests are skipped."""

import contextlib
import fcntl
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest
from harness.processes import wait_for

PACKAGE = "s3rver@3.7.1"
MODULES = pathlib.Path(os.environ.get("PGBATON_TEST_NPM", "/var/tmp/pgbaton-test-npm"))
# The secret is one that nothing else has in it; the server is told of it.
KEY = {"AWS_ACCESS_KEY_ID": "pgbaton-tests", "AWS_SECRET_ACCESS_KEY": "4f6c-of-the-store-of-the-tests"}
BUCKET = "backups"


def install():
    """The folder with the server's modules; made once on a machine."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("the object store of the tests needs node and npm")
    MODULES.mkdir(parents=True, exist_ok=True)
    with open(MODULES / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (MODULES / "whole").exists():
            made = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--prefix", MODULES, PACKAGE],
                                  capture_output=True, text=True, check=False)
            if made.returncode != 0:
                pytest.skip(f"the object store of the tests cannot be installed: {made.stderr.strip()[-500:]}")
            (MODULES / "whole").touch()
    return MODULES


class ObjectStore:
    """Behaves as its mood says: ok, errors, slow, silent, refuses."""

    def __init__(self, folder):
        self.folder = folder
        self.certificate = folder / "store.crt"
        self.port = None
        self.process = None

    def be(self, mood):
        fresh = self.folder / "mood.new"
        fresh.write_text(mood)
        fresh.rename(self.folder / "mood")

    @property
    def url(self):
        """What `up --backups` takes."""
        return (f"s3://{BUCKET}/pg?endpoint=localhost:{self.port}&region=us-east-1&ca={self.certificate}")

    def requests(self):
        """"MOOD METHOD PATH" of each request so far."""
        return (self.folder / "requests").read_text().splitlines()

    def path_of(self, name):
        """The file with the content of an object."""
        return self.folder / "objects" / BUCKET / f"{name}._S3rver_object"

    def objects(self):
        """Names of what it has, as paths."""
        root = self.folder / "objects" / BUCKET
        return sorted(str(path.relative_to(root)).removesuffix("._S3rver_object")
                      for path in root.rglob("*._S3rver_object"))


@contextlib.contextmanager
def object_store():
    modules = install()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pgbaton-store-", dir="/tmp"))
    folder.chmod(0o755)  # others read the certificate
    store = ObjectStore(folder)
    key = folder / "store.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", store.certificate],
                   check=True, capture_output=True)
    (folder / "requests").touch()
    store.be("ok")
    said = folder / "said"
    with open(said, "wb") as out:
        store.process = subprocess.Popen(
            ["node", pathlib.Path(__file__).with_suffix(".js"), modules, folder, store.certificate, key, BUCKET],
            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env={**os.environ, **KEY})
    try:
        def is_ready():
            assert store.process.poll() is None, said.read_text()
            return said.read_text().endswith("\n")

        wait_for("the object store to serve", is_ready)
        store.port = int(said.read_text())
        yield store
    finally:
        store.process.kill()
        store.process.wait()
        shutil.rmtree(folder, ignore_errors=True)
