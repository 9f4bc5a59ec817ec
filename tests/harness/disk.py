"""A file system that is small enough to be filled."""

import contextlib
import os
import pathlib
import subprocess
import tempfile

import pytest


@contextlib.contextmanager
def small_disk(megabytes, at=None):
    """A new folder on a disk of that size, or an empty disk in place of the folder `at`, as its owner's."""
    folder = at or pathlib.Path(tempfile.mkdtemp(prefix="pgbaton-disk-", dir="/tmp"))
    owner = folder.stat()
    options = f"size={megabytes}m,mode={owner.st_mode & 0o777 if at else 0o755:o},uid={owner.st_uid},gid={owner.st_gid}"
    try:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder],
                                 capture_output=True, text=True, check=False)
        if os.geteuid() != 0 or mounted.returncode != 0:
            pytest.skip(f"a small disk needs root and the right to mount: {mounted.stderr.strip()}")
        try:
            yield folder
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)
    finally:
        if not at:
            folder.rmdir()


def resize(folder, megabytes):
    subprocess.run(["mount", "-o", f"remount,size={megabytes}m", folder], check=True)


def used_megabytes(folder):
    room = os.statvfs(folder)
    return ((room.f_blocks - room.f_bfree) * room.f_frsize >> 20) + 1
