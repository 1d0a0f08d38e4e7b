"""What a scenario model gives back: tables, fields and leads, with the provenance to run it again."""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd
import xarray as xr

import gzeco_lib
from gzeco_lib.errors import N_, InputError

if TYPE_CHECKING:
    from gzeco_lib.lake.lake import Lake

Note = tuple[str, dict[str, Any]]


@dataclass
class Provenance:
    """Where an outcome came from: data window and versions, code version, time spent."""

    code: str = gzeco_lib.__version__
    versions: dict[str, int] = field(default_factory=dict)  # lake table → version read
    window: tuple[str, str] | None = None  # first and last time of the data used, ISO 8601 UTC
    seconds: float = 0.0
    made: str = ""  # ISO 8601 UTC


@dataclass
class Outcome:
    """The result of one model run.

    Attributes:
        scenario: name of the model.
        at: the time it holds for (UTC); nothing known later was used.
        parameters: every declared parameter and its value.
        tables: DataFrames by name; times are UTC.
        fields: xarray Datasets by name, with CF attributes.
        leads: the problem leads it found.
        notes: what the reader must know, as (message id, fields): missing inputs and what was used instead.
    """

    scenario: str
    at: pd.Timestamp
    parameters: Mapping[str, Any]
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    fields: dict[str, xr.Dataset] = field(default_factory=dict)
    leads: list[Any] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    provenance: Provenance = field(default_factory=Provenance)

    @property
    def id(self) -> str:
        """Stable id: the same model, time, parameters, data and code give the same id."""
        identity = [
            self.scenario, self.at.isoformat(), dict(self.parameters), self.provenance.versions, self.provenance.code,
        ]  # fmt: skip
        text = json.dumps(identity, sort_keys=True, default=str)
        return f"{self.at:%Y%m%dT%H%M}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"

    def save(self, lake: Lake) -> str:
        """Store the outcome in ``lake`` and return its id; storing it again changes nothing."""
        from gzeco_lib.lake.frames import to_parquet

        base = f"outcome/{self.scenario}/{self.id}"
        for name, frame in self.tables.items():
            lake.put(f"{base}/{name}.parquet", to_parquet(frame))
        for name, dataset in self.fields.items():
            lake.write_grid(f"{base}/{name}", dataset)
        row = {
            "outcome": self.id,
            "scenario": self.scenario,
            "at": self.at,
            "made": pd.Timestamp(self.provenance.made or pd.Timestamp.now("UTC")),
            "parameters": json.dumps(dict(self.parameters), ensure_ascii=False, default=str),
            "provenance": json.dumps(
                {**asdict(self.provenance), "notes": self.notes}, ensure_ascii=False, default=str
            ),
            "tables": json.dumps({name: len(frame) for name, frame in self.tables.items()}),
            "fields": json.dumps({name: f"{base}/{name}" for name in self.fields}),
            "leads": len(self.leads),
        }
        # The row comes last: an outcome without it was never finished and nobody reads it.
        lake.write("outcome", pd.DataFrame([row]))
        return self.id

    @classmethod
    def load(cls, lake: Lake, scenario: str, at: pd.Timestamp | None = None) -> Outcome | None:
        """The latest stored outcome of ``scenario``, at or before ``at``; None where there is none."""
        rows = lake.read("outcome", where={"scenario": scenario})
        if at is not None:
            rows = rows[rows["at"] <= at]
        if rows.empty:
            return None
        row = rows.sort_values(["at", "made"]).iloc[-1]
        base = f"outcome/{scenario}/{row['outcome']}"
        provenance = json.loads(row["provenance"])
        notes = [(message, fields) for message, fields in provenance.pop("notes", [])]
        return cls(
            scenario=scenario,
            at=row["at"],
            parameters=json.loads(row["parameters"]),
            tables={name: _frame(lake, f"{base}/{name}.parquet") for name in json.loads(row["tables"])},
            fields={name: lake.read_grid(group) for name, group in json.loads(row["fields"]).items()},
            notes=notes,
            provenance=Provenance(**provenance),
        )

    def table(self, name: str) -> pd.DataFrame:
        """The table called ``name``.

        Raises:
            InputError: where the outcome holds no such table.
        """
        if name not in self.tables:
            raise InputError(
                N_("the outcome holds no table {name}"), "{place}", N_("it holds: {known}"),
                place=self.scenario, name=name, known=", ".join(self.tables),
            )  # fmt: skip
        return self.tables[name]

    def _repr_html_(self) -> str:
        """A short view for Jupyter: what was run, and the head of each table."""
        parts = [f"<h4>{html.escape(self.scenario)} · {self.at:%Y-%m-%d %H:%M} UTC</h4>"]
        for name, frame in self.tables.items():
            head = frame.head(10).to_html(index=False)
            parts.append(_folded(f"{name} ({len(frame)} × {frame.shape[1]})", head))
        for name, dataset in self.fields.items():
            parts.append(_folded(f"{name} {dict(dataset.sizes)}", dataset._repr_html_()))
        return "".join(parts)


def _folded(title: str, content: str) -> str:
    return f"<details><summary>{html.escape(title)}</summary>{content}</details>"


def _frame(lake: Lake, name: str) -> pd.DataFrame:
    from gzeco_lib.lake.frames import from_parquet

    return from_parquet(lake.get(name))
