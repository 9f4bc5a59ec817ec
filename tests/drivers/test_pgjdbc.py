"""pgjdbc: statements that it prepares on the server after some executions, transactions, a result read bit by bit."""

import pathlib

import pytest
from driver import Program, environment_of, take_through_upgrade

PROGRAM = pathlib.Path(__file__).with_name("jdbc") / "Orders.java"
DRIVER = "/usr/share/java/postgresql.jar"  # of Debian's libpostgresql-jdbc-java
JAVA = ["java", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", DRIVER]


@pytest.mark.parametrize("tls", ["plain", "tls"])
def test_sessions_of_pgjdbc_go_on(house, shelf, database, tmp_path, tls):
    environment = environment_of(house.database_url(database), tls)
    before, _ = take_through_upgrade(house, shelf, database, Program([*JAVA, PROGRAM], environment, tmp_path))
    statements = before["jdbc"]["statements"]
    assert any("INSERT INTO orders" in sql for sql in statements.values()), statements
    assert all(name.startswith("S_") for name in statements), statements
