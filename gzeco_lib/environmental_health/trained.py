"""Forecast models kept in the lake: which may be used, fitting the others, and their skill on unseen days."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from gzeco_lib.errors import InputError

if TYPE_CHECKING:
    from gzeco_lib.lake.lake import Lake
    from gzeco_lib.methods.forecast import Forecaster

DAY = pd.Timedelta("1D")
LEADS = range(1, 25)
HELD_OUT = 7  # [d] before the model is made, kept from its fit: its skill is measured on them
EVERY = 6  # [h] between the origins of that measurement
FEWEST_DAYS = 21  # of history to fit on, the held-out days apart
SKILL = ("variable", "lead_h", "mae", "mae_persistence", "coverage80", "member")
EFFORTS = {
    "quick": ("persistence", "yesterday", "climatology", "linear"),
    "standard": ("persistence", "yesterday", "climatology", "linear", "boosting"),
    "full": ("persistence", "yesterday", "climatology", "linear", "boosting", "prophet"),
}


@dataclass(frozen=True)
class Recipe:
    """How models are trained: league members by effort, days of history, and the age to fit them anew at [d]."""

    effort: str = "full"
    training_days: int = 240
    max_age_days: float = 7.0

    def folder(self, code: str) -> str:
        """Where the lake keeps the models of ``code`` made this way."""
        return f"models/forecast/{code}/{self.effort}-{self.training_days}d"


@dataclass(frozen=True)
class Model:
    """A fitted forecaster and its measured skill (columns of ``SKILL``)."""

    forecaster: Forecaster
    skill: pd.DataFrame


def models(lake: Lake, data: xr.Dataset, codes: Sequence[str], recipe: Recipe) -> dict[str, Model]:
    """A model for each of ``codes`` that saw nothing later than the last hour of ``data``.

    Taken from the lake where one was made at the latest hour or before, at most ``max_age_days`` earlier; fitted and
    stored otherwise. Codes with too little history are left out.
    """
    origin = pd.Timestamp(data["time"].to_numpy()[-1])
    found = {code: model for code in codes if (model := stored(lake, code, origin, recipe)) is not None}
    wanted = [code for code in codes if code not in found]
    if not wanted:
        return found
    end = (origin + pd.Timedelta("1h")).tz_localize("UTC")
    sites = [str(site) for site in data["site"].to_numpy()]
    history = lake.observations(list(codes), end - recipe.training_days * DAY, end, sites=sites)
    # Most of a fit is spent in compiled code that lets other threads run.
    with ThreadPoolExecutor(max_workers=min(2, os.cpu_count() or 1)) as pool:
        fitted = list(pool.map(lambda code: fit(history, code, recipe), wanted))
    for code, model in zip(wanted, fitted, strict=True):
        if model is not None:
            keep(lake, code, origin, recipe, model)
            found[code] = model
    return found


def fit(history: xr.Dataset, code: str, recipe: Recipe) -> Model | None:
    """A model of ``code`` fitted on ``history`` without its last week, on which its skill is measured; None where the
    history is too short."""
    from gzeco_lib.methods.forecast import Forecaster

    hours = np.flatnonzero(np.isfinite(history[code].to_numpy()).any(axis=1))
    if len(hours) < (FEWEST_DAYS + HELD_OUT) * 24:
        return None
    stop = history.sizes["time"] - HELD_OUT * 24
    try:
        forecaster = Forecaster.fit(
            history.isel(time=slice(int(hours[0]), stop)), code, members=EFFORTS[recipe.effort]
        )
    except InputError:  # it asks more of a history than we do
        return None
    return Model(forecaster, measured(forecaster, history, code, stop))


def measured(forecaster: Forecaster, history: xr.Dataset, code: str, first: int) -> pd.DataFrame:
    """Errors by lead of forecasts from every sixth hour since row ``first`` of ``history``, beside persistence.

    Both are scored on the same cases; ``coverage80`` is the share of them inside the 80 % band.
    """
    values = history[code].to_numpy()
    times = history["time"].to_numpy()
    miss, persist, inside, members = [], [], [], np.array([])
    for row in range(first, len(times) - 1, EVERY):
        made = forecaster.predict(history.isel(time=slice(max(0, row - 28 * 24), row + 1)), times[row], LEADS)
        bands = made["value"].sel(quantile=[0.1, 0.5, 0.9], method="nearest").to_numpy()
        members = made["member"].to_numpy()
        came = np.full(bands.shape[1:], np.nan)
        came[: len(times) - row - 1] = values[row + 1 : row + 1 + len(came)]
        known = np.isfinite(came) & np.isfinite(values[row])[None, :] & np.isfinite(bands[1])
        miss.append(np.where(known, np.abs(bands[1] - came), np.nan))
        persist.append(np.where(known, np.abs(values[row][None, :] - came), np.nan))
        inside.append(np.where(known, (came >= bands[0]) & (came <= bands[2]), np.nan))
    return pd.DataFrame(
        {
            "variable": code,
            "lead_h": np.arange(1, 25),
            "mae": _by_lead(miss),
            "mae_persistence": _by_lead(persist),
            "coverage80": _by_lead(inside),
            "member": members.astype(object),
        }
    )


def _by_lead(cases: list[np.ndarray]) -> np.ndarray:
    """Mean of the cases of each lead, NaN where there are none."""
    stacked = np.stack(cases)
    count = np.isfinite(stacked).sum(axis=(0, 2))
    return np.where(count > 0, np.nansum(stacked, axis=(0, 2)) / np.maximum(count, 1), np.nan)


def stored(lake: Lake, code: str, origin: pd.Timestamp, recipe: Recipe) -> Model | None:
    """The newest stored model of ``code`` made at ``origin`` or before and not too old; None where there is none."""
    from gzeco_lib.methods.forecast import Forecaster

    stamps = [pd.Timestamp(stamp) for stamp in _index(lake, code, recipe)]
    fitting = [stamp for stamp in stamps if stamp <= origin and origin - stamp <= recipe.max_age_days * DAY]
    if not fitting:
        return None
    name = _name(code, max(fitting), recipe)
    try:
        forecaster = Forecaster.load(lake.get(name))
        skill = pd.DataFrame(json.loads(lake.get(f"{name}.skill")), columns=list(SKILL))
    except (InputError, ValueError):  # a damaged or older artifact: it is made anew
        return None
    return Model(forecaster, skill)


def keep(lake: Lake, code: str, origin: pd.Timestamp, recipe: Recipe, model: Model) -> None:
    """Store ``model`` as made at ``origin``; the index comes last, so that it never names a missing one."""
    name = _name(code, origin, recipe)
    lake.put(name, model.forecaster.dump())
    lake.put(f"{name}.skill", model.skill.to_json(orient="records").encode())
    stamps = sorted({*_index(lake, code, recipe), origin.isoformat()})
    lake.put(f"{recipe.folder(code)}/index.json", json.dumps(stamps).encode())


def _name(code: str, stamp: pd.Timestamp, recipe: Recipe) -> str:
    return f"{recipe.folder(code)}/{stamp:%Y%m%dT%H}"


def _index(lake: Lake, code: str, recipe: Recipe) -> list[str]:
    name = f"{recipe.folder(code)}/index.json"
    return list(json.loads(lake.get(name))) if lake.has(name) else []
