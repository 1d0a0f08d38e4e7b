"""Outcomes of the contract's shape with every table there can be, generated and small."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import xarray as xr
from conftest import AT, BANDS, LATEST, LEADS, made_outcome

from gzeco_lib.environmental_health.friendliness.advice_texts import REASONS, SOURCES, TEXTS
from gzeco_lib.geo import city_grid
from gzeco_lib.geo.districts import NAMES
from gzeco_lib.scenario import Outcome

HOUR = pd.Timedelta("1h")
GROUPS = {"all": 1.0, "child_0_14": 1.0, "adult_15_64": 0.8, "elder_65": 1.2, "outdoor_worker": 1.0}
PARTS = {"air": (0.5, 70.0), "heat": (0.25, 95.0), "green": (0.25, 80.0)}
LATE = "The wind of {hours} h ago is carried forward; traces and plumes widen."


def full_outcome() -> Outcome:
    """The sample outcome with groups, alerts, alarms, hazards, index, advice, complaints, feeds and timing."""
    outcome = made_outcome()
    outcome.parameters = {**outcome.parameters, "alert_band": "high", "alert_probability": 0.5}
    outcome.tables |= {
        **_ahead(outcome), "alarms": _alarms(outcome), **_hazards(), **_index(), "advice": _advice(),
        **_opinion(),
        **_feeds(),
    }  # fmt: skip
    outcome.fields |= {"hazards": _graded(), "friendliness": _friendly()}
    outcome.notes = [("Some other note.", {}), (LATE, {"hours": 7})]
    return outcome


def _ahead(outcome: Outcome) -> dict[str, pd.DataFrame]:
    base = pd.concat([outcome.table("city_hourly").assign(district=""), outcome.table("district_hourly")])
    columns = [
        "time",
        "lead_h",
        "district",
        "excess_risk",
        "excess_risk_lo",
        "excess_risk_hi",
        "aqhi",
        "aqhi_band",
    ]
    groups = pd.concat([
        base[columns].assign(
            group=group, people=1e6, temperature_risk=1.0, temperature_risk_lo=0.2, temperature_risk_hi=1.8,
            **{c: base[c] * factor for c in ("excess_risk", "excess_risk_lo", "excess_risk_hi")},
        )
        for group, factor in GROUPS.items()
    ], ignore_index=True)  # fmt: skip
    chance = pd.DataFrame([
        {"time": LATEST + int(lead) * HOUR, "lead_h": int(lead), "district": code, "band": band,
         "probability": 0.31 if (code, lead, band) == ("440113", 9, "high") else 0.05}
        for code in ("", *NAMES) for lead in LEADS[LEADS >= 0] for band in BANDS
    ])  # fmt: skip
    rows = [
        ("district", "440115", "all", 0.83, 4, 9, 850_000.0),
        ("group", "", "elder_65", 0.57, 6, 8, 1_400_000.0),
    ]
    alerts = pd.DataFrame([
        {"place_kind": kind, "place": place, "name_zh": "", "name_en": "", "group": group, "band": "high",
         "probability": p, "first_time": LATEST + first * HOUR, "last_time": LATEST + last * HOUR,
         "hours": last - first + 1, "peak_time": LATEST + first * HOUR, "people": people}
        for kind, place, group, p, first, last, people in rows
    ])  # fmt: skip
    return {"group_hourly": groups, "grade_probability": chance, "alerts": alerts}


def _alarms(outcome: Outcome) -> pd.DataFrame:
    site = outcome.table("station_hourly").drop_duplicates("site").iloc[5]
    return pd.DataFrame([{
        "alarm": "A1", **{c: site[c] for c in ("site", "name_zh", "name_en", "district", "lon", "lat")},
        "variable": "SO2", "start": LATEST - 5 * HOUR, "end": LATEST - 2 * HOUR, "peak_time": LATEST - 4 * HOUR,
        "value": 63.0, "expected": 9.4, "excess": 53.6, "score": 14.0, "probability": 0.97,
    }])  # fmt: skip


def _hazards() -> dict[str, pd.DataFrame]:
    sites = pd.DataFrame([
        {"hazard": hazard, "site": f"H{k}", "name_zh": f"监测点{k}", "name_en": f"Monitor {k}", "lon": 113.3,
         "lat": 23.1,
         "district": "440104", "variable": code, "value": value, "lo": 0.8 * value, "hi": 1.3 * value,
         "unit": unit,
         "start": AT - 720 * HOUR, "end": AT, "n": 30, "capture": 0.9, "limit": limit, "grade": grade,
         "class": "",
         "clause": clause}
        for k, (hazard, code, value, unit, limit, grade, clause) in enumerate([
            ("water", "NH3_N", 1.4, "mg L-1", 1.0, 3.0, "GB 3838-2002 3, Table 1"),
            ("toxics", "benzene", 4.0e-6, "1", 1e-6, 2.0, "1e-6"),
        ])
    ])  # fmt: skip
    grades = {"air": 2.0, "toxics": 2.0, "water": 3.0, "noise": np.nan, "overall": 3.0}
    districts = pd.DataFrame([
        {"district": code, "hazard": hazard, "grade": grade, "share_4_5": 0.0 if grade < 3 else 0.02 * k,
         "cells": 0 if np.isnan(grade) else 40}
        for k, code in enumerate(NAMES) for hazard, grade in grades.items()
    ])  # fmt: skip
    districts.loc[districts["grade"].isna(), "share_4_5"] = np.nan
    method = pd.DataFrame([{
        "hazard": "water", "quantity": "Surface-water class", "formula": "max_i class_i(C_i)", "unit": "1",
        "clause": "GB 3838-2002 3, Table 1", "source": "scan", "certainty": "seen-primary",
        "grades": "1 → 1 · 6 → 5",
        "uncertainty": "Sampling error of the mean.", "reason_zh": "按单因子评价", "reason_en": "By the worst item",
    }])  # fmt: skip
    return {"hazard_sites": sites, "hazard_district": districts, "grade_method": method}


def _graded() -> xr.Dataset:
    grid = city_grid(2000)
    field = grid.dataset()
    for hazard, grade in {"air": 2.0, "toxics": 2.0, "water": 3.0, "noise": np.nan, "overall": 3.0}.items():
        field[f"{hazard}_grade"] = (("y", "x"), np.where(grid.mask, grade, np.nan))
    return field


def _friendly() -> xr.Dataset:
    grid = city_grid(2000)
    return grid.dataset().assign(index=(("y", "x"), np.where(grid.mask, 74.0, np.nan)))


def _index() -> dict[str, pd.DataFrame]:
    places = [("city", "440100", "广州市", "Guangzhou"), *(("district", c, *pair) for c, pair in NAMES.items()),
              ("place_kind", "school", "学校", "Schools")]  # fmt: skip
    rows = [
        {"scope": scope, "key": key, "name_zh": zh, "name_en": en, "group": group, "index": 70.0 + k,
         "lo": 65.0 + k, "hi": 75.0 + k, "missing": "noise,water,access"}
        for k, (scope, key, zh, en) in enumerate(places)
        for group in (GROUPS if scope != "place_kind" else ("all",))
    ]  # fmt: skip
    parts = [
        {"scope": scope, "key": key, "group": "all", "part": part, "value": 1.0, "unit": "1",
         "score": score, "sd": 2.0,
         "weight": weight}
        for scope, key, _zh, _en in places for part, (weight, score) in PARTS.items()
    ]  # fmt: skip
    return {"friendliness": pd.DataFrame(rows), "friendliness_parts": pd.DataFrame(parts)}


def _advice() -> pd.DataFrame:
    rows = [
        ("elder", "", "elder_avoid", 2),
        ("child", "440104", "child_reduce", 3),
        ("child", "440105", "child_reduce", 3),
    ]
    return pd.DataFrame([
        {"audience": audience, "district": district, "rule": text, "text": TEXTS[text], "reason": REASONS["aqhi"],
         "fields": json.dumps({"start": "12-15 10:00", "end": "12-15 15:00", "value": "8"}), "start": LATEST,
         "end": LATEST + 6 * HOUR, "source": SOURCES["hj633"], "certainty": "seen-secondary",
         "priority": priority}
        for audience, district, text, priority in rows
    ])  # fmt: skip


def _opinion() -> dict[str, pd.DataFrame]:
    summary = pd.DataFrame(
        [(AT.floor("D"), "440104", "odour", 3), (AT.floor("D"), "", "noise", 1)],
        columns=["day", "district", "topic", "count"],
    )
    return {"opinion_summary": summary}


def _feeds() -> dict[str, pd.DataFrame]:
    feeds = pd.DataFrame(
        [
            ("air", AT, 0.5, 3000, "ok", "", "{}"),
            ("weather", AT - 7 * HOUR, 7.0, 400, "late", LATE, '{"hours": 7}'),
            ("noise", pd.NaT, np.nan, 0, "missing", "Toxics are not graded.", "{}"),
        ],
        columns=["feed", "newest", "age_h", "rows_24h", "status", "instead", "fields"],
    )
    timing = pd.DataFrame({"step": ["Data read", "Forecasts"], "seconds": [3.2, 8.1]})
    response = pd.DataFrame({"arrived": [AT], "made": [AT + 0.2 * HOUR], "minutes": [12.0]})
    return {"feeds": feeds, "timing": timing, "response": response}


def trace_outcome() -> Outcome:
    """One trace of the sample's alarm, with its plume."""
    grid = city_grid(2000)
    base = grid.dataset()
    leads = np.arange(-6, 7)
    x, y = np.meshgrid(base["x"], base["y"])
    hill = np.exp(-((x - 435_000) ** 2 + (y - 2_560_000) ** 2) / 5e7)
    added = (
        np.where(grid.mask, 20 * hill, np.nan)[None, None] * np.exp(-(leads**2) / 30.0)[None, :, None, None]
    )
    times = np.array([(LATEST.tz_localize(None) + int(lead) * HOUR).to_datetime64() for lead in leads])
    plume = base.assign_coords(trace=["T1"], lead_h=leads, time=(("trace", "lead_h"), times[None])).assign(
        added=(("trace", "lead_h", "y", "x"), added)
    )
    trace = {
        "trace": "T1", "alarm": "A1", "site": "S05", "name_zh": "测站5", "name_en": "Station 5", "variable": "SO2",
        "start": LATEST - 5 * HOUR, "end": LATEST - 2 * HOUR, "first": "E3", "probability": 0.612,
        "unknown": 0.12,
        "none": 0.004, "people": 52_300.0, "people_lo": 31_000.0, "people_hi": 78_000.0, "threshold": 10.0,
        "seconds": 3.0,
    }  # fmt: skip
    candidates = pd.DataFrame([
        {"trace": "T1", "rank": k + 1, "enterprise": f"E{n}", "name_zh": f"示例{n}号厂",
         "name_en": f"Example Works {n}",
         "industry": "x", "district": "440112", "lon": 113.4 + 0.01 * k, "lat": 23.1, "probability": p,
         "prior": 0.01,
         "rate": 20.0, "rate_lo": 5.0, "rate_hi": 120.0, "detectable": 3.0, "like": "E4", "correlation": 0.95}
        for k, (n, p) in enumerate([(3, 0.612), (4, 0.2), (5, 0.05)])
    ])  # fmt: skip
    places = pd.DataFrame([
        {"trace": "T1", "place": "P1", "kind": "school", "name_zh": "示例小学", "name_en": "Example School",
         "lon": 113.41,
         "lat": 23.12, "district": "440112", "people": 900.0, "first_time": LATEST - 4 * HOUR,
         "peak_time": LATEST - 4 * HOUR, "peak_added": 14.0, "probability": 0.8}
    ])  # fmt: skip
    return Outcome(
        "environmental_health_trace", AT, {},
        {"traces": pd.DataFrame([trace]), "candidates": candidates, "exposed_places": places}, {"plume": plume},
    )  # fmt: skip


def burden_outcome(rates: bool = True) -> Outcome:
    """Deaths from PM2.5 by GEMM; only their shares where no death rates are known."""
    rows = [
        {"district": code, "pollutant": "PM2.5", "model": "GEMM", "cause": cause, "age": -1, "population": 1e6,
         "concentration": 21.5, "concentration_sd": 2.0, "capture": 0.9, "share": 0.159, "share_lo": 0.052,
         "share_hi": 0.231, "deaths": deaths if rates else np.nan,
         "deaths_lo": 0.328 * deaths if rates else np.nan,
         "deaths_hi": 1.457 * deaths if rates else np.nan, "per_100k": 60.0 if rates else np.nan}
        for code in (*NAMES, "440100")
        for cause, deaths in (("NCD+LRI", 10_900.0 if code == "440100" else 990.0), ("IHD", 3900.0))
    ]  # fmt: skip
    avoided = pd.DataFrame([{
        "district": "440100", "pollutant": "PM2.5", "model": "GEMM", "target": "WHO guideline 2021",
        "target_value": 5.0,
        "deaths": 7850.0 if rates else np.nan, "deaths_lo": 750.0, "deaths_hi": 12_900.0,
    }])  # fmt: skip
    tables = {"burden": pd.DataFrame(rows), "avoided": avoided, "inputs": pd.DataFrame()}
    return Outcome("environmental_health_burden", AT, {}, tables)
