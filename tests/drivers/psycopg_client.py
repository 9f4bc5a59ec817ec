"""psycopg 3 as people use it: `psycopg_client.py blocking|asynchronous|pipeline|cursor|pool`. See driver.py for what it prints."""

import asyncio
import json
import logging
import os
import sys
import threading
import traceback

import psycopg
from psycopg_pool import ConnectionPool

INSERT = "INSERT INTO orders (client, n) VALUES (%s, %s)"
REST = 0.01  # between two rows
OFTEN = 7  # more than prepare_threshold: afterwards the statement is prepared on the server
SESSION = os.environ["SESSION"]
print_lock = threading.Lock()
logging.getLogger("psycopg").setLevel(logging.ERROR)  # a pipeline that fails is warned of; ours fail on purpose


def say(event, **more):
    with print_lock:
        print(json.dumps({"event": event, **more}), flush=True)


def setup(client):
    return [statement.replace("CLIENT", client) for statement in os.environ["SETUP"].splitlines()]


def end_of_input():
    """An event that is set when whoever started this program has heard enough."""
    over = threading.Event()

    def read():
        sys.stdin.read()
        over.set()

    threading.Thread(target=read, daemon=True).start()
    return over


class Rows:
    """Numbers for one client."""

    def __init__(self, client):
        self.client = client
        self.number = 0

    def next(self):
        self.number += 1
        return self.client, self.number

    def acknowledge(self, number=None):
        say("row", client=self.client, n=self.number if number is None else number)


def session_of(connection):
    return connection.execute(SESSION).fetchone()[0]


def begin(connection, client, notified):
    """The session's own state, in a connection in autocommit mode."""
    notified[client] = []
    connection.add_notify_handler(lambda notify: notified[client].append(notify.payload))
    for statement in setup(client):
        connection.execute(statement)


def run_single(client, write):
    """One connection; `write` adds rows and acknowledges them."""
    over, notified, rows = end_of_input(), {}, Rows(client)
    with psycopg.connect(autocommit=True) as connection:
        begin(connection, client, notified)
        for _ in range(OFTEN):
            write(connection, rows)
        say("ready", sessions={client: session_of(connection)})
        while not over.wait(REST):
            write(connection, rows)
        say("end", sessions={client: session_of(connection)}, notified=notified)


def write_one(connection, rows):
    connection.execute(INSERT, rows.next())
    rows.acknowledge()


def write_pipeline(connection, rows):
    """Several statements on their way at once; then a pipeline that fails as a whole."""
    with connection.pipeline() as pipeline:
        cursors = [connection.execute(INSERT + " RETURNING n", rows.next()) for _ in range(5)]
        pipeline.sync()
        for cursor in cursors:
            rows.acknowledge(cursor.fetchone()[0])
    try:
        with connection.pipeline():
            # Not prepared: psycopg believes in statements that the server never parsed because of the error before.
            connection.execute(INSERT, ("nobody", 0), prepare=False)
            connection.execute("SELECT 1 / 0", prepare=False)
            connection.execute(INSERT, ("nobody", 0), prepare=False)
    except psycopg.errors.DivisionByZero:
        return
    raise AssertionError("a division by zero was no error")


def write_cursor(connection, rows):
    """A transaction that reads with a cursor on the server and writes as it goes: nothing may come in between."""
    with connection.transaction():
        numbers = []
        with connection.cursor(name="numbers") as cursor:
            cursor.itersize = 2
            cursor.execute("SELECT g FROM generate_series(1, 6) g")
            for (_,) in cursor:
                connection.execute(INSERT, rows.next())
                numbers.append(rows.number)
    for number in numbers:
        rows.acknowledge(number)


async def run_asynchronous():
    client, notified, loop = "asynchronous", {"asynchronous": []}, asyncio.get_running_loop()
    over, rows = asyncio.Event(), Rows(client)
    threading.Thread(target=lambda: (sys.stdin.read(), loop.call_soon_threadsafe(over.set)), daemon=True).start()
    async with await psycopg.AsyncConnection.connect(autocommit=True) as connection:
        connection.add_notify_handler(lambda notify: notified[client].append(notify.payload))
        for statement in setup(client):
            await connection.execute(statement)

        async def write():
            await connection.execute(INSERT, rows.next())
            rows.acknowledge()

        async def session():
            return {client: (await (await connection.execute(SESSION)).fetchone())[0]}

        for _ in range(OFTEN):
            await write()
        say("ready", sessions=await session())
        while not over.is_set():
            await write()
            try:
                await asyncio.wait_for(over.wait(), REST)
            except asyncio.TimeoutError:
                pass
        say("end", sessions=await session(), notified=notified)


def run_pool(size=3):
    over, notified, names = end_of_input(), {}, {}

    def configure(connection):
        connection.autocommit = True
        names[connection] = f"pooled{len(names)}"
        begin(connection, names[connection], notified)

    def each_session(pool):
        """All of the pool's connections at once, so that each is seen."""
        held = [pool.getconn() for _ in range(size)]
        sessions = {names[connection]: session_of(connection) for connection in held}
        for connection in held:
            pool.putconn(connection)
        return sessions

    def work(pool, rows):
        try:
            while not over.wait(REST):
                with pool.connection() as connection:
                    mine = rows[names[connection]]
                    write_one(connection, mine)
        except BaseException:
            traceback.print_exc()
            os._exit(1)

    with ConnectionPool(min_size=size, num_workers=1, configure=configure) as pool:
        pool.wait()
        rows = {client: Rows(client) for client in notified}
        held = [pool.getconn() for _ in range(size)]
        for connection in held:
            for _ in range(OFTEN):
                write_one(connection, rows[names[connection]])
            pool.putconn(connection)
        say("ready", sessions=each_session(pool))
        workers = [threading.Thread(target=work, args=(pool, rows)) for _ in range(size)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert len(names) == size, f"{len(names) - size} connections had to be made again"
        say("end", sessions=each_session(pool), notified=notified)


MODES = {
    "blocking": lambda: run_single("blocking", write_one),
    "pipeline": lambda: run_single("pipeline", write_pipeline),
    "cursor": lambda: run_single("cursor", write_cursor),
    "asynchronous": lambda: asyncio.run(run_asynchronous()),
    "pool": run_pool,
}

MODES[sys.argv[1]]()
