"""A disk that is full: what was begun is taken back, and with more room it works."""

import pytest
from harness.disk import resize, small_disk, used_megabytes
from harness.expect import refused
from harness.house import House


def test_create_on_a_full_disk_fails_and_leaves_nothing(shelf):
    with small_disk(100) as disk, House(shelf.template, data=disk) as house:
        resize(disk, used_megabytes(disk) + 25)
        before = house.ok("list")
        error = refused(house.cli("create", "big", "--plan", "starter-512", "--version", shelf.line.older,
                                  "--wait", "--json"), 5)
        assert error["code"] == "no-space", error
        assert house.ok("list") == before
        assert house.instance_folders() == []
        resize(disk, 500)
        house.create("big", shelf.line.older)
        house.destroy("big")


def trees(engines):
    folder = engines / ".trees"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


@pytest.mark.campaign
@pytest.mark.timeout(400)
def test_an_engine_on_a_full_disk_fails_and_leaves_nothing(shelf):
    version = shelf.line.newer
    with small_disk(2000) as disk, House(engines=disk) as house:
        house.ok("engines", "sync")
        resize(disk, used_megabytes(disk) + 40)
        error = refused(house.cli("engines", "install", version, "--json", seconds=300), 5)
        assert error["code"] == "no-space", error
        assert trees(disk) == []
        assert not any(row["installed"] for row in house.ok("engines", "list")["engines"] if row["version"] == version)
        resize(disk, 2000)
        house.ok("engines", "install", version, seconds=300)
        assert len(trees(disk)) == 1
