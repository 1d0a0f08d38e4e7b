"""Advice chosen by rule: who should do what in the hours ahead, with the numbers that say so and the source.

A rule speaks only from what is known: a condition whose input is missing is false, so no input, no advice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health.districts import LOCAL
from gzeco_lib.environmental_health.friendliness.advice_texts import REASONS, SOURCES, TEXTS
from gzeco_lib.environmental_health.outlook.alerts import runs
from gzeco_lib.safe_yaml import read_yaml
from gzeco_lib.standards.aqhi import PLUS

CITY = ""
HOUR = pd.Timedelta("1h")
HOTTEST = 3  # [h] of the hottest time of a day
NOON = (12, 16)  # local hours that must be known before a day's highest temperature is
COLUMNS = (
    "audience", "district", "rule", "text", "reason", "fields", "start", "end", "source", "certainty", "priority",
)  # fmt: skip
LEAST = 5  # priority of what asks nothing of anybody; 1 is the most pressing
TYPES = {"priority": "int64", "start": "datetime64[ns, UTC]", "end": "datetime64[ns, UTC]"}
COUNTS = ("noisy_sites",)  # inputs of the whole city that are no series


@cache
def book() -> dict[str, Any]:
    """Content of ``advice.yaml``; callers must not change it."""
    found: dict[str, Any] = read_yaml(Path(__file__).with_name("advice.yaml"))
    return found


def advise(
    city_hourly: pd.DataFrame,
    district_hourly: pd.DataFrame,
    warmth: pd.DataFrame | None = None,
    counts: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """The table ``advice``, the most pressing first.

    The city's rows come first; a district has rows of its own where another rule speaks there than for the city.

    Args:
        city_hourly, district_hourly: of the outcome.
        warmth: temperature by district (`warmth.by_district`); None where not known.
        counts: inputs that are no series, such as ``noisy_sites``; those not given are not known.
    """
    rows = _advice_of(CITY, _hours(city_hourly, warmth, CITY), dict(counts or {}))
    spoken = {(row["audience"], row["rule"]) for row in rows}
    for district, of in district_hourly.groupby("district", sort=True):
        hours = _hours(of, warmth, str(district))
        more = _advice_of(str(district), hours, {})
        rows += [
            row for row in more if (row["audience"], row["rule"]) not in spoken and row["priority"] < LEAST
        ]
    found = pd.DataFrame(rows, columns=list(COLUMNS)).astype(TYPES)
    return found.sort_values(["priority", "district", "audience"], ascending=True, ignore_index=True)


def _hours(rows: pd.DataFrame, warmth: pd.DataFrame | None, district: str) -> pd.DataFrame:
    """One row an hour, past ones too, with the inputs that are known as columns."""
    wanted = ["time", "lead_h", "aqi", "aqhi", "excess_risk", "primary"]
    hours = rows[[name for name in wanted if name in rows]].sort_values("lead_h", ignore_index=True)
    if warmth is not None:
        of = warmth.loc[warmth["district"] == district, ["time", "temperature"]]
        hours = hours.merge(of, on="time", how="left")
        hours["day_max"] = _day_max(hours)
    return hours


def _day_max(hours: pd.DataFrame) -> np.ndarray:
    """Highest temperature of each hour's local day [degC]; NaN where its hottest hours are not all known."""
    local = hours["time"].dt.tz_convert(LOCAL)
    found = np.full(len(hours), np.nan)
    for _, of in hours.groupby(local.dt.date.to_numpy()):
        at = local.loc[of.index].dt.hour
        noon = of["temperature"][(at >= NOON[0]) & (at < NOON[1])]
        if len(noon) == NOON[1] - NOON[0] and noon.notna().all():
            found[of.index] = of["temperature"].max()
    return found


def _advice_of(district: str, hours: pd.DataFrame, counts: dict[str, float]) -> list[dict[str, Any]]:
    """Rows of one place: of each audience and family the most severe rule that holds, AQI before AQHI."""
    best: dict[tuple[str, str], dict[str, Any]] = {}
    ahead = hours[hours["lead_h"] >= 0]
    if ahead.empty:
        return []
    for rule in book()["rules"]:
        key = (rule["audience"], rule["family"])
        if key in best and best[key]["severity"] >= rule["severity"]:
            continue
        held = _held(rule, ahead, counts)
        if held.any() and (rule.get("hold") != "all" or held.all()) and _in_force(rule, ahead):
            best[key] = rule
    return [_row(district, rule, hours, _held(rule, ahead, counts), counts) for rule in best.values()]


def _in_force(rule: dict[str, Any], ahead: pd.DataFrame) -> bool:
    first = rule.get("from")
    return first is None or ahead["time"].iloc[0].tz_convert(LOCAL) >= pd.Timestamp(first, tz=LOCAL)


def _held(rule: dict[str, Any], ahead: pd.DataFrame, counts: dict[str, float]) -> np.ndarray:
    """Whether all conditions of ``rule`` hold in each hour."""
    held = np.ones(len(ahead), dtype=bool)
    for condition in rule["when"]:
        held &= _true(condition, ahead, counts)
    return held


def _true(condition: dict[str, Any], ahead: pd.DataFrame, counts: dict[str, float]) -> np.ndarray:
    name = condition["input"]
    if name in COUNTS:
        values = np.full(len(ahead), float(counts.get(name, np.nan)))
    elif name not in ahead:
        return np.zeros(len(ahead), dtype=bool)
    elif "has" in condition:
        return np.array([condition["has"] in str(codes).split(",") for codes in ahead[name]])
    else:
        values = ahead[name].to_numpy(dtype=float)
    with np.errstate(invalid="ignore"):  # what is not known compares false
        if "above" in condition:
            return values > condition["above"]
        if "at_least" in condition:
            return values >= condition["at_least"]
        return values <= condition["at_most"]


def _row(
    district: str, rule: dict[str, Any], hours: pd.DataFrame, held: np.ndarray, counts: dict[str, float]
) -> dict[str, Any]:
    ahead = hours[hours["lead_h"] >= 0]
    name = rule["when"][0]["input"]
    which = ahead[_worst_run(ahead, held, name)]
    first, last = which["time"].iloc[0], which["time"].iloc[-1] + HOUR
    fields: dict[str, Any] = {"start": _told(first), "end": _told(last)}
    reason = "aqi_all" if rule.get("hold") == "all" else name
    if name == "day_max":
        fields |= _hottest(hours, which)
    elif name in COUNTS:
        fields = {"value": f"{counts[name]:.0f}"}
    else:
        top = float(which[name].max())
        fields["value"] = "10+" if name == "aqhi" and top >= PLUS else f"{top:.0f}"
    if "excess_risk" in which and which["excess_risk"].notna().any():
        fields["risk"] = f"{float(which['excess_risk'].max()):.0f}"
    return {
        "audience": rule["audience"], "district": district, "rule": rule["id"], "text": TEXTS[rule["text"]],
        "reason": REASONS[reason], "fields": json.dumps(fields, ensure_ascii=False), "start": first, "end": last,
        "source": SOURCES[rule["source"]], "certainty": book()["sources"][rule["source"]],
        "priority": priority(float(rule["severity"])),
    }  # fmt: skip


def priority(severity: float) -> int:
    """1 (stay in, stop work) to 5 (nothing to be done) of a rule's severity."""
    return LEAST - int(np.searchsorted([0.5, 1.0, 2.0, 3.0], severity, side="right"))


def _worst_run(ahead: pd.DataFrame, held: np.ndarray, name: str) -> np.ndarray:
    """Of the runs of hours in which a rule holds, the one with the highest value (hour,)."""
    spans = runs(held)
    values = ahead[name].to_numpy(dtype=float) if name in ahead else np.zeros(len(ahead))
    first, last = max(spans, key=lambda span: float(np.nanmax(values[span[0] : span[1] + 1])))
    hours = np.arange(len(ahead))
    return (hours >= first) & (hours <= last)


def _hottest(hours: pd.DataFrame, held: pd.DataFrame) -> dict[str, str]:
    """The day, its highest temperature and the three hottest hours in a row."""
    worst = held.iloc[int(held["day_max"].to_numpy(dtype=float).argmax())]
    day = worst["time"].tz_convert(LOCAL).date()
    local = hours["time"].dt.tz_convert(LOCAL)
    of = hours[(local.dt.date == day).to_numpy()]
    mean = of["temperature"].rolling(HOTTEST).mean().to_numpy(dtype=float)
    last = of["time"].iloc[int(np.nanargmax(mean))] if np.isfinite(mean).any() else worst["time"]
    start = last.tz_convert(LOCAL) - (HOTTEST - 1) * HOUR
    return {
        "day": f"{day:%m-%d}", "value": f"{worst['day_max']:.0f}",
        "start": f"{start:%H:%M}", "end": f"{start + HOTTEST * HOUR:%H:%M}",
    }  # fmt: skip


def _told(time: pd.Timestamp) -> str:
    return f"{time.tz_convert(LOCAL):%m-%d %H:%M}"
