"""Air toxics: lifetime cancer risk and hazard index at monitors from long-term means, and their grade in the cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health.hazards.grades import (
    chance,
    cumulative,
    grade_of,
    mean_with_error,
    worst_of,
)
from gzeco_lib.environmental_health.hazards.layers import Floats, Layer, nothing, site_rows
from gzeco_lib.environmental_health.hazards.readings import LENGTH, Readings, pivoted, readings
from gzeco_lib.environmental_health.hazards.rules import INDICES, Z90, rules, toxic_uppers
from gzeco_lib.environmental_health.hazards.spread import Spread, spread
from gzeco_lib.environmental_health.hazards.toxicity import Toxicity, toxicity
from gzeco_lib.errors import N_
from gzeco_lib.geo.distance import nearest
from gzeco_lib.standards import toxics as norm
from gzeco_lib.standards.facts import SHIFT
from gzeco_lib.variables import get as variable

if TYPE_CHECKING:
    from gzeco_lib.geo.grid import Grid
    from gzeco_lib.lake.lake import Lake
    from gzeco_lib.scenario.outcome import Note

NAME = "lifetime excess cancer risk of air toxics"
FLOOR = 1e-12  # logarithms of a risk that was measured as nothing
HOURS_OF_A_DAY = 0.75  # share of the hours a day's mean needs


@dataclass(frozen=True)
class Risks:
    """Risks at monitors.

    Attributes:
        index: sum over the substances by ``ilcr`` and ``hi`` (site,), NaN where none is known.
        sd: standard error of its natural logarithm (site,).
        daily: the same sum of each day (day, site), NaN where a substance that the site measures is missing.
        rows: ``hazard_sites`` rows.
    """

    index: dict[str, Floats]
    sd: dict[str, Floats]
    daily: dict[str, Floats]
    rows: list[dict[str, Any]]


def layer(lake: Lake, at: pd.Timestamp, grid: Grid) -> Layer:
    """The grade of the air toxics in each cell inside the city of which monitors say something."""
    rule = rules()["toxics"]
    cells = grid.points(inside=True)
    window = int(rule["window_days"])
    found = readings(lake, at, list(norm.substances()), {"PT1H": window, "P1D": window}, [])
    if found.sites.empty:
        return nothing(
            len(cells),
            "1",
            NAME,
            [(N_("No monitor of air toxics has readings: their hazard is not graded."), {})],
        )
    known, notes = toxicity(set(found.rows["variable"].unique()))
    risks = at_sites(found, known, at)
    parts = {}
    for name in INDICES:
        use = np.isfinite(risks.index[name])
        if use.any():
            xy = found.sites.loc[use, ["x", "y"]].to_numpy(dtype=float)
            made = spread(
                xy, _log(risks.index[name][use]), risks.sd[name][use], cells, _log(risks.daily[name][:, use]),
                float(rule["reach_m"]), grid.resolution,
            )  # fmt: skip
            parts[name] = made
    if not parts:
        note = N_("No monitor of air toxics has {days} days of readings: their hazard is not graded.")
        return nothing(len(cells), "1", NAME, [(note, {"days": rule["least_days"]})], site_rows(risks.rows))
    if any(p.method == "nearest" for p in parts.values()):
        note = N_(
            "Air toxics are graded only in cells within {metres} m of a monitor: the monitors say no more."
        )
        notes.append((note, {"metres": int(rule["reach_m"])}))
    notes += _coverage(risks.rows, window)
    return _graded(parts, risks, found, cells, notes)


def _log(values: Floats) -> Floats:
    return np.log(np.maximum(values, FLOOR))


def _graded(
    parts: dict[str, Spread], risks: Risks, found: Readings, cells: Floats, notes: list[Note]
) -> Layer:
    grades = np.stack([grade_of(p.value, np.log(toxic_uppers(name))) for name, p in parts.items()])
    inside = worst_of(
        [cumulative(p.value, p.sd, np.log(toxic_uppers(name))) for name, p in parts.items()], together=True
    )
    grade = np.where(np.isnan(grades).all(axis=0), np.nan, np.nanmax(np.nan_to_num(grades, nan=-1), axis=0))
    shown: Spread = parts["ilcr"] if "ilcr" in parts else parts["hi"]
    value = np.exp(shown.value)
    usable = np.isfinite(risks.index["ilcr"]) | np.isfinite(risks.index["hi"])
    order = np.flatnonzero(usable)
    _, index = nearest(cells, found.sites.loc[usable, ["x", "y"]].to_numpy(dtype=float))
    names = found.sites["site"].to_numpy(dtype=object)[order[index]]
    site = np.where(np.isnan(grade), "", names)
    extra = {f"toxics_{name}": np.exp(p.value) for name, p in parts.items()}
    # The standard error of a value whose logarithm is normal.
    sd = value * np.sqrt(np.expm1(np.square(shown.sd)))
    return Layer(
        grade, value, sd, chance(inside, grade), "1", NAME, site, extra, site_rows(risks.rows), notes
    )


def at_sites(found: Readings, known: dict[str, Toxicity], at: pd.Timestamp) -> Risks:
    """Long-term means of the substances at each monitor and the risks they make."""
    sites = list(found.sites["site"])
    days = pd.date_range(*_span(found.rows), freq="1D")
    total = {name: np.zeros(len(sites)) for name in INDICES}
    spread_ = {name: np.zeros(len(sites)) for name in INDICES}
    seen = {name: np.zeros(len(sites), dtype=bool) for name in INDICES}
    daily = {name: np.zeros((len(days), len(sites))) for name in INDICES}
    rows: list[dict[str, Any]] = []
    for code, poison in known.items():
        values = _daily(found, code, sites, days)
        mean, error, n = mean_with_error(values)
        enough = n >= int(rules()["toxics"]["least_days"])
        for name in INDICES:
            middle = poison.factor[name]
            if middle is None:
                continue
            relative = poison.relative[name]
            use = enough & np.isfinite(mean)
            part = np.where(use, mean * middle, 0.0)
            total[name] += part
            spread_[name] += np.where(
                use, np.square(part * np.hypot(np.nan_to_num(error / mean), relative)), 0.0
            )
            seen[name] |= use
            daily[name] += np.where(use, values * middle, 0.0)
        rows += _rows(found, code, poison, values, mean, error, n, enough)
    index = {name: np.where(seen[name], total[name], np.nan) for name in INDICES}
    sd = {name: np.sqrt(spread_[name]) / np.maximum(index[name], FLOOR) for name in INDICES}
    rows += _sums(found, index, sd, at)
    return Risks(index, sd, daily, rows)


def _span(rows: pd.DataFrame) -> tuple[pd.Timestamp, pd.Timestamp]:
    local = rows["time"].dt.tz_convert("UTC").dt.tz_localize(None) + pd.Timedelta(SHIFT)
    return local.min().normalize(), local.max().normalize()


def _daily(found: Readings, code: str, sites: list[str], days: pd.DatetimeIndex) -> Floats:
    """Means of local days (day, site) from daily values, and from hourly ones of days with enough hours."""
    result = np.full((len(days), len(sites)), np.nan)
    for interval in ("PT1H", "P1D"):
        part = found.rows[found.rows["interval"] == interval]
        times, values = pivoted(part, code, sites)
        if not len(times):
            continue
        local = (times.tz_convert("UTC").tz_localize(None) + pd.Timedelta(SHIFT)).normalize()
        frame = pd.DataFrame(values).groupby(local)
        need = np.ceil(HOURS_OF_A_DAY * 24) if interval == "PT1H" else 1
        means = frame.mean().where(frame.count() >= need).reindex(days).to_numpy(dtype=float)
        result = np.where(np.isfinite(result), result, means)
    return result


def _base(site: dict[Any, Any]) -> dict[str, Any]:
    return {
        "hazard": "toxics",
        **{k: site[k] for k in ("site", "name_zh", "name_en", "lon", "lat", "district")},
    }


def _rows(
    found: Readings, code: str, poison: Toxicity, values: Floats, mean: Floats, error: Floats, n: np.ndarray,
    enough: np.ndarray,
) -> list[dict[str, Any]]:  # fmt: skip
    """A row for each monitor that measures the substance: its mean, and the reference concentration as the limit."""
    rows = []
    window = int(rules()["toxics"]["window_days"])
    for s, site in enumerate(found.sites.to_dict("records")):
        if n[s] == 0:
            continue
        own = found.rows[(found.rows["site"] == site["site"]) & (found.rows["variable"] == code)]
        parts = [
            grade_of(mean[s] * factor, toxic_uppers(name))
            for name, factor in poison.factor.items()
            if factor is not None
        ]
        rows.append(
            {
                **_base(site), "variable": code, "value": mean[s], "lo": mean[s] - Z90 * error[s],
                "hi": mean[s] + Z90 * error[s], "unit": variable(code).unit, "start": own["time"].min(),
                "end": own["time"].max() + max(LENGTH[i] for i in own["interval"].unique()), "n": int(n[s]),
                "capture": min(1.0, n[s] / window), "limit": poison.reference if poison.reference else np.nan,
                "grade": float(max(parts)) if enough[s] and parts else np.nan, "class": "",
                "clause": poison.document, "certainty": poison.certainty,
            }
        )  # fmt: skip
    return rows


def _sums(
    found: Readings, index: dict[str, Floats], sd: dict[str, Floats], at: pd.Timestamp
) -> list[dict[str, Any]]:
    """Rows ILCR and HI of each monitor."""
    rows = []
    for s, site in enumerate(found.sites.to_dict("records")):
        own = found.rows[found.rows["site"] == site["site"]]
        for name in INDICES:
            value, error = index[name][s], sd[name][s]
            if not np.isfinite(value):
                continue
            rule = rules()["toxics"][name]
            rows.append(
                {
                    **_base(site), "variable": name.upper(), "value": value, "lo": value * np.exp(-Z90 * error),
                    "hi": value * np.exp(Z90 * error), "unit": "1", "start": own["time"].min(),
                    "end": min(own["time"].max() + pd.Timedelta("1h"), at),
                    "n": int(own["time"].dt.tz_convert("Asia/Shanghai").dt.date.nunique()),
                    "limit": toxic_uppers(name)[2 if name == "ilcr" else 1],
                    "grade": float(grade_of(value, toxic_uppers(name))), "clause": rule["clause"],
                    "certainty": rule["certainty"],
                    "worst": ",".join(sorted(own["variable"].unique())),
                }
            )  # fmt: skip
    return rows


def _coverage(rows: list[dict[str, Any]], window: int) -> list[Note]:
    """Says that a mean of part of a year stands for the long term."""
    captures = [row["capture"] for row in rows if "capture" in row]
    if captures and max(captures) < 0.75:
        note = N_(
            "Long-term means of air toxics rest on at most {days} of {window} days; the seasons are not all in them."
        )
        return [(note, {"days": round(max(captures) * window), "window": window})]
    return []
