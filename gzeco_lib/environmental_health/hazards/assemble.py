"""All hazards of the city on one map: the dataset, the tables and what the reader must know."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from gzeco_lib.environmental_health.hazards import air as air_hazard
from gzeco_lib.environmental_health.hazards import noise, toxics, water
from gzeco_lib.environmental_health.hazards.layers import Layer, site_rows
from gzeco_lib.environmental_health.hazards.method import grade_method
from gzeco_lib.environmental_health.hazards.rules import HAZARDS, OVERALL
from gzeco_lib.geo.districts import NAMES

if TYPE_CHECKING:
    from gzeco_lib.geo.grid import Grid
    from gzeco_lib.lake.lake import Lake
    from gzeco_lib.scenario.outcome import Note

DIMS = ("y", "x")
SITE_NUMBER = "number of the site among the sorted sites of the hazard in hazard_sites"
PARTS = {
    "grade": ("1", "grade 1 (low) .. 5 (very high) of {hazard}, empty where not known"),
    "probability": ("1", "probability that the true grade of {hazard} is this one"),
}


@dataclass(frozen=True)
class Hazards:
    """Graded hazards.

    Attributes:
        dataset: the field ``hazards`` (y, x): ``<hazard>_grade``, ``_value``, ``_sd``, ``_probability``,
            ``overall_grade`` and ``overall_hazard`` (1 air, 2 toxics, 3 water, 4 noise, 0 none known).
        tables: ``hazard_sites``, ``hazard_district``, ``grade_method``.
        notes: what is missing and what that means for the map.
    """

    dataset: xr.Dataset
    tables: dict[str, pd.DataFrame]
    notes: list[Note] = field(default_factory=list)


def grade(
    lake: Lake,
    at: pd.Timestamp,
    grid: Grid,
    air: xr.Dataset | None,
    *,
    form: str = "hong_kong",
    people: np.ndarray | None = None,
) -> Hazards:
    """Air, toxics, water and noise as grades 1..5 of every cell, as they could be known at ``at``.

    Args:
        lake: sites, observations, places and cell attributes are read of it; any of them may be missing.
        at: UTC.
        grid: the grid of the city.
        air: the field ``risk`` of the hourly model on the same grid; None where there is no air.
        form: the form of the excess risk in it, ``"hong_kong"`` or ``"canada"``.
        people: persons in each cell inside the city (cell,), the weight of the districts' figures; area where None.
    """
    at = at.tz_convert("UTC")
    layers = {
        "air": air_hazard.layer(air, grid, form),
        "toxics": toxics.layer(lake, at, grid),
        "water": water.layer(lake, at, grid),
        "noise": noise.layer(lake, at, grid),
    }
    overall, maker = worst(layers)
    tables = {
        "hazard_sites": _sites(layers),
        "hazard_district": districts(layers, overall, grid, people),
        "grade_method": grade_method(at, form),
    }
    notes = [note for layer in layers.values() for note in layer.notes]
    return Hazards(_dataset(layers, overall, maker, grid), tables, notes)


def worst(layers: dict[str, Layer]) -> tuple[np.ndarray, np.ndarray]:
    """The highest known grade of each cell (NaN where none is) and the number of the hazard that made it (0: none).

    Of equal grades the one named is the more probable.
    """
    stack = np.stack([layers[name].grade for name in HAZARDS])
    likely = np.stack([np.nan_to_num(layers[name].probability) for name in HAZARDS])
    order = np.where(np.isnan(stack), -1.0, stack + 0.5 * likely)
    first = order.argmax(axis=0)
    grade_ = np.take_along_axis(stack, first[None], axis=0)[0]
    return grade_, np.where(np.isnan(grade_), 0, first + 1)


def _dataset(layers: dict[str, Layer], overall: np.ndarray, maker: np.ndarray, grid: Grid) -> xr.Dataset:
    inside = grid.mask

    def spread(values: np.ndarray) -> np.ndarray:
        whole = np.full(grid.shape, np.nan, dtype=np.float32)
        whole[inside] = values
        return whole

    made = grid.dataset().assign_coords(
        district=(
            DIMS,
            np.where(inside, grid.district, "0").astype(np.int64),
            {"long_name": "adcode, 0 outside"},
        )
    )
    for name, layer in layers.items():
        for part, (unit, text) in PARTS.items():
            made[f"{name}_{part}"] = (
                DIMS, spread(getattr(layer, part)), {"units": unit, "long_name": text.format(hazard=name)},
            )  # fmt: skip
        made[f"{name}_value"] = (DIMS, spread(layer.value), {"units": layer.unit, "long_name": layer.name})
        made[f"{name}_sd"] = (
            DIMS, spread(layer.sd), {"units": layer.unit, "long_name": f"standard error of {name}_value"},
        )  # fmt: skip
        for key, values in layer.extra.items():
            made[key] = (DIMS, spread(values))
        if layer.site is not None:
            made[f"{name}_site"] = (DIMS, spread(_numbered(layer)), {"long_name": SITE_NUMBER})
    made["overall_grade"] = (DIMS, spread(overall), {"units": "1", "long_name": "highest known grade"})
    made["overall_hazard"] = (
        DIMS, spread(maker), {"units": "1", "long_name": "hazard that made it: 1 air 2 toxics 3 water 4 noise 0 none"},
    )  # fmt: skip
    made.attrs = {"Conventions": "CF-1.11", "crs": "EPSG:4547", "resolution_m": grid.resolution}
    return made


def _numbered(layer: Layer) -> np.ndarray:
    """Number of each cell's site among the sorted sites of the layer's rows, NaN for none."""
    names = np.array(sorted(layer.sites["site"].unique()), dtype=str)
    wanted = np.asarray(layer.site, dtype=str)
    return np.where(wanted == "", np.nan, np.searchsorted(names, wanted))


def _sites(layers: dict[str, Layer]) -> pd.DataFrame:
    parts = [layer.sites for layer in layers.values() if len(layer.sites)]
    return pd.concat(parts, ignore_index=True) if parts else site_rows([])


def districts(
    layers: dict[str, Layer], overall: np.ndarray, grid: Grid, people: np.ndarray | None
) -> pd.DataFrame:
    """Mean grade and share in the two worst grades of each district and hazard, over the cells that are known."""
    weight = np.ones(len(overall)) if people is None else np.asarray(people, dtype=float)
    inside = grid.district[grid.mask]
    rows = []
    for code in NAMES:
        here = inside == code
        for hazard in (*HAZARDS, OVERALL):
            values = overall if hazard == OVERALL else layers[hazard].grade
            known = here & np.isfinite(values)
            w = weight[known] if weight[known].sum() > 0 else np.ones(int(known.sum()))
            rows.append(
                {
                    "district": code, "hazard": hazard, "cells": int(known.sum()),
                    "known_share": float(weight[known].sum() / total) if (total := weight[here].sum()) > 0 else 0.0,
                    "grade": float(np.average(values[known], weights=w)) if known.any() else np.nan,
                    "share_4_5": float(w[values[known] >= 4].sum() / w.sum()) if known.any() else np.nan,
                }
            )  # fmt: skip
    return pd.DataFrame(rows)
