"""psycopg 3: statements that it prepares by itself, pipelines, cursors on the server, its pool."""

import pathlib
import sys

import pytest
from driver import Program, environment_of, take_through_upgrade

PROGRAM = pathlib.Path(__file__).with_name("psycopg_client.py")


@pytest.mark.parametrize("mode, tls", [("blocking", "plain"), ("blocking", "tls"), ("asynchronous", "plain"),
                                       ("pipeline", "plain"), ("cursor", "plain"), ("pool", "plain")])
def test_sessions_of_psycopg_go_on(house, shelf, database, tmp_path, mode, tls):
    program = Program([sys.executable, PROGRAM, mode], environment_of(house.database_url(database), tls), tmp_path)
    before, _ = take_through_upgrade(house, shelf, database, program)
    for session in before.values():
        assert any("INSERT INTO orders" in sql for sql in session["statements"].values())
