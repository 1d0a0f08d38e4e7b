"""The state database: SQLite by default, PostgreSQL by URL, always at the newest schema.

``State.open(url)`` connects, checks that the database is ours and migrates it; ``state.session()`` is one
transaction that commits at its end or not at all.
"""

from __future__ import annotations

import os
import re
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError
from sqlalchemy.orm import Session

from gzeco_lib.errors import N_, FailureError, InputError
from gzeco_lib.lake.state_tables import AuditRow, Base

MIGRATIONS = Path(__file__).parent / "migrations"
VERSION_TABLE = "gzeco_version"
BUSY_S = 30.0  # how long a writer waits for another before it gives up [s]
_alembic_at_work = threading.Lock()
LOCK_KEY = 0x67_7A_65_63  # PostgreSQL advisory lock held while migrating ("gzec")


def revisions() -> list[str]:
    """Revisions in order; the name of a script in ``migrations/versions`` begins with its revision."""
    return sorted(path.stem.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


class State:
    """An open state database."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._reader = engine.execution_options(gzeco_begin="DEFERRED")

    @classmethod
    def open(cls, url: str | os.PathLike[str]) -> State:
        """Connect to ``url`` and migrate to head: a file path, ``sqlite:///…`` or ``postgresql+psycopg://…``.

        Raises:
            InputError: the URL is not one, the file is not a database or not ours, or a newer gzeco wrote it.
            FailureError: the database cannot be reached.
        """
        address = parse(url)
        engine = _engine(address)
        try:
            if address.get_backend_name() == "sqlite":
                _write_ahead(engine)
            migrate(engine)
        except OperationalError as error:
            engine.dispose()
            raise _unreachable(address, error) from error
        except DatabaseError as error:
            engine.dispose()
            raise InputError(
                N_("this is not a state database"),
                "{place}",
                N_("name another file, or restore it from a copy"),
                place=shown(address),
            ) from error
        except BaseException:
            engine.dispose()
            raise
        return cls(engine)

    @property
    def url(self) -> str:
        """Where it is, without the password."""
        return shown(self.engine.url)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """One writing transaction: commits at the end, rolls back on any exception."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One reading transaction: never waits for a writer."""
        with Session(self._reader, expire_on_commit=False) as session, session.begin():
            yield session

    def audit(self, who: str, act: str, subject: str, **detail: Any) -> None:
        """Add a line to the audit log in a transaction of its own."""
        with self.session() as session:
            note(session, who, act, subject, **detail)

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()

    def __enter__(self) -> State:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def note(
    session: Session, who: str, act: str, subject: str, at: datetime | None = None, **detail: Any
) -> None:
    """Add a line to the audit log in the transaction of what it tells about."""
    session.add(AuditRow(at=at or datetime.now(UTC), who=who, act=act, subject=subject, detail=detail))


def parse(url: str | os.PathLike[str]) -> URL:
    """The SQLAlchemy address of ``url``; a plain path is an SQLite file, PostgreSQL always uses psycopg.

    Raises:
        InputError: no such kind of database, or no such folder.
    """
    given = os.fspath(url)
    if not re.match(r"^[a-zA-Z][a-zA-Z0-9+]+:", given):
        address = URL.create("sqlite", database=given)
    else:
        try:
            address = make_url(given)
        except (ArgumentError, ValueError):  # the text may hold a password: it is not shown
            raise _bad_url(given.split(":", 1)[0]) from None
    if address.drivername in ("postgres", "postgresql"):
        address = address.set(drivername="postgresql+psycopg")
    if address.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise _bad_url(address.drivername)
    if address.get_backend_name() == "sqlite":
        _check_file(address)
    return address


def shown(address: URL) -> str:
    """``address`` for people: no password, and of the query, which can hold one as well, only where it is."""
    query = {name: value for name, value in address.query.items() if name in ("host", "port")}
    return address.set(query=query).render_as_string(hide_password=True)


def _bad_url(scheme: str) -> InputError:
    return InputError(
        N_("not an address of a state database: {scheme}"),
        "--state",
        N_("give a file path, sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME"),
        scheme=scheme,
    )


def _check_file(address: URL) -> None:
    file = address.database
    if not file or file == ":memory:":
        raise _bad_url("sqlite:")
    path = Path(file)
    if path.is_dir():
        raise InputError(
            N_("this is a folder, not a database file"),
            "{place}",
            N_("name the file of the state database"),
            place=path,
        )
    if not path.parent.is_dir():
        raise InputError(
            N_("the folder of the state database does not exist"),
            "{place}",
            N_("create the folder first"),
            place=path.parent,
        )


def _engine(address: URL) -> Engine:
    if address.get_backend_name() != "sqlite":
        return create_engine(address, pool_pre_ping=True, connect_args={"connect_timeout": 10})
    engine = create_engine(address, connect_args={"timeout": BUSY_S, "check_same_thread": False})
    event.listen(engine, "connect", _sqlite_connect)
    event.listen(engine, "begin", _sqlite_begin)
    return engine


def _sqlite_connect(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the driver would begin late and never around DDL; see _sqlite_begin
    connection.execute(f"PRAGMA busy_timeout = {int(BUSY_S * 1000)}")
    connection.execute("PRAGMA foreign_keys = ON")


def _sqlite_begin(connection: Connection) -> None:
    # A deferred transaction that reads first and writes later fails at once when another wrote in between;
    # an immediate one waits its turn.
    mode = connection.get_execution_options().get("gzeco_begin", "IMMEDIATE")
    connection.exec_driver_sql(f"BEGIN {mode}")


def _write_ahead(engine: Engine) -> None:
    """Switch the file to write-ahead logging; the switch ignores busy_timeout, so try again ourselves."""
    until = time.monotonic() + BUSY_S
    while True:
        raw = engine.raw_connection()
        try:
            cursor = raw.cursor()
            cursor.execute("PRAGMA journal_mode = WAL")
            cursor.close()
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise OperationalError("PRAGMA journal_mode", None, error) from error
            time.sleep(0.05)
        except sqlite3.DatabaseError as error:
            raise DatabaseError("PRAGMA journal_mode", None, error) from error
        finally:
            raw.close()


def _unreachable(address: URL, error: OperationalError) -> InputError | FailureError:
    if "readonly" in str(error.orig):
        return FailureError(
            N_("no permission to write the state database"),
            "{place}",
            N_("check the owner and mode of the path"),
            place=shown(address),
        )
    if "full" in str(error.orig):
        return FailureError(
            N_("the disk is full"),
            "{place}",
            N_("free some space and run the same command again"),
            place=shown(address),
        )
    return FailureError(
        N_("the state database cannot be reached"),
        "{place}",
        N_("check that the file can be read, or that the server runs and the user and password are right"),
        place=shown(address),
    )


def migrate(engine: Engine) -> None:
    """Bring the database to the newest schema; the second of two processes finds it done.

    Raises:
        InputError: a newer gzeco wrote it, or its tables are someone else's.
    """
    known = revisions()
    with engine.execution_options(gzeco_begin="DEFERRED").begin() as connection:
        if _revision(connection, known) == known[-1]:
            return
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
        if _revision(connection, known) != known[-1]:
            _upgrade(connection)


def _revision(connection: Connection, known: list[str]) -> str | None:
    where = shown(connection.engine.url)
    tables = set(inspect(connection).get_table_names())
    if VERSION_TABLE not in tables:
        if strangers := tables & set(Base.metadata.tables):
            raise InputError(
                N_("the database holds tables of another program: {tables}"),
                "{place}",
                N_("name a database of its own for the state"),
                place=where,
                tables=", ".join(sorted(strangers)),
            )
        return None
    found: str | None = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608
    if found is not None and found not in known:
        raise InputError(
            N_("the state database was written by a newer gzeco (schema {found}, this one knows {known})"),
            "{place}",
            N_("update gzeco, or name another state database"),
            place=where,
            found=found,
            known=known[-1],
        )
    return found


def _upgrade(connection: Connection) -> None:
    from alembic import command

    with _alembic_at_work:  # Alembic keeps its context in a module global
        command.upgrade(alembic_config(connection), "head")


def alembic_config(connection: Connection) -> Any:
    """Alembic's configuration for the packaged scripts, run on ``connection`` inside its transaction."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
