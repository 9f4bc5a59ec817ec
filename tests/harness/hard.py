"""Databases with everything that is known to be hard about a major-upgrade."""

import psycopg

from harness.gateway import Gate

# What has to be there afterwards, just as it was.
CARRIED = """
CREATE SCHEMA "Großer ""Schema"" mit 'Zeichen'";
CREATE TABLE "Großer ""Schema"" mit 'Zeichen'"."Tabelle 日本" ("Spalte ä" int PRIMARY KEY, "x""y" text);
INSERT INTO "Großer ""Schema"" mit 'Zeichen'"."Tabelle 日本" SELECT n, 'wert ' || n FROM generate_series(1, 500) n;
CREATE TABLE parent (id int, at date NOT NULL, note text) PARTITION BY RANGE (at);
CREATE TABLE child_2025 PARTITION OF parent FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE child_2026 PARTITION OF parent FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
INSERT INTO parent SELECT n, date '2025-06-01' + n, 'p' FROM generate_series(1, 400) n;
CREATE TABLE base (a int, b text);
CREATE TABLE heir (c int) INHERITS (base);
INSERT INTO heir VALUES (1, 'one', 2);
CREATE UNLOGGED TABLE fleeting AS SELECT generate_series(1, 50) n;
CREATE SEQUENCE counter START 100 INCREMENT 5;
SELECT nextval('counter'), nextval('counter');
CREATE TABLE words (w text COLLATE "und-x-icu" PRIMARY KEY, plain text COLLATE "C");
INSERT INTO words SELECT md5(n::text), md5(n::text) FROM generate_series(1, 300) n;
CREATE FUNCTION noted() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN NULL; END $$;
CREATE EVENT TRIGGER watcher ON ddl_command_end EXECUTE FUNCTION noted();
CREATE PUBLICATION news FOR TABLE base;
CREATE EXTENSION hstore;
CREATE EXTENSION pg_trgm;
CREATE INDEX trigrams ON words USING gin (plain gin_trgm_ops);
CREATE MATERIALIZED VIEW totals AS SELECT count(*) AS n FROM base;
CREATE TYPE mood AS ENUM ('low', 'high');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TABLE typed (m mood, p positive, generated int GENERATED ALWAYS AS (p * 2) STORED, CHECK (p < 1000));
INSERT INTO typed VALUES ('low', 7);
SELECT lo_from_bytea(0, decode(repeat('ab', 5000), 'hex')) FROM generate_series(1, 20);
CREATE ROLE "Rolle mit 'Namen'" LOGIN PASSWORD 'x';
ALTER ROLE "Rolle mit 'Namen'" SET work_mem = '9MB';
ALTER DATABASE {database} SET my.setting = 'kept';
"""

PROOFS = {
    "odd names": ("""SELECT count(*), max("x""y") FROM "Großer ""Schema"" mit 'Zeichen'"."Tabelle 日本" """, [(500, "wert 99")]),
    "partitions": ("SELECT count(*), count(DISTINCT tableoid) FROM parent", [(400, 2)]),
    "inheritance": ("SELECT a, b, tableoid::regclass::text FROM base", [(1, "one", "heir")]),
    "unlogged rows": ("SELECT count(*) FROM fleeting", [(50,)]),
    "sequence": ("SELECT nextval('counter')", [(110,)]),
    "collated": ("SELECT count(*) FROM words WHERE w > '0'", [(300,)]),
    "trigrams": ("SELECT count(*) > 0 FROM words WHERE plain LIKE '%abc%' OR plain LIKE '%1f%'", [(True,)]),
    "event trigger": ("SELECT evtname FROM pg_event_trigger", [("watcher",)]),
    "publication": ("SELECT tablename FROM pg_publication_tables WHERE pubname = 'news' ORDER BY 1", [("base",), ("heir",)]),
    "materialized view": ("SELECT n FROM totals", [(1,)]),
    "types": ("SELECT m::text, p, generated FROM typed", [("low", 7, 14)]),
    "large objects": ("SELECT count(*), sum(length(lo_get(oid))) FROM pg_largeobject_metadata", [(20, 100000)]),
    "role settings": ("SELECT rolconfig::text FROM pg_roles WHERE rolname = 'Rolle mit ''Namen'''", [("{work_mem=9MB}",)]),
    "database settings": ("SELECT current_setting('my.setting')", [("kept",)]),
    "extensions are new": ("SELECT count(*) FROM pg_available_extensions WHERE installed_version <> default_version", [(0,)]),
}

# Each is a stop, by the id of its check, with the object that must be named, and what mends it.
STOPS = [
    ("reg-columns", "public.refers.what", "CREATE TABLE refers (what regproc)", "DROP TABLE refers"),
    ("reg-columns", "public.deep.list", "CREATE DOMAIN proc AS regprocedure; CREATE TABLE deep (list proc[])",
     "DROP TABLE deep; DROP DOMAIN proc"),
    ("aclitem", "public.grants.a", "CREATE TABLE grants (a aclitem)", "DROP TABLE grants"),
    ("system-views", "busy", "CREATE VIEW busy AS SELECT buffers_backend FROM pg_stat_bgwriter", "DROP VIEW busy"),
    ("stored-settings", "role picky", "CREATE ROLE picky; ALTER ROLE picky SET force_parallel_mode = on", "DROP ROLE picky"),
    ("function-settings", "parallel()",
     "CREATE FUNCTION parallel() RETURNS int LANGUAGE sql SET force_parallel_mode = on AS 'SELECT 1'", "DROP FUNCTION parallel()"),
    # Only pg_upgrade itself looks into domains for a system table's row.
    ("pg-upgrade", "public.held.it", "CREATE DOMAIN known AS pg_class; CREATE TABLE held (it known)", "DROP TABLE held; DROP DOMAIN known"),
]


def superuser(house, name, database=None):
    """A connection as pgbaton's own role: past the gateway, over the Unix socket."""
    served = Gate(house, name).served
    return psycopg.connect(host=served["server"]["socket_folder"], port=served["server"]["port"],
                           user=served["superuser"], dbname=database or name, autocommit=True)


def run(house, name, script):
    with superuser(house, name) as connection:
        connection.execute(script.replace("{database}", name))


def prove_carried(house, name):
    with superuser(house, name) as connection:
        for what, (sql, expected) in PROOFS.items():
            assert connection.execute(sql).fetchall() == expected, what
