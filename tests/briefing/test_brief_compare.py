"""The comparison with the last briefing."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from gzeco_lib.briefing.health_research import compare
from gzeco_lib.briefing.health_research.companions import BURDEN, companions
from gzeco_lib.briefing.health_research.declaration import HealthResearch
from gzeco_lib.briefing.health_research.report import Report
from gzeco_lib.briefing.make import _keep_figures
from gzeco_lib.lake import Lake
from gzeco_lib.scenario import Outcome


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake.open(str(tmp_path / "lake"), create=True)


def test_the_first_briefing_says_that_it_is_the_first(lake: Lake, outcome: Outcome) -> None:
    assert compare.last(lake, outcome.at) is None
    assert "nothing to compare" in Report(outcome, HealthResearch(language="en")).changes().html()


def test_the_last_briefing_stands_beside_this_one(lake: Lake, outcome: Outcome) -> None:
    brief = HealthResearch(language="en")
    figures = compare.figures(Report(outcome, brief).page)
    aqi = float(figures.set_index("name").at["aqi", "value"])
    earlier = figures.assign(value=figures["value"].where(figures["name"] != "aqi", aqi - 7))
    _keep_figures(
        lake.url, "health_research", outcome.at - pd.Timedelta(hours=24), earlier.to_dict("records")
    )
    _keep_figures(lake.url, "health_research", outcome.at, figures.to_dict("records"))  # this briefing's own
    previous = compare.last(lake, outcome.at)
    assert previous is not None and previous.at == outcome.at - pd.Timedelta(hours=24)
    told = Report(outcome, brief, previous=previous).changes().html()
    assert "24 h earlier" in told and "+7" in told


def test_what_is_not_known_is_not_compared(outcome: Outcome) -> None:
    names = set(compare.figures(Report(outcome, HealthResearch()).page)["name"])
    assert {"aqi", "excess_risk", "high_share"} <= names
    assert not names & {"alerts", "alarms", "deaths", "friendliness"}  # an outcome of an earlier version


def test_a_model_the_lake_has_no_data_for_is_left_out_and_named(
    lake: Lake, outcome: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gzeco_lib.briefing.health_research import companions as module
    from gzeco_lib.errors import InputError

    def refused(*_given: object) -> Outcome:
        raise InputError("no {thing} here", "lake", "ingest it", thing="air")

    monkeypatch.setattr(module, "execute", refused)
    found = companions(lake, outcome, {"environmental_health": {}})
    assert found.outcomes["environmental_health"] is None
    message, fields = found.notes[0]
    assert "no air here" in message.format(**fields)
    assert found.table(BURDEN, "burden").empty
