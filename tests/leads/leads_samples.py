"""Leads as a scenario would find them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from gzeco_lib.leads import Evidence, Lead, LegalBasis

FOUND = datetime(2024, 12, 14, 20, tzinfo=UTC)  # 04:00 on the 15th in Guangzhou


def lead(**changes: Any) -> Lead:
    """A lead on a frozen analyser."""
    fields: dict[str, Any] = {
        "scenario": "environmental_health",
        "rule": "frozen",
        "subject": "1345A",
        "title": "{site} gives the same value for {hours} h",
        "fields": {"site": "1345A", "hours": 9},
        "start": FOUND,
        "end": FOUND + timedelta(hours=9),
        "severity": "medium",
        "confidence": 0.8,
        "action": "Ask the operator for the calibration record.",
        "evidence": Evidence(rows=[{"time": FOUND, "value": 35.0}], numbers={"hours": 9.0}),
        "legal_basis": (LegalBasis("HJ 818-2018", "6.2", date(2018, 12, 1)),),
        "lon": 113.26,
        "lat": 23.13,
        "district": "440104",
    }
    return Lead(**(fields | changes))
