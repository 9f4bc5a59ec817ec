"""One case of the matrix: hold an operation at a named place, kill somebody there, let the rest go on."""

import pathlib

import pytest
from harness.cluster import instance_of
from harness.processes import all_processes, kill_all


def victims(house, name, database):
    if name == "postmaster":
        return house.postmasters(database)
    if name in ("primary", "standby"):
        folders = {instance_of(house, node["name"]) for node in house.show(database)["nodes"] if node["role"] == name}
        return [process for process in house.postmasters(database) if pathlib.Path(process.folder).parent in folders]
    if name == "walsender":
        postmasters = {process.pid for process in house.postmasters(database)}
        return [process for process in all_processes() if process.parent in postmasters and " walsender " in process.command]
    part = house.part(name)
    return [part] if part else []


def strike(house, case, database):
    """Kills the victim while the program is held, then lets go."""
    if case.victim == "everything":
        kill_all(house.processes())
        house.failpoints.release(case.point)
        house.reboot()
        return
    found = victims(house, case.victim, database)
    if not found:
        house.failpoints.release(case.point)
        pytest.skip(f"there is no {case.victim} at this moment")
    kill_all(found)
    house.failpoints.release(case.point)


def carry_out(house, case, database, begin, seconds=180):
    """Begins the operation, strikes, and gives it back when it has ended; `seconds` for each way, to the place and on."""
    first = case.cancel_at if case.going_back else case.point
    house.failpoints.arm(first)
    identifier = begin()["id"]
    house.failpoints.wait_hit(first, seconds)
    if case.going_back:
        house.failpoints.arm(case.point)
        house.ok("cancel", identifier)
        house.failpoints.release(first)
        house.failpoints.wait_hit(case.point, seconds)
    try:
        strike(house, case, database)
    finally:
        operation = house.wait_ended(identifier, seconds)
    return operation
