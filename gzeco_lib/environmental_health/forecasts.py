"""Forecasts of the next hours, from models kept in the lake that never saw an hour later than their start."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from gzeco_lib.environmental_health.series import MEMORY, OBSERVED, PAST, Z90, Series
from gzeco_lib.errors import N_, InputError

if TYPE_CHECKING:
    from gzeco_lib.lake.lake import Lake
    from gzeco_lib.scenario.outcome import Note

PERSISTENCE = "persistence"
FEWEST_DAYS = 14  # of history to fit a model on
DAY = pd.Timedelta("1D")


@dataclass
class Predicted:
    """Forecasts by pollutant code: value, lo, hi (lead, site), member (lead,), and the models' measured skill."""

    value: dict[str, np.ndarray] = field(default_factory=dict)
    lo: dict[str, np.ndarray] = field(default_factory=dict)
    hi: dict[str, np.ndarray] = field(default_factory=dict)
    member: dict[str, np.ndarray] = field(default_factory=dict)
    skill: list[pd.DataFrame] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def predict(lake: Lake, data: xr.Dataset, horizon: int, max_age_days: float, training_days: int) -> Predicted:
    """Forecasts 1 to ``horizon`` hours after the last hour of ``data``.

    A model is taken from the lake where one was trained on data up to the latest hour or before, at most
    ``max_age_days`` earlier; otherwise it is fitted on the ``training_days`` before the latest hour and stored.
    Where there is too little history to fit one, persistence stands in and a note says so.
    """
    result = Predicted()
    origin = pd.Timestamp(data["time"].to_numpy()[-1])
    leads = range(1, horizon + 1)
    training: xr.Dataset | None = None
    for code in (str(name) for name in data.data_vars):
        if not np.isfinite(data[code]).any():
            _absent(result, code, horizon, data.sizes["site"])
            continue
        content = stored(lake, code, origin, max_age_days)
        if content is None:
            if training is None:
                training = _training(lake, data, origin, training_days)
            content = _fitted(lake, training, code, origin)
        if content is None:
            _persist(result, data, code, horizon)
        else:
            _model(result, content, data, code, origin, leads)
    replaced = [code for code, members in result.member.items() if (members == PERSISTENCE).all()]
    if replaced:
        note = N_("Too little history to train a forecast of {codes}: the last value is carried forward.")
        result.notes.append((note, {"codes": ", ".join(replaced)}))
    return result


def stored(lake: Lake, code: str, origin: pd.Timestamp, max_age_days: float) -> bytes | None:
    """The newest stored model of ``code`` that was trained on nothing later than ``origin`` and is not too old."""
    stamps = [pd.Timestamp(stamp) for stamp in _index(lake, code)]
    fitting = [stamp for stamp in stamps if stamp <= origin and origin - stamp <= max_age_days * DAY]
    if not fitting:
        return None
    name = _name(code, max(fitting))
    return lake.get(name) if lake.has(name) else None


def _fitted(lake: Lake, training: xr.Dataset, code: str, origin: pd.Timestamp) -> bytes | None:
    """A model of ``code`` fitted on ``training`` and stored, None where there is too little to fit on."""
    try:
        from gzeco_lib.methods.forecast import Forecaster
    except ImportError:
        return None
    if code not in training or int(np.isfinite(training[code]).any("site").sum()) < FEWEST_DAYS * 24:
        return None
    try:
        content = Forecaster.fit(training, code).dump()
    except InputError:  # the model's own demands on its history are higher than ours
        return None
    lake.put(_name(code, origin), content)
    stamps = sorted({*_index(lake, code), origin.isoformat()})
    lake.put(_index_name(code), json.dumps(stamps).encode())
    return content


def _training(lake: Lake, data: xr.Dataset, origin: pd.Timestamp, days: int) -> xr.Dataset:
    end = (origin + pd.Timedelta("1h")).tz_localize("UTC")
    sites = [str(site) for site in data["site"].to_numpy()]
    return lake.observations([str(name) for name in data.data_vars], end - days * DAY, end, sites=sites)


def _model(
    result: Predicted, content: bytes, data: xr.Dataset, code: str, origin: pd.Timestamp, leads: range
) -> None:
    from gzeco_lib.methods.forecast import Forecaster

    forecaster = Forecaster.load(content)
    made = forecaster.predict(data, origin, leads).sel(site=data["site"].to_numpy())
    ordered = made["value"].transpose("quantile", "lead", "site")
    for part, quantile in (("lo", 0.1), ("value", 0.5), ("hi", 0.9)):
        values = np.maximum(ordered.sel(quantile=quantile, method="nearest").to_numpy(), 0.0)
        getattr(result, part)[code] = values
    result.member[code] = made["member"].to_numpy().astype(object)
    if (skill := _skill(forecaster, code)) is not None:
        result.skill.append(skill)


def _skill(forecaster: Any, code: str) -> pd.DataFrame | None:
    table = getattr(forecaster, "skill", None)
    return None if table is None else table.assign(variable=code)


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
    return Series(times, leads, tuple(str(s) for s in data["site"].to_numpy()), value, lo, hi, member)


def _name(code: str, stamp: pd.Timestamp) -> str:
    return f"models/forecast/{code}/{stamp:%Y%m%dT%H}"


def _index_name(code: str) -> str:
    return f"models/forecast/{code}/index.json"


def _index(lake: Lake, code: str) -> list[str]:
    return list(json.loads(lake.get(_index_name(code)))) if lake.has(_index_name(code)) else []
