"""The control list: at each screened enterprise what to check first, why, by when and who, from rules that are data.

The table keeps both languages beside each other, so that the page, the brief and the workbook say the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from gzeco_lib.environmental_health.screening import NEAR
from gzeco_lib.geo.districts import NAMES
from gzeco_lib.safe_yaml import read_yaml
from gzeco_lib.variables.dictionary import variables

COLUMNS = (
    "rank", "priority", "priority_zh", "priority_en", "enterprise", "name_zh", "name_en", "district", "district_zh",
    "district_en", "industry", "management", "lon", "lat", "score", "check_zh", "check_en", "more_zh", "more_en",
    "why_zh", "why_en", "by", "who_zh", "who_en", "rules", "distance_m", "excess_risk", "upwind_hours", "wind_hours",
    "upwind_from", "toxics", "emissions", "population_2km", "places_1km", "exceedances_12m", "complaints_12m", "credit",
)  # fmt: skip
WHOLE = (
    "distance_m",
    "score",
    "upwind_hours",
    "wind_hours",
    "places_1km",
    "exceedances_12m",
    "complaints_12m",
)
LANGUAGES = ("zh", "en")


@cache
def rules() -> dict[str, Any]:
    """The content of ``control.yaml``; callers must not change it."""
    return read_yaml(Path(__file__).with_name("control.yaml"))


def control_list(sources: pd.DataFrame, at: pd.Timestamp, most: int | None = None) -> pd.DataFrame:
    """What to do at each enterprise of ``sources``, the most urgent first, then by score.

    Args:
        sources: the table ``risk_sources``; columns that an older outcome lacks hold no rule.
        at: UTC time of the screening; ``by`` counts from it.
        most: rows kept at most, all by default.
    """
    rows = [_row({str(k): v for k, v in row.items()}, at) for row in sources.to_dict("records")]
    table = pd.DataFrame(rows, columns=[c for c in COLUMNS if c != "rank"])
    table = _deferred(_ordered(table), at)
    table = table.head(most) if most is not None else table
    table.insert(0, "rank", range(1, len(table) + 1))
    for column in ("by", "upwind_from"):
        table[column] = pd.to_datetime(table[column], utc=True)
    for column in ("upwind_hours", "wind_hours", "places_1km", "exceedances_12m", "complaints_12m"):
        table[column] = table[column].astype("Int64")
    for column in ("lon", "lat", "score", "distance_m", "excess_risk", "population_2km", "credit"):
        table[column] = table[column].astype(float)
    return table


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_values(
        ["priority", "score", "enterprise"], ascending=[True, False, True], ignore_index=True
    )


def _deferred(table: pd.DataFrame, at: pd.Timestamp) -> pd.DataFrame:
    """Urgent enterprises beyond the visits that can be made at once get the next priority and its deadline."""
    urgent = table["priority"] == 1
    late = urgent & (urgent.cumsum() > int(rules()["at_once"]))
    if not late.any():
        return table
    level = rules()["priority"][1]
    table.loc[late, "priority"] = int(level["number"])
    table.loc[late, "priority_zh"], table.loc[late, "priority_en"] = level["name_zh"], level["name_en"]
    table.loc[late, "by"] = at + pd.Timedelta(hours=int(rules()["quiet_hours"]))
    return _ordered(table)


def holds(when: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """Whether every condition holds; one on a figure that is not known does not."""
    for name, condition in when.items():
        value = row.get(name)
        if value is None or pd.isna(value):
            return False
        if "min" in condition and not float(value) >= float(condition["min"]):
            return False
        if "among" in condition and value not in condition["among"]:
            return False
    return True


def _row(source: dict[str, Any], at: pd.Timestamp) -> dict[str, Any]:
    row = source | {"toxic": 1 if source.get("toxics") else 0}
    found = [rule for rule in rules()["rules"] if holds(rule["when"], row)]
    first, others = found[0], [rule for rule in found[1:] if rule["when"]]
    hours = int(first["hours"]) if NEAR not in str(row.get("reasons", "")).split("|") else _quiet(first)
    level = next(p for p in rules()["priority"] if hours <= p["hours"])
    who = next(w for w in rules()["who"] if holds(w["when"], row))
    zh, en = NAMES.get(str(row.get("district")), ("", ""))
    told = _fields(row)
    by = at + pd.Timedelta(hours=hours)
    result = {name: row.get(name) for name in COLUMNS if name != "rank"} | {
        "priority": int(level["number"]), "priority_zh": level["name_zh"], "priority_en": level["name_en"],
        "district_zh": zh, "district_en": en, "by": by, "rules": ",".join(rule["key"] for rule in found),
        "who_zh": who["name_zh"].format(district=zh.removesuffix("区")), "who_en": who["name_en"].format(district=en),
    }  # fmt: skip
    for lang, joint, stop in (("zh", "；", "。"), ("en", "; ", ".")):
        # One reason that says more stands for those that say less of the same: upwind alone is in the others.
        reasons = [rule for rule in [first, *others] if rule["key"] != "upwind" or rule is first]
        result[f"check_{lang}"] = first[f"check_{lang}"]
        result[f"more_{lang}"] = joint.join(rule[f"check_{lang}"] for rule in reasons if rule is not first)
        why = joint.join(rule[f"why_{lang}"].format(**told) for rule in reasons) + stop
        result[f"why_{lang}"] = why[:1].upper() + why[1:]
    return result


def _quiet(first: Mapping[str, Any]) -> int:
    """Hours of a rule while no cell of the city is at high risk."""
    return max(int(first["hours"]), int(rules()["quiet_hours"]))


def _fields(row: Mapping[str, Any]) -> dict[str, str]:
    """Every figure as text; "-" where not known."""
    codes = [code for code in str(row.get("toxics") or "").split(",") if code]
    named = [variables()[code] for code in codes if code in variables()]
    told = {
        "toxics_zh": "、".join(v.name_zh for v in named),
        "toxics_en": ", ".join(v.name_en for v in named),
    }
    for name, value in row.items():
        missing = value is None or (not isinstance(value, str) and pd.isna(value)) or value == ""
        told[name] = "-" if missing else f"{float(value):.0f}" if name in WHOLE else str(value)
    return told
