"""Migrations: each applied once, in order, all or nothing, on a real server."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping

import pulumi
import pytest

from components.data_tier import database_roles, schema
from components.data_tier.endpoint import Consumer, Peer
from components.data_tier.schema import Schema, read, script
from tests.components.data_tier.postgres_server import Server
from tests.recorder import run

pytestmark = pytest.mark.engine

JOB = "kubernetes:batch/v1:Job"
TICKETING = "migrations/ticketing"
FIRST = {"0001_a.sql": "CREATE TABLE a (id int);"}
TABLES = "SELECT relname FROM pg_stat_user_tables WHERE schemaname = 'public' ORDER BY 1"
UUID = "6f9619ff-8b86-4d01-b42d-00c04fc964ff"
TICKETING_TABLES = (
    "users",
    "events",
    "seat_layouts",
    "seats",
    "ticket_types",
    "reservations",
    "reservation_items",
    "payments",
    "audit_log",
)
SERVICES = ("auth", "event", "reservation", "payment", "admin")

_numbers = itertools.count()


def apply(server: Server, database: str, migrations: Mapping[str, str]) -> str:
    own = {path.name: path.read_text() for path in schema._SQL.glob("*.sql")}
    return server.run({"main.sql": script(migrations), **own, **migrations}, database=database)


@pytest.fixture
def database(postgres: Server) -> str:
    """An empty database of one's own."""
    name = f"schema_{next(_numbers)}"
    postgres.create(name)
    return name


@pytest.fixture(scope="module")
def ticketing(postgres: Server) -> Server:
    """A database with the roles of prod's services and the schema of the ticketing platform, made twice."""
    postgres.create("ticketing")
    consumers = [Consumer(name, "shop", frozenset({"reader"})) for name in SERVICES]
    roles = {path.name: path.read_text() for path in database_roles._SQL.glob("*.sql")}
    for _ in range(2):
        postgres.run(
            {"main.sql": database_roles.script(consumers, granted=True), **roles},
            database="ticketing",
            environment={f"PASSWORD_{name.upper()}": "hush" for name in SERVICES},
        )
        apply(postgres, "ticketing", read(TICKETING))
    return postgres


def test_a_migration_is_applied_once(postgres: Server, database: str) -> None:
    assert "applying 0001_a" in apply(postgres, database, FIRST)
    assert "applying" not in apply(postgres, database, FIRST)


def test_a_further_one_is_applied_alone_and_in_order(postgres: Server, database: str) -> None:
    apply(postgres, database, FIRST)
    more = {"0003_c.sql": "ALTER TABLE b ADD c int;", "0002_b.sql": "CREATE TABLE b (id int);"}
    assert re.findall(r"applying (\w+)", apply(postgres, database, FIRST | more)) == ["0002_b", "0003_c"]


def test_a_migration_that_was_applied_and_then_changed_is_refused(postgres: Server, database: str) -> None:
    apply(postgres, database, FIRST)
    with pytest.raises(PermissionError, match="0001_a was applied with other contents"):
        apply(postgres, database, {"0001_a.sql": "CREATE TABLE a (id bigint);"})


def test_a_run_that_fails_says_where_and_leaves_nothing_behind(postgres: Server, database: str) -> None:
    with pytest.raises(PermissionError, match=r'0002_b.sql:1: ERROR: .*relation "nowhere" does not exist'):
        apply(postgres, database, FIRST | {"0002_b.sql": "INSERT INTO nowhere VALUES (1);"})
    assert postgres.psql(TABLES, database=database) == ""
    apply(postgres, database, FIRST)
    assert postgres.psql(TABLES, database=database) == "a"


def test_the_ticketing_platform_has_its_nine_tables_with_uuid_keys(ticketing: Server) -> None:
    tables = ticketing.psql(TABLES, database="ticketing").splitlines()
    assert tables == sorted(TICKETING_TABLES)
    keys = """SELECT DISTINCT format_type(a.atttypid, a.atttypmod) FROM pg_index i
                JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
                JOIN pg_class c ON c.oid = i.indrelid
               WHERE i.indisprimary AND c.relnamespace = 'public'::regnamespace"""
    assert ticketing.psql(keys, database="ticketing") == "uuid"


def test_every_foreign_key_has_an_index_that_begins_with_it(ticketing: Server) -> None:
    bare = """SELECT conrelid::regclass || '.' || a.attname FROM pg_constraint
                JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = conkey[1]
               WHERE contype = 'f' AND NOT EXISTS (
                     SELECT FROM pg_index WHERE indrelid = conrelid AND indkey[0] = conkey[1])"""
    assert ticketing.psql(bare, database="ticketing") == ""


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (
            "SELECT id FROM seats WHERE event_id = '{id}' AND ticket_type_id = '{id}'"
            " AND status = 'available' ORDER BY section, row_label, seat_number LIMIT 4 FOR UPDATE SKIP LOCKED",
            "seats_available",
        ),
        ("SELECT id FROM reservations WHERE status = 'pending' AND expires_at < now()", "reservations_expiry"),
        ("SELECT id FROM users WHERE lower(email) = lower('A@example.com')", "users_email"),
        (
            "SELECT id FROM reservations WHERE user_id = '{id}' ORDER BY created_at DESC LIMIT 20",
            "reservations_user",
        ),
        ("SELECT id FROM payments WHERE provider = 'a' AND provider_ref = 'b'", "payments_provider_ref"),
    ],
)
def test_what_a_sale_asks_all_the_time_is_answered_by_an_index(ticketing: Server, query: str, index: str) -> None:
    plan = ticketing.psql("SET enable_seqscan = off", f"EXPLAIN {query.format(id=UUID)}", database="ticketing")
    assert index in plan


def _sale(ticketing: Server) -> None:
    ticketing.psql(
        """TRUNCATE users, seat_layouts CASCADE""",
        """INSERT INTO users (email, display_name) VALUES ('a@example.com', 'A')""",
        """INSERT INTO seat_layouts (venue, name, plan, capacity) VALUES ('hall', 'main', '{}', 1)""",
        """INSERT INTO events (organizer_id, seat_layout_id, title, sale_starts_at, sale_ends_at, starts_at)
           SELECT u.id, l.id, 'gig', now(), now() + '1 day', now() + '2 days' FROM users u, seat_layouts l""",
        """INSERT INTO ticket_types (event_id, name, price) SELECT id, 'all', 10 FROM events""",
        """INSERT INTO seats (event_id, ticket_type_id, section, row_label, seat_number)
           SELECT event_id, id, 'A', '1', 1 FROM ticket_types""",
        """INSERT INTO reservations (user_id, event_id, total, expires_at)
           SELECT u.id, e.id, 10, now() + '10 minutes' FROM users u, events e""",
        database="ticketing",
    )


def test_nobody_holds_a_seat_that_somebody_else_holds(ticketing: Server) -> None:
    _sale(ticketing)
    hold = """INSERT INTO reservation_items (reservation_id, seat_id, price)
              SELECT r.id, s.id, 10 FROM reservations r, seats s"""
    ticketing.psql(hold, database="ticketing", user="reservation")
    with pytest.raises(PermissionError, match="reservation_items_seat"):
        ticketing.psql(hold, database="ticketing", user="reservation")
    release = "UPDATE reservation_items SET released_at = now()"
    ticketing.psql(release, hold, database="ticketing", user="reservation")


def test_a_reservation_is_paid_for_once(ticketing: Server) -> None:
    _sale(ticketing)
    pay = """INSERT INTO payments (reservation_id, amount, provider, idempotency_key, status)
             SELECT id, 10, 'card', '{}', 'succeeded' FROM reservations"""
    ticketing.psql(pay.format("a"), database="ticketing", user="payment")
    with pytest.raises(PermissionError, match="payments_paid_once"):
        ticketing.psql(pay.format("b"), database="ticketing", user="payment")


@pytest.mark.parametrize(
    ("user", "allowed", "denied"),
    [
        ("auth", "SELECT count(*) FROM users", "SELECT count(*) FROM payments"),
        ("auth", "UPDATE users SET password_hash = 'b'", "UPDATE users SET role = 'admin'"),
        ("event", "SELECT count(*) FROM seats", "UPDATE seats SET status = 'sold'"),
        ("reservation", "SELECT count(email) FROM users", "SELECT password_hash FROM users"),
        ("payment", "SELECT count(email) FROM users", "SELECT password_hash FROM users"),
        ("admin", "UPDATE users SET status = 'suspended'", "SELECT password_hash FROM users"),
        ("admin", "DELETE FROM seats WHERE status = 'blocked'", "UPDATE payments SET amount = 1"),
        ("reservation", "UPDATE seats SET status = 'held'", "UPDATE payments SET amount = 1"),
        ("payment", "UPDATE reservations SET status = 'confirmed'", "UPDATE seats SET status = 'sold'"),
        ("admin", "SELECT count(*) FROM audit_log", "DELETE FROM audit_log"),
        ("payment", "SELECT 1", "CREATE TABLE mine (id int)"),
    ],
)
def test_services_may_do_what_they_need_and_nothing_else(
    ticketing: Server, user: str, allowed: str, denied: str
) -> None:
    ticketing.psql(allowed, database="ticketing", user=user)
    with pytest.raises(PermissionError, match="permission denied"):
        ticketing.psql(denied, database="ticketing", user=user)


def test_who_signs_up_is_a_customer_whatever_they_ask_for(ticketing: Server) -> None:
    _sale(ticketing)
    sign_up = "INSERT INTO users (email, password_hash, display_name) VALUES ('b@example.com', 'x', 'B') RETURNING role"
    assert "customer" in ticketing.psql(sign_up, database="ticketing", user="auth")
    with pytest.raises(PermissionError, match="permission denied"):
        ticketing.psql(
            "INSERT INTO users (email, display_name, role) VALUES ('c@example.com', 'C', 'admin')",
            database="ticketing",
            user="auth",
        )


def test_every_table_has_a_service_that_fills_it(ticketing: Server) -> None:
    """From nothing to a paid reservation by the services' own roles alone."""
    ticketing.psql("TRUNCATE users, seat_layouts CASCADE", database="ticketing")
    steps = [
        ("auth", "INSERT INTO users (email, display_name) VALUES ('a@example.com', 'A')"),
        ("admin", "INSERT INTO seat_layouts (venue, name, plan, capacity) VALUES ('hall', 'main', '{}', 1)"),
        (
            "admin",
            """INSERT INTO events (organizer_id, seat_layout_id, title, sale_starts_at, sale_ends_at, starts_at)
               SELECT u.id, l.id, 'gig', now(), now() + '1 day', now() + '2 days' FROM users u, seat_layouts l""",
        ),
        ("admin", "INSERT INTO ticket_types (event_id, name, price) SELECT id, 'all', 10 FROM events"),
        (
            "admin",
            """INSERT INTO seats (event_id, ticket_type_id, section, row_label, seat_number)
               SELECT event_id, id, 'A', '1', 1 FROM ticket_types""",
        ),
        (
            "reservation",
            """INSERT INTO reservations (user_id, event_id, total, expires_at)
               SELECT u.id, e.id, 10, now() + '10 minutes' FROM users u, events e""",
        ),
        (
            "reservation",
            """INSERT INTO reservation_items (reservation_id, seat_id, price)
               SELECT r.id, s.id, 10 FROM reservations r, seats s""",
        ),
        (
            "payment",
            """INSERT INTO payments (reservation_id, amount, provider, idempotency_key, status)
               SELECT id, total, 'card', 'a', 'succeeded' FROM reservations""",
        ),
        (
            "payment",
            """INSERT INTO audit_log (action, entity_type, entity_id)
               SELECT 'paid', 'payment', id FROM payments""",
        ),
    ]
    for user, statement in steps:
        ticketing.psql(statement, database="ticketing", user=user)
    filled = " UNION ALL ".join(f"SELECT count(*) FROM {table}" for table in TICKETING_TABLES)
    assert set(ticketing.psql(filled, database="ticketing").split()) == {"1"}


def test_a_privilege_that_is_granted_no_longer_is_taken_away(ticketing: Server) -> None:
    ticketing.psql("GRANT ALL ON payments TO auth", database="ticketing")
    apply(ticketing, "ticketing", read(TICKETING))
    with pytest.raises(PermissionError, match="permission denied for table payments"):
        ticketing.psql("SELECT count(*) FROM payments", database="ticketing", user="auth")


def test_another_migration_is_another_run_whose_last_words_the_engine_shows() -> None:
    def program() -> None:
        for name, migrations in (("one", FIRST), ("two", FIRST | {"0002_b.sql": "SELECT 1;"})):
            Schema(
                name,
                migrations,
                connection={"PGHOST": "db", "PGPASSWORD": pulumi.Output.secret("hush")},
                server=Peer(ports=(5432,), cidrs=("10.0.21.0/24",)),
                namespace="shop",
                image="postgres:17.6-alpine",
                opts=pulumi.ResourceOptions(),
            )

    made = run(program)
    one, two = (made.one("kubernetes:core/v1:ConfigMap", name) for name in ("one", "two"))
    assert one["immutable"] is two["immutable"] is True
    assert one["data"] != two["data"]
    container = made.one(JOB, "one")["spec.template.spec.containers.0"]
    assert container["terminationMessagePolicy"] == "FallbackToLogsOnError"
    assert "hush" not in str(one.inputs) + str(made.one(JOB, "one").inputs)
