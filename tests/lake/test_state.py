"""The state database opens, migrates and keeps its promises alike on SQLite and PostgreSQL."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import IntegrityError

from gzeco_lib.errors import FailureError, InputError
from gzeco_lib.lake.state import VERSION_TABLE, State, alembic_config, note, parse, revisions, shown
from gzeco_lib.lake.state_tables import AuditRow, Base, LeadReviewRow, RunRow

pytest_plugins = ["state_databases"]

NOON = datetime(2024, 12, 15, 12, tzinfo=timezone(timedelta(hours=8)))


def run_row(job: str = "brief", **changes: object) -> RunRow:
    fields: dict[str, object] = {
        "id": f"{job}1",
        "job": job,
        "planned": NOON,
        "status": "running",
        "parameters": {},
        "outputs": [],
        "trail": [],
    }
    return RunRow(**(fields | changes))


def test_opening_creates_every_table(state: State) -> None:
    tables = set(inspect(state.engine).get_table_names())
    assert {"lead", "lead_review", "run", "delivery", "watch", "audit", VERSION_TABLE} <= tables


def test_models_equal_migrations(state: State) -> None:
    from alembic import command

    with state.engine.begin() as connection:
        command.check(alembic_config(connection))  # raises where autogenerate would write anything


def test_revision_list_is_alembics(state: State) -> None:
    from alembic.script import ScriptDirectory

    with state.engine.begin() as connection:
        script = ScriptDirectory.from_config(alembic_config(connection))
    assert revisions() == [revision.revision for revision in reversed(list(script.walk_revisions()))]


def test_down_and_up_again(state: State) -> None:
    from alembic import command

    with state.engine.begin() as connection:
        command.downgrade(alembic_config(connection), "base")
        assert not set(Base.metadata.tables) & set(inspect(connection).get_table_names())
        command.upgrade(alembic_config(connection), "head")
        assert set(Base.metadata.tables) <= set(inspect(connection).get_table_names())


def test_times_come_back_as_utc(state: State) -> None:
    with state.session() as session:
        session.add(run_row())
    with state.reading() as session:
        found = session.scalars(select(RunRow.planned)).one()
    assert found == NOON and found.utcoffset() == timedelta(0)


def test_time_without_zone_is_refused(state: State) -> None:
    with pytest.raises(Exception, match="without zone"), state.session() as session:
        session.add(run_row(planned=datetime(2024, 12, 15)))


def test_one_claim_a_planned_time(state: State) -> None:
    with state.session() as session:
        session.add(run_row())
    with pytest.raises(IntegrityError), state.session() as session:
        session.add(run_row(id="other", planned=NOON.astimezone(UTC)))


def test_foreign_keys_and_checks_hold(state: State) -> None:
    with pytest.raises(IntegrityError), state.session() as session:
        session.add(LeadReviewRow(lead_id="nobody", at=NOON, who="a", before="new", after="confirmed"))
    with pytest.raises(IntegrityError), state.session() as session:
        session.add(run_row(status="done"))


def test_session_rolls_back_whole(state: State) -> None:
    with pytest.raises(RuntimeError), state.session() as session:
        note(session, "a", "b", "c")
        session.flush()
        raise RuntimeError
    with state.reading() as session:
        assert session.scalars(select(AuditRow)).all() == []


def test_audit_line(state: State) -> None:
    state.audit("li", "review", "lead 1", to="confirmed")
    with state.reading() as session:
        row = session.scalars(select(AuditRow)).one()
    assert (row.who, row.act, row.subject, row.detail) == ("li", "review", "lead 1", {"to": "confirmed"})


def test_writers_in_threads_wait_their_turn(state: State) -> None:
    """Read-then-write transactions side by side: SQLite fails these at once unless they begin immediate."""
    with state.session() as session:
        session.add(run_row(status="planned"))

    def count_up() -> None:
        for _ in range(10):
            with state.session() as session:
                statement = select(RunRow).with_for_update()
                session.scalars(statement).one().attempt += 1

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with state.reading() as session:
        assert session.scalars(select(RunRow.attempt)).one() == 40


def test_newer_schema_is_refused(state: State) -> None:
    with state.engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(InputError, match="newer gzeco"):
        State.open(state.engine.url.render_as_string(hide_password=False))


def test_opening_twice_keeps_what_is_there(state: State) -> None:
    state.audit("li", "act", "x")
    with (
        State.open(state.engine.url.render_as_string(hide_password=False)) as again,
        again.reading() as session,
    ):
        assert len(session.scalars(select(AuditRow)).all()) == 1


def test_processes_opening_at_once(empty_url: str) -> None:
    code = (
        "import sys; from gzeco_lib.lake.state import State; State.open(sys.argv[1]).audit('p', 'open', 'x')"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", code, empty_url], stderr=subprocess.PIPE) for _ in range(2)
    ]
    ends = [(p.communicate(timeout=60)[1].decode(), p.returncode) for p in processes]
    assert all(code == 0 for _, code in ends), ends
    with State.open(empty_url) as state, state.reading() as session:
        assert len(session.scalars(select(AuditRow)).all()) == 2


def test_file_that_is_no_database(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    file.write_bytes(b"PM2.5,time\n" * 500)
    with pytest.raises(InputError, match="not a state database"):
        State.open(file)
    assert file.read_bytes() == b"PM2.5,time\n" * 500


def test_truncated_database(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    State.open(file).close()
    file.write_bytes(file.read_bytes()[:5000])
    with pytest.raises(InputError, match="not a state database"):
        State.open(file)


def test_database_of_another_program(tmp_path: Path) -> None:
    file = tmp_path / "other.db"
    with sqlite3.connect(file) as other:
        other.execute("CREATE TABLE lead (metal TEXT)")
    other.close()
    with pytest.raises(InputError, match="another program: lead"):
        State.open(file)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://u:geheim@h/x", "not an address"),
        ("sqlite://", "not an address"),
        ("sqlite:///:memory:", "not an address"),
        ("postgresql://u:geheim@h:port/x", "not an address"),
        ("nowhere/state.db", "does not exist"),
        (".", "a folder"),
    ],
)
def test_addresses_that_are_none(url: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        State.open(url)
    assert "geheim" not in str(caught.value) and caught.value.fix


def test_postgres_by_its_short_names_and_without_password_shown() -> None:
    address = parse("postgres://u:geheim@h/x?password=geheim")
    assert address.drivername == "postgresql+psycopg"
    assert "geheim" not in shown(address)


def test_server_that_is_not_there() -> None:
    with pytest.raises(FailureError, match="cannot be reached") as caught:
        State.open("postgresql://u:geheim@127.0.0.1:1/x")
    assert "geheim" not in str(caught.value)
