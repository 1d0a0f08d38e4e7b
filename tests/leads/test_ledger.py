"""Leads are raised once, reviewed along legal steps, and their rules judged by the reviews."""

from __future__ import annotations

import math
import threading
from datetime import datetime, timedelta

import numpy as np
import pytest
from leads_samples import FOUND, lead
from sqlalchemy import select

from gzeco_lib.errors import InputError
from gzeco_lib.lake.state import State
from gzeco_lib.lake.state_tables import AuditRow
from gzeco_lib.leads import Evidence
from gzeco_lib.leads.feedback import precision, wilson
from gzeco_lib.leads.ledger import Ledger

pytest_plugins = ["state_databases"]

LATER = FOUND + timedelta(hours=1)


def test_id_is_stable_and_local() -> None:
    one = lead()
    assert one.period == "2024-12-15"  # the local day, not the UTC one
    assert one.lead_id == lead(start=FOUND + timedelta(hours=5), severity="high", confidence=0.1).lead_id
    others = [
        lead(rule="spike"),
        lead(subject="1346A"),
        lead(scenario="x"),
        lead(start=FOUND - timedelta(hours=5)),
    ]
    assert len({one.lead_id, *(other.lead_id for other in others)}) == 5


@pytest.mark.parametrize(
    ("bucket", "period"),
    [("day", "2024-12-15"), ("week", "2024-W50"), ("month", "2024-12"), ("year", "2024")],
)
def test_period_buckets(bucket: str, period: str) -> None:
    assert lead(bucket=bucket).period == period


@pytest.mark.parametrize(
    "wrong",
    [
        {"severity": "hihg"},
        {"bucket": "hour"},
        {"confidence": 1.2},
        {"confidence": math.nan},
        {"start": datetime(2024, 12, 15)},
        {"end": FOUND - timedelta(hours=1)},
        {"lon": None},
        {"lat": 113.0, "lon": 223.0},
        {"lat": math.nan},
    ],
)
def test_leads_that_are_none(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError) as caught:
        lead(**wrong)
    assert caught.value.fix and "environmental_health/frozen" in str(caught.value)


def test_recorded_once(state: State) -> None:
    ledger = Ledger(state)
    first = ledger.record([lead(), lead(subject="1346A"), lead()], FOUND)
    assert len(first.new) == 2 and not first.seen
    assert ledger.record([lead()], FOUND).seen == [lead().lead_id]
    assert ledger.get(lead().lead_id)["times_seen"] == 1  # the same run recorded again is not a new sight
    ledger.record([lead(severity="high")], LATER)
    found = ledger.get(lead().lead_id)
    assert (found["times_seen"], found["first_seen"], found["last_seen"]) == (2, FOUND, LATER)
    assert found["severity"] == "high"


def test_reviewed_evidence_stays(state: State) -> None:
    ledger = Ledger(state)
    ledger.record([lead()], FOUND)
    ledger.review(lead().lead_id, "dismissed", "li", "the analyser was being calibrated")
    ledger.record([lead(severity="high", evidence=Evidence(numbers={"hours": 20.0}))], LATER)
    found = ledger.get(lead().lead_id)
    assert (found["status"], found["severity"], found["times_seen"]) == ("dismissed", "medium", 2)
    assert found["evidence"]["numbers"] == {"hours": 9.0}


def test_evidence_as_models_have_it(state: State) -> None:
    rows = [{"time": FOUND, "value": np.float64(3.5), "n": np.int64(2), "lo": math.nan, "ok": np.True_}]
    Ledger(state).record([lead(evidence=Evidence(rows=rows, numbers={"z": np.inf}))], FOUND)
    evidence = Ledger(state).get(lead().lead_id)["evidence"]
    assert evidence["rows"] == [
        {"time": "2024-12-14T20:00:00+00:00", "value": 3.5, "n": 2, "lo": None, "ok": True}
    ]
    assert evidence["numbers"] == {"z": None}


def test_the_whole_trail(state: State) -> None:
    ledger = Ledger(state)
    ledger.record([lead()], FOUND)
    for to in ("confirmed", "pushed", "closed"):
        ledger.review(lead().lead_id, to, "li", f"because {to}")
    found = ledger.get(lead().lead_id)
    assert [(r["from"], r["to"], r["who"], r["reason"]) for r in found["reviews"]] == [
        ("new", "confirmed", "li", "because confirmed"),
        ("confirmed", "pushed", "li", "because pushed"),
        ("pushed", "closed", "li", "because closed"),
    ]
    with state.reading() as session:
        audit = session.scalars(select(AuditRow).order_by(AuditRow.id)).all()
    assert [(a.act, a.detail["to"]) for a in audit] == [
        ("lead.review", to) for to in ("confirmed", "pushed", "closed")
    ]


def test_illegal_steps_name_the_legal_ones(state: State) -> None:
    ledger = Ledger(state)
    ledger.record([lead()], FOUND)
    with pytest.raises(InputError, match=r"is new cannot become closed.*confirmed, dismissed"):
        ledger.review(lead().lead_id, "closed", "li")
    with pytest.raises(InputError, match="dismissal needs a reason"):
        ledger.review(lead().lead_id, "dismissed", "li", "  ")
    with pytest.raises(InputError, match="nobody is named"):
        ledger.review(lead().lead_id, "confirmed", " ")
    with pytest.raises(InputError, match="confirmed"):
        ledger.review(lead().lead_id, "confirm", "li")
    with pytest.raises(InputError, match="no lead nobody"):
        ledger.review("nobody", "confirmed", "li")
    assert ledger.get(lead().lead_id)["status"] == "new" and not ledger.get(lead().lead_id)["reviews"]


def test_two_reviewers_at_once(state: State) -> None:
    """The second one finds the lead already confirmed; the trail has one step."""
    ledger = Ledger(state)
    ledger.record([lead()], FOUND)
    refused: list[InputError] = []

    def confirm() -> None:
        try:
            ledger.review(lead().lead_id, "confirmed", "li")
        except InputError as error:
            refused.append(error)

    threads = [threading.Thread(target=confirm) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 3 and len(ledger.get(lead().lead_id)["reviews"]) == 1


def test_recording_at_once_raises_once(state: State) -> None:
    leads = [lead(subject=f"s{n}") for n in range(20)]
    results = []
    threads = [
        threading.Thread(
            target=lambda order: results.append(Ledger(state).record(order, FOUND)), args=(order,)
        )
        for order in (leads, leads[::-1], leads)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 3
    assert sorted(one for result in results for one in result.new) == sorted(one.lead_id for one in leads)


def test_filters_and_order(state: State) -> None:
    ledger = Ledger(state)
    ledger.record([lead(subject="a", severity="low"), lead(subject="b", severity="high")], FOUND)
    ledger.record([lead(subject="c", severity="info", district="440106", rule="spike")], LATER)
    ledger.record(
        [
            lead(
                subject="d",
                severity="medium",
                start=FOUND + timedelta(days=9),
                end=FOUND + timedelta(days=10),
            )
        ],
        LATER,
    )
    subjects = lambda **wanted: [row["subject"] for row in ledger.find(**wanted)]  # noqa: E731
    assert subjects() == ["b", "d", "a", "c"]
    assert subjects(severity="medium") == ["b", "d"]
    assert subjects(district="440106") == subjects(rule="spike") == subjects(subject="c") == ["c"]
    assert subjects(start=FOUND + timedelta(days=1)) == ["d"]
    assert subjects(end=FOUND + timedelta(days=1)) == ["b", "a", "c"]
    assert subjects(limit=1) == ["b"]
    assert subjects(status="confirmed") == []
    with pytest.raises(InputError, match="confirmed"):
        ledger.find(status="confirm")


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    # Newcombe (1998) Statistics in Medicine 17:857-872, table I, method 3
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_interval(hits: int, trials: int, low: float, high: float) -> None:
    assert wilson(hits, trials) == pytest.approx((low, high), abs=5e-5)


def test_wilson_at_its_edges() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    with pytest.raises(ValueError, match="3 of 2"):
        wilson(3, 2)


def test_precision_of_a_rule(state: State) -> None:
    ledger = Ledger(state)
    for number in range(4):
        ledger.record([lead(subject=f"s{number}"), lead(subject=f"s{number}", rule="spike")], FOUND)
        ledger.review(
            lead(subject=f"s{number}").lead_id, "confirmed" if number else "dismissed", "li", "seen on site"
        )
    ledger.review(lead(subject="s1").lead_id, "pushed", "li")  # further steps do not count again
    (judged,) = precision(state)  # the rule "spike" has no reviewed lead
    assert (judged.rule, judged.confirmed, judged.dismissed, judged.precision) == ("frozen", 3, 1, 0.75)
    assert (judged.low, judged.high) == wilson(3, 4)
    assert precision(state, "another") == []
