"""The declaration of the environmental-health model and the order in which its parts are run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health import (
    capture,
    feeds,
    fields,
    forecasts,
    friendliness,
    hazards,
    outlook,
    screened_leads,
    screening,
    tables,
    trace,
    upwind,
)
from gzeco_lib.environmental_health.districts import Presence
from gzeco_lib.environmental_health.hazards.control import control_list
from gzeco_lib.environmental_health.inputs import HOUR, Inputs, gather
from gzeco_lib.environmental_health.risk import FORMS
from gzeco_lib.environmental_health.trained import EFFORTS, SKILL, Recipe
from gzeco_lib.errors import N_
from gzeco_lib.geo.grid import city_grid
from gzeco_lib.scenario import Choice, Number, Outcome, Provenance, Scenario, Whole, scenario
from gzeco_lib.scenario.parameters import as_utc
from gzeco_lib.scenario.timing import Steps, response
from gzeco_lib.standards import aqhi

if TYPE_CHECKING:
    from gzeco_lib.environmental_health.feeds import People
    from gzeco_lib.environmental_health.fields import CityCells
    from gzeco_lib.environmental_health.outlook.weather import Weather
    from gzeco_lib.environmental_health.series import Series
    from gzeco_lib.geo.grid import Grid
    from gzeco_lib.lake.lake import Lake
    from gzeco_lib.scenario.outcome import Note


# tables of the lake the model reads
READ = ("observation", "site", "exposure", "presence", "enterprise", "place", "cell", "event", "health")
OPINION_DAYS = 30  # of complaints and opinion summed up


@scenario
class EnvironmentalHealth(Scenario):
    """Hourly AQI and excess health risk by station, kilometre cell and district, now and for the next 24 hours."""

    key = "environmental_health"
    title: ClassVar[str] = N_("Environmental health")

    horizon = Whole(
        24, bounds=(1, 24), unit="h", label=N_("Forecast horizon"),
        doc=N_("How many hours after the latest complete hour are forecast."),
    )  # fmt: skip
    resolution = Choice(
        default=1000, objects=[500, 1000, 2000], label=N_("Cell size of the map [m]"),
        doc=N_("Edge of a cell of the risk map."),
    )  # fmt: skip
    history = Whole(
        30, bounds=(30, 120), unit="d", label=N_("History read"),
        doc=N_("Days before the latest hour from which the spatial correlation and the data capture are computed."),
    )  # fmt: skip
    training = Whole(
        240, bounds=(30, 1100), unit="d", label=N_("History to train forecasts on"),
        doc=N_(
            "Days before the latest hour from which a forecast model is fitted; its skill is measured on the "
            "last week."
        ),
    )  # fmt: skip
    effort = Choice(
        default="full", objects=list(EFFORTS), label=N_("Forecast models in the league"),
        doc=N_(
            "quick: persistence, yesterday, climatology and a linear model; standard: boosted trees as well; "
            "full: Prophet as well."
        ),
    )  # fmt: skip
    model_age = Number(
        7.0, bounds=(0.0, 60.0), unit="d", label=N_("Age at which forecasts are retrained"),
        doc=N_("A stored forecast model older than this at the latest hour is fitted anew."),
    )  # fmt: skip
    risk_form = Choice(
        default="hong_kong", objects=list(FORMS), label=N_("Form of the excess risk"),
        doc=N_("Coefficients and pollutants of the Hong Kong or of the Canadian air quality health index."),
    )  # fmt: skip
    high_risk_aqhi = Whole(
        7, bounds=(2, 11), unit="1", label=N_("High-risk threshold (AQHI)"),
        doc=N_("A cell with this AQHI or more is at high risk; 11 stands for 10+."),
    )  # fmt: skip
    screening_radius = Number(
        3000.0, bounds=(200.0, 20000.0), unit="m", label=N_("Screening radius"),
        doc=N_("Enterprises within this distance of a high-risk cell are listed."),
    )  # fmt: skip
    lead_score = Number(
        60.0, bounds=(0.0, 100.0), unit="1", label=N_("Score from which a lead is raised"),
        doc=N_("Enterprises with this screening score or more become leads, at most 20 a run."),
    )  # fmt: skip

    alert_band = Choice(
        default="high", objects=["moderate", "high", "very_high", "serious"], label=N_("Band to be warned of"),
        doc=N_("An alert is given for this AQHI band or a worse one."),
    )  # fmt: skip
    alert_probability = Number(
        0.5, bounds=(0.01, 0.99), unit="1", label=N_("Probability from which an alert is given"),
        doc=N_("Of the band or a worse one, in any hour ahead."),
    )  # fmt: skip
    weight_air = Number(
        0.30, bounds=(0.0, 1.0), unit="1", label=N_("Weight of air"), doc=N_("In the friendliness index.")
    )
    weight_heat = Number(
        0.15, bounds=(0.0, 1.0), unit="1", label=N_("Weight of heat"), doc=N_("In the friendliness index.")
    )
    weight_noise = Number(
        0.15, bounds=(0.0, 1.0), unit="1", label=N_("Weight of noise"), doc=N_("In the friendliness index.")
    )
    weight_water = Number(
        0.10, bounds=(0.0, 1.0), unit="1", label=N_("Weight of water"), doc=N_("In the friendliness index.")
    )
    weight_green = Number(
        0.15, bounds=(0.0, 1.0), unit="1", label=N_("Weight of green space"), doc=N_("In the friendliness index."),
    )  # fmt: skip
    weight_access = Number(
        0.15, bounds=(0.0, 1.0), unit="1", label=N_("Weight of access"),
        doc=N_("To parks and hospitals, in the friendliness index."),
    )  # fmt: skip
    weight_certainty = Number(
        20.0, bounds=(1.0, 1000.0), unit="1", label=N_("Certainty of the weights"),
        doc=N_("The larger, the less the weights are taken to vary; 20 lets a weight of 0.3 vary by about 0.1."),
    )  # fmt: skip

    def run(self, lake: Lake, at: pd.Timestamp) -> Outcome:
        """The tables and fields named in docs/architecture.md, as they could be known at ``at``.

        Raises:
            InputError: where the lake has no station of the city or no data in the window, or ``at`` has no zone.
        """
        at = as_utc(at)
        steps = Steps()
        outcome = Outcome(self.key, at, self.values())
        with steps(N_("Data read")):
            inputs = gather(lake, at, int(self.history))
            grid = city_grid(int(self.resolution))
            status, said_of_feeds = feeds.status(lake, at)
            # what a missing feed leaves undone, the part that would have used it says
            absent = set(status.loc[status["status"] == "missing", "instead"])
            late = [note for note in said_of_feeds if note[0] not in absent]
        horizon = int(self.horizon)
        with steps(N_("Forecasts")):
            recipe = Recipe(str(self.effort), int(self.training), float(self.model_age))
            made = forecasts.predict(lake, inputs.data, horizon, recipe)
            forecasts.keep(lake, made, inputs.data, recipe)
            series = forecasts.join(inputs.data, made, horizon)
        with steps(N_("Risk map")):
            history = {code: inputs.data[code].to_numpy() for code in series.codes}
            cells = fields.city_cells(series, history, inputs.xy, grid, str(self.risk_form))
            outcome.fields["risk"] = fields.dataset(cells, series, grid)
        with steps(N_("People")):
            people, unknown_people = feeds.people(lake, series.times, grid, at)
        city = City(lake, at, inputs, series, cells, people, grid)
        outcome.notes += [*late, *inputs.notes, *made.notes, *unknown_people, *_thin(cells, series)]
        with steps(N_("Districts, groups and alerts")):
            weather = self._outlook(outcome, city)
        with steps(N_("Screening of sources")):
            self._screen(outcome, city)
        with steps(N_("Alarms")):
            outcome.tables["alarms"] = trace.alarms(inputs.data, inputs.sites)
        with steps(N_("Hazards, index and advice")):
            self._grade(outcome, city, weather)
        with steps(N_("Complaints and opinion")):
            outcome.tables["opinion"], outcome.tables["opinion_summary"], said = feeds.opinion(
                lake, at, OPINION_DAYS
            )
            outcome.notes += said
        outcome.tables |= {
            "feeds": status,
            "capture": capture.capture_table(inputs.data, capture.flagged_rows(lake, inputs.latest)),
            "skill": _skill(made.skill),
            "timing": steps.table(),
            "response": response(lake, inputs.latest + HOUR),
        }
        outcome.notes = _once(outcome.notes)
        outcome.provenance = Provenance(
            versions={name: version for name, version in lake.versions().items() if name in READ},
            window=_window(inputs),
            seconds=round(steps.seconds, 3),
            made=pd.Timestamp.now("UTC").isoformat(),
        )
        return outcome

    def weights(self) -> dict[str, float]:
        """Weights of the parts of the friendliness index, as they were set."""
        return {part: float(getattr(self, f"weight_{part}")) for part in friendliness.PARTS}

    def _outlook(self, outcome: Outcome, city: City) -> Weather | None:
        """Adds what holds for stations, districts, the city and groups, with the alerts; gives the weather used."""
        form, high = str(self.risk_form), int(self.high_risk_aqhi)
        errors, notes = outlook.cell_errors(city.inputs, city.series, city.cells, city.grid, form)
        outcome.tables |= {
            "station_hourly": tables.station_hourly(city.series, city.inputs.sites, form),
            "concentration": tables.concentration(city.series),
            "district_hourly": tables.district_hourly(
                city.series, city.cells, city.presence, city.grid, form, high, errors
            ),
            "city_hourly": tables.city_hourly(city.series, city.cells, city.presence, form, high, errors),
        }
        ahead = outlook.make(
            city.lake, city.at, city.series, city.cells, errors, city.people, city.grid, outcome.fields["risk"], form,
            str(self.alert_band), float(self.alert_probability),
        )  # fmt: skip
        outcome.tables |= ahead.tables
        outcome.notes += [*notes, *ahead.notes]
        return ahead.weather

    def _grade(self, outcome: Outcome, city: City, weather: Weather | None) -> None:
        """Adds the hazards on one map, the friendliness index and the advice."""
        form = str(self.risk_form)
        now = int(np.flatnonzero(city.series.leads == 0)[0])
        persons = city.people.everybody[now] if city.people.known else None
        graded = hazards.grade(
            city.lake, city.at, city.grid, outcome.fields["risk"], form=form, people=persons
        )
        friendly = friendliness.make(
            city.lake, city.grid, city.series, city.cells, city.people, weather, graded.dataset, form,
            self.weights(), float(self.weight_certainty),
        )  # fmt: skip
        warmth = friendliness.by_district(weather, city.series, city.grid)
        outcome.tables |= graded.tables | friendly.tables
        outcome.tables["advice"] = friendliness.advise(
            outcome.tables["city_hourly"], outcome.tables["district_hourly"], warmth, friendly.counts
        )
        outcome.fields |= {"hazards": graded.dataset, "friendliness": friendly.dataset}
        outcome.notes += [*graded.notes, *friendly.notes]

    def _screen(self, outcome: Outcome, city: City) -> None:
        """Adds the table ``risk_sources``, its notes and the leads."""
        series = city.series
        ahead = series.leads >= 0
        utc = series.utc[ahead]
        threshold = aqhi.threshold(int(self.high_risk_aqhi), utc[0], str(self.risk_form))
        xy = city.grid.points(inside=True)
        high = screening.high_cells(
            city.cells.excess_risk[ahead], xy, city.grid.cells[city.grid.mask], threshold
        )
        persons = city.presence.weight[ahead].max(axis=0) if city.people.known else None
        enterprises = city.lake.read("enterprise")
        wind, unknown_wind = upwind.expected(city.lake, city.at, int(self.horizon))
        start = pd.Timestamp(utc[0], tz="UTC")
        sources = screening.screen(
            enterprises, high, float(self.screening_radius), threshold, persons, xy,
            wind=wind, places=city.lake.read("place"), at=start,
        )  # fmt: skip
        outcome.tables |= {"risk_sources": sources, "control_list": control_list(sources, city.at)}
        outcome.notes += _screening_notes(enterprises, high.absolute, int(self.high_risk_aqhi))
        outcome.notes += [] if enterprises.empty else unknown_wind
        end = pd.Timestamp(utc[-1], tz="UTC") + HOUR
        outcome.leads = screened_leads.leads(
            sources, float(self.lead_score), start, end, city.people.known, high.absolute
        )


@dataclass(frozen=True)
class City:
    """What the parts of one run share."""

    lake: Lake
    at: pd.Timestamp
    inputs: Inputs
    series: Series
    cells: CityCells
    people: People
    grid: Grid

    @property
    def presence(self) -> Presence:
        """Everybody by hour and cell, or areas."""
        return Presence(self.people.everybody, self.people.known)


def _screening_notes(enterprises: pd.DataFrame, absolute: bool, threshold: int) -> list[Note]:
    if enterprises.empty:
        return [(N_("The lake holds no enterprises: there is no screening of risk sources."), {})]
    if not absolute:
        note = N_(
            "No cell reaches AQHI {threshold}: enterprises near the tenth of the city with the highest "
            "risk are screened."
        )
        return [(note, {"threshold": threshold})]
    return []


def _thin(cells: CityCells, series: Series) -> list[Note]:
    """Says where the map is a constant because too few stations reported now."""
    now = int(np.flatnonzero(series.leads == 0)[0])
    codes = [
        code for code in series.codes if cells.thin[code][now] and np.isfinite(cells.mean[code][now]).any()
    ]
    if not codes:
        return []
    note = N_("Fewer than four stations report {codes}: the map shows their mean with a wide error.")
    return [(note, {"codes": ", ".join(codes)})]


def _skill(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """The skill tables of all pollutants as one."""
    return pd.concat(parts, ignore_index=True)[list(SKILL)] if parts else pd.DataFrame(columns=list(SKILL))


def _once(notes: list[Note]) -> list[Note]:
    """The notes without repeats, in their order."""
    seen: dict[str, Note] = {}
    for note in notes:
        seen.setdefault(repr(note), note)
    return list(seen.values())


def _window(inputs: Inputs) -> tuple[str, str]:
    times: Any = inputs.data["time"].to_numpy()
    return (pd.Timestamp(times[0], tz="UTC").isoformat(), inputs.latest.isoformat())
