"""Leads from the screening: where an officer should look first. A lead here is a risk, not an offence."""

from __future__ import annotations

from typing import Any

import pandas as pd

from gzeco_lib.errors import N_
from gzeco_lib.leads.lead import Evidence, Lead

RULE = "risk_source_screening"
MOST = 20  # leads of one run: a list nobody can work through is no list


def severity(score: float, high: bool) -> str:
    """``high`` from 80 points, ``medium`` from 65, else ``low``; ``info`` where no cell is at high risk."""
    if not high:
        return "info"
    return "high" if score >= 80 else "medium" if score >= 65 else "low"


def leads(
    sources: pd.DataFrame,
    least: float,
    start: pd.Timestamp,
    end: pd.Timestamp,
    people_known: bool,
    high: bool,
) -> list[Lead]:
    """One lead for each screened enterprise with a score of ``least`` or more, at most 20, the same one for a week.

    No legal basis is named: a place near high risk breaks no rule. Confidence says how much was known: 0.3, and 0.1
    more each for people, and for wind that blows from the enterprise to the cells in the coming hours. It stays low
    because the screening measures no share of the source.

    Args:
        sources: the table ``risk_sources``.
        least: lowest score.
        start, end: the hours the risk was computed for.
        people_known: whether the lake knew how many people are where.
        high: whether cells reach the high-risk threshold, or are only the highest of the city.
    """
    rows = sources[sources["score"] >= least].head(MOST).to_dict("records")
    return [
        _lead({str(key): value for key, value in row.items()}, start, end, people_known, high) for row in rows
    ]


def _lead(
    row: dict[str, Any], start: pd.Timestamp, end: pd.Timestamp, people_known: bool, high: bool
) -> Lead:
    score = float(row["score"])
    district = row["district"]
    return Lead(
        scenario="environmental_health",
        rule=RULE,
        subject=str(row["enterprise"]),
        title=N_("{name} stands near cells of high health risk (score {score})")
        if high
        else N_(
            "{name} stands near the cells of highest health risk, none of which is at high risk (score {score})"
        ),
        start=start.to_pydatetime(),
        end=end.to_pydatetime(),
        severity=severity(score, high),
        confidence=round(0.3 + 0.1 * people_known + 0.1 * _upwind(row), 1),
        action=N_(
            "Check the treatment facilities and the latest monitoring data first; this is a screening "
            "by risk, not evidence of an offence."
        ),
        evidence=_evidence(row, start, people_known),
        fields={"name": str(row["name_zh"]), "score": round(score), "reasons": str(row["reasons"])},
        lon=float(row["lon"]),
        lat=float(row["lat"]),
        district=str(district) if pd.notna(district) and district else None,
        bucket="week",
    )


def _upwind(row: dict[str, Any]) -> bool:
    """Whether the wind is known to blow from the enterprise to the cells."""
    return bool(pd.notna(row.get("upwind_hours")) and row["upwind_hours"] > 0)


def _evidence(row: dict[str, Any], start: pd.Timestamp, people_known: bool) -> Evidence:
    numbers = {
        "score": float(row["score"]),
        "excess_risk_percent": float(row["excess_risk"]),
        "distance_m": float(row["distance_m"]),
    }
    if people_known:
        numbers["population_2km"] = float(row["population_2km"])
    for name in ("upwind_hours", "wind_hours", "places_1km"):
        if name in row and pd.notna(row[name]):
            numbers[name] = float(row[name])
    screened = {"table": "risk_sources", "rank": int(row["rank"]), "reasons": str(row["reasons"])}
    return Evidence(
        rows=[
            {"table": "enterprise", "key": str(row["enterprise"])},
            screened,
            {"field": "risk", "cell": str(row["nearest_cell"]), "from": start.isoformat()},
        ],
        numbers=numbers,
    )
