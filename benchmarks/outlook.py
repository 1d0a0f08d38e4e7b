"""How true the bands and probabilities of the next 24 hours are, on the hourly stations of Guangzhou.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/outlook.py [--data FOLDER] [--days 56] [--until DATE]

From an origin every 31 hours of the last ``--days`` days of the record (or before ``--until``) models as a run would
have used them (``effort: quick``) forecast; what came is the hour as measured at the stations, and for districts the
map made of what was measured then. Printed: share inside the 80 % band with errors that go together as measured and
fully; Brier score of P(band or worse) beside that of the frequency at that hour in the 30 days before; a reliability
table.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health import fields, forecasts, outlook
from gzeco_lib.environmental_health.districts import district_masks, mean_over
from gzeco_lib.environmental_health.inputs import Inputs, gather
from gzeco_lib.environmental_health.outlook.dependence import CellErrors, Dependence, measure, shared
from gzeco_lib.environmental_health.outlook.probability import exceedance, threshold
from gzeco_lib.environmental_health.risk import aqi, bands, excess_risk, mean_of_stations
from gzeco_lib.environmental_health.series import Z90, Series
from gzeco_lib.environmental_health.trained import Recipe
from gzeco_lib.experiments.guangzhou_air import POLLUTANTS, network
from gzeco_lib.geo.coords import from_plane
from gzeco_lib.geo.grid import Grid, city_grid
from gzeco_lib.geo.surroundings import surroundings
from gzeco_lib.lake.lake import Lake
from gzeco_lib.methods.interpolation import Covariates, Fusion

FORM = "hong_kong"
BANDS = ("moderate", "high", "very_high")
LEADS = {"1-6 h": (1, 6), "7-24 h": (7, 24)}


def lake_of(folder: Path, root: str | None) -> Lake:
    """The public record in a lake."""
    record = network(root)
    lake = Lake.open(str(folder / "lake"), create=True)
    sites = pd.DataFrame(
        {"site": record.sites, "name_zh": record.names, "lon": record.lon, "lat": record.lat}
    )
    lake.write(
        "site", sites.assign(name_en=None, kind="air", district=None, generated=False, source="public")
    )
    utc = record.times.tz_localize("Asia/Shanghai").tz_convert("UTC")
    for code, values in record.values.items():
        row, column = np.nonzero(np.isfinite(values))
        frame = pd.DataFrame(
            {"time": utc[row], "site": np.array(record.sites)[column], "value": values[row, column]}
        )
        lake.write("observation", frame.assign(variable=code, flag="", interval="PT1H", source="public"))
    return lake


def origins(lake: Lake, days: int, until: str | None) -> pd.DatetimeIndex:
    """Times to forecast from, 31 hours apart, so that every hour of the day comes up."""
    newest = lake.query("SELECT max(time) AS time FROM observation")["time"].iloc[0]
    end = pd.Timestamp(until, tz="Asia/Shanghai").tz_convert("UTC") if until else pd.Timestamp(newest)
    return pd.date_range(end - pd.Timedelta(days=days), end - pd.Timedelta("25h"), freq="31h")


def made_maps(lake: Lake, inputs: Inputs, times: pd.DatetimeIndex, grid: Grid) -> np.ndarray:
    """Excess risk of the map made of what was measured, all of ``times`` (time, cell)."""
    cells = grid.points(inside=True)
    land = Covariates(surroundings(*from_plane(*inputs.xy.T)), surroundings(*from_plane(*cells.T)))
    sites = [str(site) for site in inputs.data["site"].to_numpy()]
    data = lake.observations(
        POLLUTANTS,
        times[0].tz_localize("UTC"),
        times[-1].tz_localize("UTC") + pd.Timedelta("1h"),
        sites=sites,
    )
    mean = {
        code: Fusion.fit(inputs.xy, cells, inputs.data[code].to_numpy(), land)
        .interpolate(data[code].to_numpy())
        .mean
        for code in POLLUTANTS
    }
    return excess_risk(mean, times.to_numpy(), FORM).excess_risk


def _cases(found: list[dict[str, Any]], where: str, lead: np.ndarray, **arrays: np.ndarray) -> None:
    """Keep the leads ahead as rows."""
    ahead = lead >= 1
    shape = arrays["value"][ahead].shape
    rows: dict[str, Any] = {
        name: np.broadcast_to(a, arrays["value"].shape)[ahead].ravel() for name, a in arrays.items()
    }
    rows["lead"] = np.repeat(lead[ahead], int(np.prod(shape[1:], dtype=int)))
    found.append({"where": where} | rows)


def scored(lake: Lake, days: int, until: str | None) -> Iterator[dict[str, Any]]:
    """Cases of every origin: stations, the mean of the stations, districts and the city."""
    asked = origins(lake, days, until)
    grid = city_grid(2000)
    first = gather(lake, asked[0], 30)
    times = pd.date_range(
        asked[0].tz_localize(None) - pd.Timedelta("721h"),
        asked[-1].tz_localize(None) + pd.Timedelta("25h"),
        freq="1h",
    )
    truth = made_maps(lake, first, times, grid)
    for at in asked:
        inputs = gather(lake, at, 30)
        made = forecasts.predict(lake, inputs.data, 24, Recipe("quick", 120, 7.0))
        series = forecasts.join(inputs.data, made, 24)
        yield {"cases": [*_stations(lake, inputs, series), *_areas(inputs, series, grid, truth, times)]}


def _came(lake: Lake, series: Series) -> dict[str, np.ndarray]:
    start, end = series.times[0].tz_localize("UTC"), series.times[-1].tz_localize("UTC") + pd.Timedelta("1h")
    data = lake.observations(POLLUTANTS, start, end, sites=list(series.sites))
    return {code: data[code].to_numpy() for code in series.codes}


def _usual(past: np.ndarray, hours: np.ndarray, wanted: np.ndarray, limit: float) -> np.ndarray:
    """Frequency of ``past`` (time, place) over ``limit`` at the hour of the day of each of ``wanted``."""
    over = np.where(np.isfinite(past), past >= limit, np.nan)
    by_hour = np.stack([np.nanmean(over[hours == hour], axis=0) for hour in range(24)])
    return by_hour[wanted]


def _probabilities(
    value: np.ndarray, sd: np.ndarray, past: np.ndarray, past_hours: np.ndarray, series: Series
) -> dict[str, np.ndarray]:
    found = {}
    for band in BANDS:
        limit = threshold(band, series.times[-1], FORM)
        found[f"p_{band}"] = exceedance(value, sd, limit)
        found[f"usual_{band}"] = _usual(past, past_hours, series.times.hour.to_numpy(), limit)
        found[f"limit_{band}"] = np.full_like(value, limit)
    return found


def _stations(lake: Lake, inputs: Inputs, series: Series) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    came = _came(lake, series)
    index, risk = bands(series, FORM)
    true_risk = excess_risk(came, series.utc, FORM).excess_risk
    past = excess_risk(
        {c: inputs.data[c].to_numpy() for c in series.codes}, inputs.data["time"].to_numpy(), FORM
    )
    chances = _probabilities(
        risk.value,
        (risk.hi - risk.lo) / (2 * Z90),
        past.excess_risk,
        inputs.data["time"].dt.hour.to_numpy(),
        series,
    )
    _cases(
        found, "stations", series.leads, value=risk.value, lo=risk.lo, hi=risk.hi, came=true_risk, **chances
    )
    _cases(
        found,
        "stations AQI",
        series.leads,
        value=index.value,
        lo=index.lo,
        hi=index.hi,
        came=aqi(came, series.utc).aqi,
    )
    known = measure(past.excess_risk, inputs.data["time"].dt.hour.to_numpy(), inputs.xy)
    left = shared(known, inputs.xy, series.leads)
    index, risk = bands(series, FORM, city=True, shared=left)
    mean = {code: mean_of_stations(values) for code, values in came.items()}
    true = excess_risk(mean, series.utc, FORM).excess_risk
    _cases(found, "mean of the stations", series.leads, value=risk.value, lo=risk.lo, hi=risk.hi, came=true)
    true = aqi(mean, series.utc).aqi
    _cases(
        found,
        "mean of the stations AQI",
        series.leads,
        value=index.value,
        lo=index.lo,
        hi=index.hi,
        came=true,
    )
    return found


def _areas(
    inputs: Inputs, series: Series, grid: Grid, truth: np.ndarray, times: pd.DatetimeIndex
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    history = {code: inputs.data[code].to_numpy() for code in series.codes}
    cells = fields.city_cells(series, history, inputs.xy, grid, FORM)
    errors, _ = outlook.cell_errors(inputs, series, cells, grid, FORM)
    fully = CellErrors(
        errors.sd, errors.interpolation, errors.leads, errors.blocks, Dependence.full(), errors.shared
    )
    came = truth[times.get_indexer(series.times)]
    origin = int(times.get_indexer([series.times[series.leads == 0][0]])[0])
    past, past_hours = truth[origin - 719 : origin + 1], times[origin - 719 : origin + 1].hour.to_numpy()
    weight = np.ones_like(cells.aqi)
    areas = [("city", np.ones(weight.shape[1], dtype=bool))]
    areas += [("districts", which) for _, _, _, which in district_masks(grid) if which.any()]
    for where, which in areas:
        for name, known in ((where, errors), (f"{where}, fully dependent", fully)):
            mean = mean_over(
                cells.aqi, cells.excess_risk, cells.excess_risk_sd, cells.aqi, weight, which, known
            )
            more: dict[str, np.ndarray] = {}
            if known is errors:
                more = _probabilities(
                    mean.risk,
                    (mean.hi - mean.risk) / Z90,
                    past[:, which].mean(axis=1)[:, None],
                    past_hours,
                    series,
                )
                more = {key: a[:, 0] if a.ndim == 2 else a for key, a in more.items()}
            true = came[:, which].mean(axis=1)
            _cases(found, name, series.leads, value=mean.risk, lo=mean.lo, hi=mean.hi, came=true, **more)
    return found


def covered(rows: pd.DataFrame) -> float:
    """Share inside the band."""
    known = rows.dropna(subset=["came", "lo", "hi"])
    return round(float(((known["came"] >= known["lo"]) & (known["came"] <= known["hi"])).mean()), 3)


def brier(rows: pd.DataFrame, band: str) -> dict[str, float]:
    """Brier score of the probability and of the usual frequency, with the skill of the one against the other."""
    known = rows.dropna(subset=["came", f"p_{band}", f"usual_{band}"])
    over = (known["came"] >= known[f"limit_{band}"]).astype(float)
    ours, usual = ((known[f"{name}_{band}"] - over).pow(2).mean() for name in ("p", "usual"))
    skill = (
        1 - float(ours) / float(usual) if usual > 0 and over.any() else np.nan
    )  # no case, no skill to speak of
    return {
        "hours": len(known), "frequency": round(float(over.mean()), 4), "brier": round(float(ours), 4),
        "usual": round(float(usual), 4), "skill": round(skill, 3),
    }  # fmt: skip


def reliability(rows: pd.DataFrame, band: str) -> list[dict[str, float]]:
    """Observed frequency by tenth of probability."""
    known = rows.dropna(subset=["came", f"p_{band}"])
    over = (known["came"] >= known[f"limit_{band}"]).astype(float)
    tenth = np.clip((known[f"p_{band}"] * 10).astype(int), 0, 9)
    found = []
    for k in np.unique(tenth):
        of = tenth == k
        said = float(known.loc[of, f"p_{band}"].mean())
        found.append(
            {"said": round(said, 2), "came": round(float(over[of].mean()), 2), "hours": int(of.sum())}
        )
    return found


def main() -> None:
    """Run and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=None)
    parser.add_argument("--days", type=int, default=56)
    parser.add_argument("--until", default=None)
    asked = parser.parse_args()
    warnings.filterwarnings("ignore")
    began, wall = time.process_time(), time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        cases = [
            case
            for one in scored(lake_of(Path(folder), asked.data), asked.days, asked.until)
            for case in one["cases"]
        ]
    rows = pd.concat([pd.DataFrame(case) for case in cases], ignore_index=True)
    result: dict[str, Any] = {"covered_80": {}, "brier": {}, "reliability": {}}
    for where, of in rows.groupby("where"):
        spans = {name: covered(of[of["lead"].between(*span)]) for name, span in LEADS.items()}
        result["covered_80"][where] = {"all": covered(of)} | spans
        if of["p_high"].notna().any():
            result["brier"][where] = {band: brier(of, band) for band in BANDS}
            result["reliability"][where] = reliability(of, "moderate")
    result["cpu_s"], result["wall_s"] = (
        round(time.process_time() - began, 1),
        round(time.perf_counter() - wall, 1),
    )
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
