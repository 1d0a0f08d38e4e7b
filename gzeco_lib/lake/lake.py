"""The lake: one object through which everything is stored and read."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from gzeco_lib.errors import N_, InputError
from gzeco_lib.lake import delta
from gzeco_lib.lake.contract import conform, table_named
from gzeco_lib.lake.delta import Written
from gzeco_lib.lake.store import Store, checked_name
from gzeco_lib.lake.tables import TABLES

if TYPE_CHECKING:
    import xarray as xr

    from gzeco_lib.lake.health import Finding
    from gzeco_lib.lake.state import State


class Lake:
    """Contracted tables, grids and artifacts under one folder or object-store address, and its state database."""

    def __init__(self, store: Store) -> None:
        self.store = store

    @classmethod
    def open(cls, url: str, create: bool = False) -> Lake:
        """The lake at ``url``: a folder, or an address such as ``s3://bucket/lake``.

        Raises:
            InputError: where there is no lake (and ``create`` is not given) or something else stands there.
        """
        store = Store(str(url))
        store.open_marked(create)
        return cls(store)

    @property
    def url(self) -> str:
        """Folder or address of the lake."""
        return self.store.url

    def write(self, table: str, frame: pd.DataFrame) -> Written:
        """Store the rows of ``frame`` in ``table``: checked against its contract, atomic, each key once.

        Raises:
            InputError: where the frame breaks the contract; nothing is written then.
        """
        contract = table_named(table)
        return delta.upsert(self.store, contract, conform(frame, contract))

    def read(
        self,
        table: str,
        columns: Sequence[str] | None = None,
        start: pd.Timestamp | None = None,
        end: pd.Timestamp | None = None,
        where: Mapping[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Rows of ``table`` in [start, end) where the columns of ``where`` equal, or are among, its values."""
        from gzeco_lib.lake import query

        return query.read(self.store, table_named(table), columns, start, end, where or {}).to_pandas()

    def observations(
        self,
        variables: Sequence[str],
        start: pd.Timestamp,
        end: pd.Timestamp,
        sites: Sequence[str] | None = None,
        interval: str = "PT1H",
        usable: bool = True,
    ) -> xr.Dataset:
        """Observations as arrays (time, site) on a complete time axis; see `observations.wide`."""
        from gzeco_lib.lake import query
        from gzeco_lib.lake.observations import wide

        where: dict[str, Any] = {"variable": list(variables), "interval": interval}
        if sites is not None:
            where["site"] = list(sites)
        rows = query.read(
            self.store,
            TABLES["observation"],
            ["time", "site", "variable", "value", "flag"],
            start,
            end,
            where,
        )
        return wide(rows, variables, start, end, sites, interval, usable)

    def query(self, sql: str, **parameters: Any) -> pd.DataFrame:
        """The answer to one SELECT over the tables by name; ``$name`` stands for a parameter."""
        from gzeco_lib.lake import query

        return query.query(self.store, sql, parameters)

    def write_grid(self, name: str, dataset: xr.Dataset) -> None:
        """Store ``dataset`` as the grid ``name``, replacing what was there as a whole."""
        from gzeco_lib.lake import grids

        grids.write(self.store, checked_name(name), dataset)

    def read_grid(self, name: str) -> xr.Dataset:
        """The grid ``name``, read lazily.

        Raises:
            InputError: where the lake holds no such grid.
        """
        from gzeco_lib.lake import grids

        return grids.read(self.store, checked_name(name))

    def grids(self) -> list[str]:
        """Names of all grids."""
        from gzeco_lib.lake import grids

        return grids.names(self.store)

    def put(self, name: str, content: bytes) -> None:
        """Store an artifact (a fitted model, rejected rows, …) whole or not at all."""
        self.store.put(f"artifacts/{name}", content)

    def get(self, name: str) -> bytes:
        """The artifact ``name``.

        Raises:
            InputError: where there is none.
        """
        return self.store.get(f"artifacts/{name}")

    def has(self, name: str) -> bool:
        """Whether there is an artifact ``name``."""
        return self.store.exists(f"artifacts/{name}")

    def versions(self) -> dict[str, int]:
        """The version of every table that was ever written."""
        found = {name: delta.opened(self.store, table) for name, table in TABLES.items()}
        return {name: table.version() for name, table in found.items() if table is not None}

    def arrived(self, table: str) -> pd.Timestamp | None:
        """When rows last came into ``table`` (UTC); None where none ever did."""
        found = delta.opened(self.store, TABLES[table])
        return None if found is None else delta.arrived(found)

    def catalogue(self) -> pd.DataFrame:
        """What the lake holds; see `catalogue.catalogue`."""
        from gzeco_lib.lake.catalogue import catalogue

        return catalogue(self)

    def health(self) -> list[Finding]:
        """A check-up of every table, the state database and the disk."""
        from gzeco_lib.lake.health import health

        return health(self)

    def compact(self) -> dict[str, dict[str, int]]:
        """Rewrite small files of every table; files before, after and removed, by table."""
        return {name: delta.compact(self.store, TABLES[name]) for name in self.versions()}

    @cached_property
    def state(self) -> State:
        """The state database: ``GZECO_STATE`` where set, else a SQLite file in the lake's folder.

        Raises:
            InputError: for a lake on an object store without ``GZECO_STATE``.
        """
        from gzeco_lib.lake.state import State

        url = os.environ.get("GZECO_STATE")
        if not url:
            if not self.store.local:
                raise InputError(
                    N_("a lake on an object store needs a database for its state"),
                    "GZECO_STATE",
                    N_("set GZECO_STATE to a database address, e.g. postgresql+psycopg://host/gzeco"),
                )
            url = f"sqlite:///{self.store.url}/state.db"
        return State.open(url)
