"""Alembic's entry: runs on the connection and inside the transaction that ``lake.state`` gives."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context

from gzeco_lib.lake.state import VERSION_TABLE
from gzeco_lib.lake.state_tables import Base, UtcTime


def ours(name: str | None, kind: str, _parents: Any) -> bool:
    """Compare only our own tables: the scheduler's job store makes its own, others may share a server."""
    return kind != "table" or name in Base.metadata.tables


def render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write our time type as the column type it is, so that a script needs nothing of the models."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcTime) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table=VERSION_TABLE,
    include_name=ours,
    compare_type=True,
    render_item=render,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
