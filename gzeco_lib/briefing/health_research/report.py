"""What the notebook of the briefing calls: run the model, then one call a section."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from gzeco_lib.briefing.elements import Element, Facts, Section
from gzeco_lib.briefing.health_research import (
    advice,
    ahead,
    alarms,
    burden,
    compare,
    evidence,
    feeds,
    hazards,
    index,
    listing,
    short,
    situation,
    summary,
)  # fmt: skip
from gzeco_lib.briefing.health_research.companions import BURDEN, RESPONSE, TRACE, Companions, companions
from gzeco_lib.briefing.health_research.declaration import HealthResearch
from gzeco_lib.briefing.health_research.page import Page
from gzeco_lib.scenario import Outcome, execute, registered
from gzeco_lib.views.words import words

if TYPE_CHECKING:
    from gzeco_lib.lake.lake import Lake


class Report:
    """The briefing of one outcome; each method gives the elements of one section, empty where it is left out."""

    def __init__(
        self,
        outcome: Outcome,
        brief: HealthResearch,
        generated: bool = False,
        others: Companions | None = None,
        previous: Outcome | None = None,
    ) -> None:
        lang = str(brief.language)
        others = others or Companions({})
        self.page = Page(outcome, brief, words(lang), lang, generated, others, previous)

    @classmethod
    def run(cls, lake: str, at: str, brief: Mapping[str, Any], model: Mapping[str, Any]) -> Report:
        """Run the scenario on ``lake`` as known at ``at`` and store its outcome; parameters are checked again."""
        from gzeco_lib.lake.lake import Lake

        store = Lake.open(lake)
        declared = registered(HealthResearch.scenario)
        outcome = execute(declared.of(model), store, pd.Timestamp(at))
        sites = store.read("site", columns=["site", "generated"])
        shown = sites[sites["site"].isin(outcome.table("station_hourly")["site"])]
        declared_brief = HealthResearch(**HealthResearch.checked(brief))
        others = companions(store, outcome, _wanted(declared_brief, outcome))
        before = compare.last(store, outcome.at)
        report = cls(outcome, declared_brief, bool(shown["generated"].any()), others, before)
        report.page.people_generated = _people_generated(store)
        return report

    def first_page(self) -> Section:
        """Title, answer, headline figures and contents; in the short form both pages."""
        from gzeco_lib.environmental_health.answer import answer

        message, fields = answer(self.page.outcome, self.page.lang)
        sentence = self.page.words(message).format(**fields)
        return short.pages(self.page, sentence) if self._short else summary.first_page(self.page, sentence)

    def situation(self) -> Section:
        """Key figures."""
        return self._long(situation.situation)

    def changes(self) -> Section:
        """What changed since the last briefing."""
        return self._shown("show_changes", lambda page: compare.section(page, page.words))

    def maps(self) -> Section:
        """Where the risk is."""
        return self._shown("show_maps", situation.maps)

    def outlook(self) -> Section:
        """The hours ahead: the city, districts, groups, alerts."""
        return self._long(lambda page: Section([*situation.outlook(page), *ahead.elements(page)]))

    def alarms(self) -> Section:
        """Alarms at stations and their traces."""
        return self._shown("show_traces", alarms.section)

    def hazards(self) -> Section:
        """Graded hazards on one map."""
        return self._shown("show_hazards", hazards.section)

    def burden(self) -> Section:
        """Burden of long-term air, and how health answers."""
        return self._shown(
            "show_burden", lambda page: Section([*burden.section(page), *burden.response(page)])
        )

    def index(self) -> Section:
        """Friendliness index."""
        return self._shown("show_index", index.section)

    def advice(self) -> Section:
        """Advice by audience, and what people complained of."""
        return self._shown(
            "show_advice", lambda page: Section([*advice.section(page), *advice.opinion(page)])
        )

    def stations(self) -> Section:
        """Table of stations."""
        return self._shown("show_stations", listing.stations)

    def districts(self) -> Section:
        """Table of districts."""
        return self._shown("show_districts", listing.districts)

    def sources(self) -> Section:
        """Screening list of enterprises."""
        return self._shown("show_sources", listing.sources)

    def method(self) -> Section:
        """How it was made and what it does not mean."""
        return self._long(
            lambda page: Section([*evidence.method(page), *evidence.grades(page), *evidence.limits(page)])
        )

    def capture(self) -> Section:
        """Data capture and quality."""
        return self._shown("show_capture", evidence.capture)

    def feeds(self) -> Section:
        """Feeds, what stood in, response time, and the notes the first page had no room for."""
        return self._long(lambda page: Section([*feeds.section(page), *summary.more_notes(page)]))

    def skill(self) -> Section:
        """Forecast skill."""
        return self._shown("show_skill", evidence.skill)

    def provenance(self) -> Section:
        """Where it came from, for the reader and for the manifest."""
        return Section([*self._long(evidence.provenance), self._facts()])

    @property
    def _short(self) -> bool:
        return bool(self.page.brief.form == "short")

    def _long(self, section: Callable[[Page], Section]) -> Section:
        """The section where the form is long; the short form says it on its two pages."""
        return Section() if self._short else section(self.page)

    def _shown(self, toggle: str, section: Callable[[Page], Section]) -> Section:
        return self._long(section) if getattr(self.page.brief, toggle) else Section()

    def _facts(self) -> Element:
        outcome = self.page.outcome
        return Facts(
            {
                "outcome": outcome.id,
                "provenance": dataclasses.asdict(outcome.provenance),
                "figures": compare.figures(self.page).to_dict("records"),
            }
        )


def _people_generated(lake: Lake) -> bool:
    """Whether the people by cell and hour are generated ones."""
    made = lake.query("SELECT coalesce(bool_or(generated), false) AS made FROM exposure")
    return bool(made["made"].iloc[0])


def _wanted(brief: HealthResearch, outcome: Outcome) -> dict[str, dict[str, Any]]:
    """The other models this briefing shows: traces only where there is an alarm."""
    alarms = outcome.tables.get("alarms")
    wanted: dict[str, dict[str, Any]] = {}
    if brief.show_traces and alarms is not None and len(alarms):
        wanted[TRACE] = {}
    if brief.show_burden:
        # the Bayesian version takes minutes: it runs on the schedule
        wanted |= {BURDEN: {}, RESPONSE: {"method": "local"}}
    return wanted
