"""Leads from traces: whom to visit first, with how likely it is. A lead here is a suspicion, not an offence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gzeco_lib.errors import N_
from gzeco_lib.leads.lead import Evidence, Lead

if TYPE_CHECKING:
    import pandas as pd

RULE = "traced_source"


def leads(tables: dict[str, pd.DataFrame], least: float) -> list[Lead]:
    """One lead a trace whose first candidate has at least the probability ``least``; the same one for a day.

    No legal basis is named: an excess at a station shows that something was emitted, not that a limit was broken.
    """
    found = []
    for row in tables["traces"].to_dict("records"):
        if not row["first"] or row["probability"] < least:
            continue
        own = tables["candidates"]
        own = own[(own["trace"] == row["trace"]) & (own["enterprise"] == row["first"])]
        if not own.empty:
            found.append(_lead({str(k): v for k, v in row.items()}, own.iloc[0].to_dict(), tables["fit"]))
    return found


def _lead(row: dict[str, Any], first: dict[str, Any], fit: pd.DataFrame) -> Lead:
    here = fit[(fit["trace"] == row["trace"]) & (fit["site"] == row["site"])].dropna(subset=["observed"])
    worst = here.assign(excess=here["observed"] - here["background"]).nlargest(5, "excess")
    rows = [
        {
            "table": "observation", "site": row["site"], "variable": row["variable"], "time": one["time"].isoformat(),
            "observed": float(one["observed"]), "background": float(one["background"]),
        }
        for one in worst.to_dict("records")
    ]  # fmt: skip
    numbers = {
        "probability": float(row["probability"]), "unknown": float(row["unknown"]), "none": float(row["none"]),
        "rate_kg_h": float(first["rate"]), "rate_lo_kg_h": float(first["rate_lo"]),
        "rate_hi_kg_h": float(first["rate_hi"]), "people": float(row["people"]),
    }  # fmt: skip
    return Lead(
        scenario="environmental_health_trace", rule=RULE, subject=str(row["first"]),
        title=N_("{name} is the likeliest source of the excess of {variable} at {site} (probability {percent}%)"),
        start=row["start"].to_pydatetime(), end=row["end"].to_pydatetime(),
        severity="high" if row["people"] >= 10_000 else "medium", confidence=float(row["probability"]),
        action=N_("Visit it first and compare its monitoring and operating records with the hours of the excess; this "
                  "is a probability from monitors and wind, not evidence of an offence."),
        evidence=Evidence(rows=[*rows, {"field": "plume", "trace": row["trace"]}], numbers=numbers),
        fields={
            "name": str(first["name_zh"]), "variable": str(row["variable"]), "site": str(row["name_zh"]),
            "percent": round(100 * float(row["probability"])),
        },
        lon=float(first["lon"]), lat=float(first["lat"]),
        district=str(first["district"]) if isinstance(first["district"], str) and first["district"] else None,
    )  # fmt: skip
