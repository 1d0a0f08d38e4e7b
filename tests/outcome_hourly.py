"""The tables of the whole hourly outcome, made by formula: groups, probabilities, hazards, index, advice, feeds.

A third of the cells know their toxics, half their noise; everything else is known everywhere.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from gzeco_lib.environmental_health.friendliness import GROUPS as INDEX_GROUPS
from gzeco_lib.environmental_health.friendliness import PARTS, default_weights
from gzeco_lib.environmental_health.outlook import probability
from gzeco_lib.geo.districts import NAMES

GROUPS = ("all", "child_0_14", "adult_15_64", "elder_65", "outdoor_worker")
HAZARDS = ("air", "toxics", "water", "noise", "overall")
HOSTILE = '示例<img src=x onerror="document.title=1">小学'  # a name as data may bring it


def tables(city: pd.DataFrame, districts: pd.DataFrame, now: pd.Timestamp) -> dict[str, pd.DataFrame]:
    """Every table that the first form of the outcome lacked."""
    groups = _groups(city, districts)
    return {
        "group_hourly": groups,
        "grade_probability": probability.table(groups[groups["group"] == "all"], "hong_kong"),
        "alarms": _alarms(now),
        "hazard_sites": _hazard_sites(now),
        "hazard_district": _hazard_districts(),
        "grade_method": _methods(),
        "friendliness": _index(),
        "friendliness_parts": _parts(),
        "advice": _advice(now),
        "opinion_summary": _opinion(now),
        "feeds": _feeds(now),
        "timing": pd.DataFrame({"step": ["Forecasts", "Risk map"], "seconds": [3.2, 1.1]}),
        "response": pd.DataFrame(
            {
                "data_end": [now + pd.Timedelta(hours=1)],
                "arrived": [now + pd.Timedelta(minutes=61)],
                "made": [now + pd.Timedelta(minutes=61.2)],
                "minutes": [0.2],
            }
        ),
    }


def _groups(city: pd.DataFrame, districts: pd.DataFrame) -> pd.DataFrame:
    columns = ["time", "lead_h", "excess_risk", "excess_risk_lo", "excess_risk_hi", "aqhi", "aqhi_band"]
    whole = city[columns].assign(district="", people=1.8e7)
    own = districts[[*columns, "district"]].assign(people=districts["population"])
    frame = pd.concat([whole, own], ignore_index=True)
    parts = []
    for k, group in enumerate(GROUPS):
        factor = 1 + 0.1 * k
        risk = {c: factor * frame[c] for c in ("excess_risk", "excess_risk_lo", "excess_risk_hi")}
        heat = {"temperature_risk": 2.0 + k, "temperature_risk_lo": 1.0 + k, "temperature_risk_hi": 3.0 + k}
        share = 1.0 if group == "all" else 0.15 * k
        parts.append(frame.assign(group=group, **risk, **heat, people=frame["people"] * share))
    return pd.concat(parts, ignore_index=True)


def _alarms(now: pd.Timestamp) -> pd.DataFrame:
    row: dict[str, Any] = {
        "alarm": "gz02-PM2.5-2024121420",
        "site": "gz02",
        "name_zh": "番禺中学",
        "name_en": "Panyu School",
        "district": "440113",
        "lon": 113.352,
        "lat": 22.948,
        "variable": "PM2.5",
        "start": now - pd.Timedelta(hours=3),
        "end": now,
        "peak_time": now - pd.Timedelta(hours=1),
        "value": 120.0,
        "expected": 45.0,
        "excess": 75.0,
        "score": 6.2,
        "probability": 0.93,
    }
    return pd.DataFrame([row])


def _hazard_sites(now: pd.Timestamp) -> pd.DataFrame:
    base: dict[str, Any] = {
        "start": now - pd.Timedelta(days=30),
        "end": now,
        "n": 29,
        "capture": 0.97,
        "clause": "GB 3838-2002 3, Table 1",
        "limit": 60.0,
        "worst": "NH3_N",
        "certainty": "seen-primary",
        "share_over": 0.2,
    }
    rows = [
        base
        | {
            "hazard": "water",
            "site": "w1",
            "name_zh": "示例断面",
            "name_en": "Demo section",
            "lon": 113.3,
            "lat": 23.1,
            "district": "440105",
            "variable": "",
            "value": 4.0,
            "lo": 4.0,
            "hi": 5.0,
            "unit": "1",
            "grade": 3.0,
            "class": "IV",
        },
        base
        | {
            "hazard": "noise",
            "site": "n1",
            "name_zh": HOSTILE,
            "name_en": "<b>Noise</b>",
            "lon": 113.26,
            "lat": 23.13,
            "district": "440103",
            "variable": "Leq",
            "value": 66.2,
            "lo": 65.1,
            "hi": 67.3,
            "unit": "dB",
            "grade": 4.0,
            "class": "2",
        },
        base
        | {
            "hazard": "toxics",
            "site": "t1",
            "name_zh": "示例有毒物质站",
            "name_en": "Demo toxics site",
            "lon": 113.45,
            "lat": 23.08,
            "district": "440112",
            "variable": "ILCR",
            "value": 3.2e-5,
            "lo": 1.1e-5,
            "hi": 6e-5,
            "unit": "1",
            "grade": 3.0,
            "class": "",
        },
    ]
    return pd.DataFrame(rows)


def _hazard_districts() -> pd.DataFrame:
    rows = [
        {
            "district": code,
            "hazard": hazard,
            "grade": 1 + (k + h) % 4 + 0.3,
            "share_4_5": 0.05 * ((k + h) % 8),
            "cells": 40 + k,
        }
        for k, code in enumerate(NAMES)
        for h, hazard in enumerate(HAZARDS)
    ]
    return pd.DataFrame(rows)


def _methods() -> pd.DataFrame:
    base = {
        "source": "GB 3838-2002",
        "certainty": "seen-primary",
        "reason_zh": "按标准分级",
        "reason_en": "By the norm",
        "unit": "1",
    }
    rows = [
        base
        | {
            "hazard": hazard,
            "quantity": "q",
            "formula": f"grade = f({hazard})",
            "clause": "3",
            "uncertainty": "u",
            "grades": "≤ 1: 1",
        }
        for hazard in HAZARDS
    ]
    return pd.DataFrame(rows)


def _index() -> pd.DataFrame:
    areas = [("city", "440100", "广州市", "Guangzhou")]
    areas += [("district", code, zh, en) for code, (zh, en) in NAMES.items()]
    areas += [("place_kind", "school", "学校", "Schools"), ("place_kind", "park", "公园", "Parks")]
    rows = []
    for group in INDEX_GROUPS:
        for k, (scope, key, zh, en) in enumerate(areas):
            value = 80.0 - 2 * k
            rows.append(_index_row(scope, key, zh, en, group, value))
    rows.append(_index_row("place", "school-1", HOSTILE, "<i>Demo</i> school", "all", 44.0))
    return pd.DataFrame(rows)


def _index_row(scope: str, key: str, zh: str, en: str, group: str, value: float) -> dict[str, Any]:
    return {
        "scope": scope,
        "key": key,
        "name_zh": zh,
        "name_en": en,
        "group": group,
        "index": value,
        "lo": value - 6,
        "hi": value + 6,
        "missing": "water",
    }


def _parts() -> pd.DataFrame:
    weights, table = default_weights(), _index()
    rows = []
    for row in table[["scope", "key", "group"]].itertuples():
        for k, part in enumerate(PARTS):
            known = part != "water"
            score = 90.0 - 12 * k if known else np.nan
            rows.append(
                {
                    "scope": row.scope,
                    "key": row.key,
                    "group": row.group,
                    "part": part,
                    "value": 1.5 * k,
                    "unit": "1",
                    "score": score,
                    "sd": 5.0 if known else np.nan,
                    "weight": weights[part],
                    "covered": 1.0,
                }
            )
    return pd.DataFrame(rows)


def _advice(now: pd.Timestamp) -> pd.DataFrame:
    row: dict[str, Any] = {
        "audience": "child",
        "district": "",
        "rule": "child_air",
        "text": "No outdoor sports.",
        "reason": "AQHI {aqhi}",
        "fields": json.dumps({"aqhi": 8}),
        "start": now,
        "end": now + pd.Timedelta(hours=3),
        "source": "HJ 633-2026",
        "priority": 1,
    }
    return pd.DataFrame([row, row | {"audience": "outdoor_worker", "district": "440113", "priority": 2}])


def _opinion(now: pd.Timestamp) -> pd.DataFrame:
    rows = [
        {
            "day": now.normalize() - pd.Timedelta(days=d),
            "district": "440113",
            "topic": topic,
            "count": 5 - d + k,
        }
        for d in range(4)
        for k, topic in enumerate(("odour", "noise", "smoke_dust"))
    ]
    return pd.DataFrame(rows)


def _feeds(now: pd.Timestamp) -> pd.DataFrame:
    late = "The wind of {hours} h ago is carried forward; traces and plumes widen."
    rows = [
        ("air", now, 1.0, 430, "ok", "", {}),
        ("weather", now - pd.Timedelta(hours=7), 8.0, 100, "late", late, {"hours": 7}),
        ("toxics", pd.NaT, np.nan, 0, "missing", "", {}),
    ]
    frame = pd.DataFrame(rows, columns=["feed", "newest", "age_h", "rows_24h", "status", "instead", "fields"])
    frame["newest"] = pd.to_datetime(frame["newest"], utc=True)
    return frame.assign(fields=[json.dumps(f) for f in frame["fields"]])


def hazard_field(grid: Any) -> xr.Dataset:
    """The field ``hazards``: air everywhere, toxics in the east, noise in the north."""
    field = grid.dataset()
    east = (grid.x - grid.x.min()) / np.ptp(grid.x) * np.ones(grid.shape)
    north = ((grid.y - grid.y.min()) / np.ptp(grid.y))[:, None] * np.ones(grid.shape)
    known = {
        "air": grid.mask,
        "toxics": grid.mask & (east > 0.66),
        "water": grid.mask & (north < 0.5),
        "noise": grid.mask & (north > 0.5),
    }
    stack = []
    for k, (hazard, inside) in enumerate(known.items()):
        grade = np.where(inside, np.clip(1 + np.floor(5 * (east + 0.1 * k) % 5), 1, 5), np.nan)
        field[f"{hazard}_grade"] = (("y", "x"), grade.astype("float32"))
        field[f"{hazard}_value"] = (("y", "x"), np.minimum(grade + 1, 6).astype("float32"), {"units": "1"})
        field[f"{hazard}_sd"] = (("y", "x"), np.where(inside, 0.4, np.nan).astype("float32"))
        field[f"{hazard}_probability"] = (("y", "x"), np.where(inside, 0.8, np.nan).astype("float32"))
        stack.append(grade)
    field["overall_grade"] = (("y", "x"), np.fmax.reduce(stack).astype("float32"))
    field.attrs["resolution_m"] = grid.resolution
    return field


def friendliness_field(grid: Any) -> xr.Dataset:
    """The field ``friendliness``: scores fall to the east."""
    field = grid.dataset()
    east = (grid.x - grid.x.min()) / np.ptp(grid.x) * np.ones(grid.shape)
    for k, part in enumerate(PARTS):
        score = np.where(grid.mask, 95 - 50 * east - 3 * k, np.nan)
        score = np.full(grid.shape, np.nan) if part == "water" else score
        field[f"score_{part}"] = (("y", "x"), score.astype("float32"))
        field[f"score_sd_{part}"] = (("y", "x"), np.where(np.isfinite(score), 5.0, np.nan).astype("float32"))
    field["index"] = (("y", "x"), np.where(grid.mask, 90 - 50 * east, np.nan).astype("float32"))
    field.attrs["resolution_m"] = grid.resolution
    return field
