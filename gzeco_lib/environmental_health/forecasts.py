"""Forecasts of the next hours, from models kept in the lake that never saw an hour later than their start."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from gzeco_lib.environmental_health.series import MEMORY, OBSERVED, PAST, Z90, Series, error_correlation
from gzeco_lib.environmental_health.trained import Model, Recipe, models
from gzeco_lib.errors import N_

if TYPE_CHECKING:
    from gzeco_lib.lake.lake import Lake
    from gzeco_lib.scenario.outcome import Note

PERSISTENCE = "persistence"


@dataclass
class Predicted:
    """Forecasts by pollutant code: value, lo, hi (lead, site), member (lead,), and the models' measured skill."""

    value: dict[str, np.ndarray] = field(default_factory=dict)
    lo: dict[str, np.ndarray] = field(default_factory=dict)
    hi: dict[str, np.ndarray] = field(default_factory=dict)
    member: dict[str, np.ndarray] = field(default_factory=dict)
    skill: list[pd.DataFrame] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def predict(lake: Lake, data: xr.Dataset, horizon: int, recipe: Recipe) -> Predicted:
    """Forecasts 1 to ``horizon`` hours after the last hour of ``data``.

    Where there is too little history to fit a model, persistence stands in and a note says so.
    """
    result = Predicted()
    present = [str(name) for name in data.data_vars if np.isfinite(data[name].to_numpy()).any()]
    fitted = models(lake, data, present, recipe)
    for code in (str(name) for name in data.data_vars):
        if code not in present:
            _absent(result, code, horizon, data.sizes["site"])
        elif code in fitted:
            _model(result, fitted[code], data, code, horizon)
        else:
            _persist(result, data, code, horizon)
    replaced = [code for code in present if code not in fitted]
    if replaced:
        note = N_("Too little history to train a forecast of {codes}: the last value is carried forward.")
        result.notes.append((note, {"codes": ", ".join(replaced)}))
    return result


def keep(lake: Lake, made: Predicted, data: xr.Dataset, recipe: Recipe) -> None:
    """Store the forecasts in the lake's table ``forecast``, to be scored when the hours have come."""
    origin = pd.Timestamp(data["time"].to_numpy()[-1], tz="UTC")
    sites = data["site"].to_numpy()
    parts = []
    for code, member in made.member.items():
        for quantile, values in ((0.1, made.lo[code]), (0.5, made.value[code]), (0.9, made.hi[code])):
            lead, site = (index.ravel() for index in np.indices(values.shape))
            part = pd.DataFrame({"lead": lead + 1, "site": sites[site], "value": values.ravel()})
            parts.append(part.assign(variable=code, quantile=quantile, member=member[lead]))
    frame = pd.concat(parts, ignore_index=True).dropna(subset="value")
    frame["origin"] = origin
    frame["time"] = origin + pd.to_timedelta(frame["lead"], unit="h")
    frame["model"] = f"league {recipe.effort} {recipe.training_days} d"
    frame["member"] = frame["member"].astype(str)
    lake.write("forecast", frame)


def _model(result: Predicted, model: Model, data: xr.Dataset, code: str, horizon: int) -> None:
    origin = data["time"].to_numpy()[-1]
    made = model.forecaster.predict(data, origin, range(1, horizon + 1)).sel(site=data["site"].to_numpy())
    ordered = made["value"].transpose("quantile", "lead", "site")
    for part, quantile in ((result.lo, 0.1), (result.value, 0.5), (result.hi, 0.9)):
        part[code] = np.maximum(ordered.sel(quantile=quantile, method="nearest").to_numpy(), 0.0)
    result.member[code] = made["member"].to_numpy().astype(object)
    result.skill.append(model.skill[model.skill["lead_h"] <= horizon])


def _persist(result: Predicted, data: xr.Dataset, code: str, horizon: int) -> None:
    """The last value of the last six hours carried forward; its band from how far such forecasts missed before."""
    root = np.sqrt(np.maximum(data[code].to_numpy(), 0.0))
    last = _last_known(root[-6:])
    value = np.tile(last, (horizon, 1))
    missed = np.array([_miss(root, lead) for lead in range(1, horizon + 1)])[:, None]
    result.value[code] = value**2
    result.lo[code] = np.square(np.maximum(value - Z90 * missed, 0.0))
    result.hi[code] = np.square(value + Z90 * missed)
    result.member[code] = np.full(horizon, PERSISTENCE, dtype=object)


def _miss(root: np.ndarray, lead: int) -> float:
    """Standard deviation of the change over ``lead`` hours, as the 80 % of changes show it; 1 where unknown."""
    change = np.abs(root[lead:] - root[:-lead]) if lead < len(root) else np.array([])
    change = change[np.isfinite(change)]
    return float(np.quantile(change, 0.8)) / Z90 if len(change) else 1.0


def _last_known(rows: np.ndarray) -> np.ndarray:
    known = np.isfinite(rows)
    place = len(rows) - 1 - known[::-1].argmax(axis=0)
    return np.where(known.any(axis=0), rows[place, np.arange(rows.shape[1])], np.nan)


def _absent(result: Predicted, code: str, horizon: int, sites: int) -> None:
    for part in (result.value, result.lo, result.hi):
        part[code] = np.full((horizon, sites), np.nan)
    result.member[code] = np.full(horizon, "", dtype=object)


def join(data: xr.Dataset, made: Predicted, horizon: int) -> Series:
    """Observations of the last hours and the forecasts after them on one axis."""
    back = PAST + MEMORY + 1
    origin = pd.Timestamp(data["time"].to_numpy()[-1])
    leads = np.arange(1 - back, horizon + 1)
    times = pd.DatetimeIndex(origin + pd.to_timedelta(leads, unit="h"))
    recent = data.reindex(time=times[:back])
    value, lo, hi, member = {}, {}, {}, {}
    for code in made.value:
        past = recent[code].to_numpy()
        value[code], lo[code], hi[code] = (
            np.vstack([past, part[code]]) for part in (made.value, made.lo, made.hi)
        )
        member[code] = np.concatenate([np.full(back, OBSERVED, dtype=object), made.member[code]])
    history = {code: data[code].to_numpy() for code in value}
    correlation = error_correlation(history, data["time"].dt.hour.to_numpy())
    sites = tuple(str(site) for site in data["site"].to_numpy())
    return Series(times, leads, sites, value, lo, hi, member, correlation)
