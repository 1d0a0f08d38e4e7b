"""Outcomes of the trace, the burden and the response, made by formula in the contract's shape."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from outcome_hourly import HOSTILE
from outcome_sample import NOW

from gzeco_lib.geo.coords import to_plane
from gzeco_lib.geo.districts import NAMES
from gzeco_lib.geo.grid import city_grid
from gzeco_lib.scenario import Outcome

KEY = "gz02-PM2.5-2024121420"
LEADS = np.arange(-3, 9)


def trace() -> Outcome:
    """One trace: Sample Chemicals at 71 %, an unknown source at 16 %; 41,000 people reached."""
    start, end = NOW - pd.Timedelta(hours=3), NOW
    row: dict[str, Any] = {
        "trace": KEY,
        "alarm": KEY,
        "site": "gz02",
        "name_zh": "番禺中学",
        "name_en": "Panyu School",
        "variable": "PM2.5",
        "start": start,
        "end": end,
        "first": "91440100X",
        "probability": 0.71,
        "unknown": 0.16,
        "none": 0.02,
        "people": 41000.0,
        "people_lo": 30500.0,
        "people_hi": 52000.0,
        "threshold": 10.0,
        "seconds": 4.2,
    }
    tables = {
        "traces": pd.DataFrame([row]),
        "candidates": _candidates(),
        "fit": _fit(),
        "exposed": _exposed(),
        "exposed_places": _places(),
        "arrival": _arrival(),
        "what_if": _what_if(),
    }
    return Outcome(
        scenario="environmental_health_trace",
        at=NOW + pd.Timedelta(hours=1),
        parameters={},
        tables=tables,
        fields={"plume": _plume()},
        notes=[],
    )


def _candidates() -> pd.DataFrame:
    base: dict[str, Any] = {
        "trace": KEY,
        "industry": "化学原料制造",
        "district": "440113",
        "lon": 113.40,
        "lat": 22.95,
        "prior": 0.05,
        "rate": 12.0,
        "rate_lo": 7.0,
        "rate_hi": 19.0,
        "detectable": 4.0,
        "like": "",
        "correlation": 0.0,
    }
    rows = [
        base
        | {
            "rank": 1,
            "enterprise": "91440100X",
            "name_zh": "样例化工厂",
            "name_en": "Sample Chemicals",
            "probability": 0.71,
        },
        base
        | {
            "rank": 2,
            "enterprise": "91440101Y",
            "name_zh": "样例印染厂",
            "name_en": "Sample Dyeing",
            "probability": 0.09,
            "lon": 113.42,
            "lat": 22.99,
        },
        base
        | {
            "rank": 3,
            "enterprise": "91440102Z",
            "name_zh": HOSTILE,
            "name_en": "<b>Third</b>",
            "probability": 0.004,
            "detectable": 9.0,
            "lon": 113.30,
            "lat": 22.90,
            "rate": np.nan,
        },
    ]
    return pd.DataFrame(rows)


def _hours() -> list[pd.Timestamp]:
    return [NOW + pd.Timedelta(hours=int(h)) for h in LEADS]


def _fit() -> pd.DataFrame:
    rows = [
        {
            "trace": KEY,
            "time": t,
            "site": site,
            "variable": "PM2.5",
            "observed": 45 + 60 * np.exp(-0.5 * (h / 2) ** 2) * k,
            "background": 45.0,
            "fitted": 45 + 55 * np.exp(-0.5 * (h / 2) ** 2) * k,
        }
        for site, k in (("gz02", 1.0), ("gz01", 0.1))
        for h, t in zip(LEADS, _hours(), strict=True)
        if h <= 0
    ]
    return pd.DataFrame(rows)


def _exposed() -> pd.DataFrame:
    shares = {"all": 1.0, "child_0_14": 0.15, "adult_15_64": 0.7, "elder_65": 0.15}
    rows = []
    for h, t in zip(LEADS, _hours(), strict=True):
        for group, share in shares.items():
            people = 40000 * np.exp(-0.5 * (h / 3) ** 2) * share
            rows.append(
                {
                    "trace": KEY,
                    "time": t,
                    "lead_h": int(h),
                    "group": group,
                    "people": people,
                    "people_lo": 0.8 * people,
                    "people_hi": 1.2 * people,
                    "mean_added": 18.0,
                }
            )
    return pd.DataFrame(rows)


def _places() -> pd.DataFrame:
    base: dict[str, Any] = {"trace": KEY, "district": "440113", "peak_time": NOW, "probability": 0.8}
    rows = [
        base
        | {
            "place": "s1",
            "kind": "school",
            "name_zh": HOSTILE,
            "name_en": "<i>Demo</i> school",
            "lon": 113.38,
            "lat": 22.95,
            "people": 900.0,
            "first_time": NOW - pd.Timedelta(hours=2),
            "peak_added": 42.0,
        },
        base
        | {
            "place": "h1",
            "kind": "hospital",
            "name_zh": "示例医院",
            "name_en": "Demo hospital",
            "lon": 113.36,
            "lat": 22.96,
            "people": 400.0,
            "first_time": NOW - pd.Timedelta(hours=1),
            "peak_added": 20.0,
        },
    ]
    return pd.DataFrame(rows)


def _arrival() -> pd.DataFrame:
    rows = [
        {
            "trace": KEY,
            "district": code,
            "first_time": NOW + pd.Timedelta(hours=k - 3),
            "peak_time": NOW + pd.Timedelta(hours=k),
            "peak_added": 60.0 / (k + 1),
        }
        for k, code in enumerate(("440113", "440115", "440105"))
    ]
    return pd.DataFrame(rows)


def _what_if() -> pd.DataFrame:
    stop = NOW - pd.Timedelta(hours=1)
    rows = []
    for h, t in zip(LEADS, _hours(), strict=True):
        people = 40000 * np.exp(-0.5 * (h / 3) ** 2)
        left = 1.0 if t < stop else 0.3
        rows.append(
            {
                "trace": KEY,
                "source": "91440100X",
                "stop": stop,
                "time": t,
                "lead_h": int(h),
                "people": people,
                "people_stopped": left * people,
                "added_max": 60.0,
                "added_max_stopped": 60.0 * left,
            }
        )
    return pd.DataFrame(rows)


def _plume() -> xr.Dataset:
    grid = city_grid(1000)
    x0, y0 = (float(v) for v in to_plane(113.40, 22.95))
    gx, gy = np.meshgrid(grid.x, grid.y)
    layers = []
    for k, _h in enumerate(LEADS):
        along, across = -(gx - x0), gy - y0
        reach = 2000.0 + 1500 * k
        value = 60 * np.exp(-0.5 * ((along - reach / 2) / reach) ** 2 - 0.5 * (across / 1500) ** 2)
        layers.append(np.where(grid.mask, value, np.nan))
    added = np.array(layers)[None].astype("float32")
    field = grid.dataset().expand_dims(trace=[KEY], lead_h=LEADS)
    dims = ("trace", "lead_h", "y", "x")
    field["added"] = (dims, added)
    field["added_stopped"] = (dims, (0.3 * added).astype("float32"))
    field["probability"] = (dims, np.clip(added / 60, 0, 1))
    times = np.array([t.tz_localize(None).to_datetime64() for t in _hours()])
    return field.assign_coords(time=("lead_h", times))


def burden(rates: bool = True) -> Outcome:
    """Some 4,600 deaths a year in the city; without ``rates`` only shares."""
    rows = []
    for cause, share, deaths in (("NCD+LRI", 0.12, 4600.0), ("IHD", 0.16, 1500.0), ("LRI", 0.2, 400.0)):
        for k, code in enumerate(["440100", *NAMES]):
            own = deaths if code == "440100" else deaths / (12 + k)
            own = own if rates else np.nan
            rows.append(
                {
                    "district": code,
                    "pollutant": "PM2.5",
                    "model": "GEMM",
                    "cause": cause,
                    "age": -1,
                    "population": 1e6,
                    "concentration": 24.3,
                    "concentration_sd": 1.1,
                    "capture": 0.97,
                    "share": share,
                    "share_lo": 0.8 * share,
                    "share_hi": 1.2 * share,
                    "deaths": own,
                    "deaths_lo": 0.8 * own,
                    "deaths_hi": 1.2 * own,
                    "per_100k": own / 180,
                }
            )
    avoided = [
        {
            "district": "440100",
            "pollutant": "PM2.5",
            "model": "GEMM",
            "target": target,
            "target_value": value,
            "deaths": 100.0 * (25 - value),
            "deaths_lo": 80.0 * (25 - value),
            "deaths_hi": 120.0 * (25 - value),
        }
        for target, value in (("WHO IT-4", 10.0), ("WHO AQG", 5.0))
    ]
    return Outcome(
        scenario="environmental_health_burden",
        at=NOW,
        parameters={},
        tables={"burden": pd.DataFrame(rows), "avoided": pd.DataFrame(avoided), "inputs": _inputs()},
    )


def _inputs() -> pd.DataFrame:
    rows = [
        {
            "what": "Population",
            "value": 1.8e7,
            "unit": "1",
            "source": "census",
            "certainty": "known",
            "missing": False,
            "instead": "",
        },
        {
            "what": "Death rates",
            "value": np.nan,
            "unit": "",
            "source": "",
            "certainty": "",
            "missing": True,
            "instead": "Shares only",
        },
    ]
    return pd.DataFrame(rows)


def response() -> Outcome:
    """Curves of PM2.5 and temperature on deaths: literature beside a local estimate."""
    curve = []
    for kind, slope in (("literature", 0.00022), ("local", 0.0003)):
        for value in np.linspace(0, 150, 16):
            rr = float(np.exp(slope * value))
            curve.append(
                {
                    "exposure": "PM2.5",
                    "measure": "deaths",
                    "cause": "nonaccidental",
                    "age": "all",
                    "district": "440100",
                    "kind": kind,
                    "value": value,
                    "rr": rr,
                    "lo": rr - 0.005,
                    "hi": rr + 0.005,
                }
            )
    effects = [
        {
            "exposure": "PM2.5",
            "measure": "deaths",
            "cause": "nonaccidental",
            "age": "all",
            "district": "440100",
            "kind": kind,
            "per": 10.0,
            "unit": "ug m-3",
            "rr": rr,
            "lo": rr - 0.001,
            "hi": rr + 0.001,
            "lag": "0-1",
            "source": "10.1164/rccm.201609-1862OC",
            "n": n,
        }
        for kind, rr, n in (("literature", 1.0022, 0), ("local", 1.003, 1095))
    ]
    return Outcome(
        scenario="environmental_health_response",
        at=NOW,
        parameters={},
        tables={"curve": pd.DataFrame(curve), "effects": pd.DataFrame(effects), "inputs": _inputs()},
    )
