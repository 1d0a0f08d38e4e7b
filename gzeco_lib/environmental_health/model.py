"""The declaration of the environmental-health model and the order in which its parts are run."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health import capture, fields, forecasts, screened_leads, screening, tables
from gzeco_lib.environmental_health.districts import presence
from gzeco_lib.environmental_health.inputs import HOUR, Inputs, gather
from gzeco_lib.environmental_health.risk import FORMS
from gzeco_lib.environmental_health.trained import EFFORTS, SKILL, Recipe
from gzeco_lib.errors import N_, InputError
from gzeco_lib.geo.grid import city_grid
from gzeco_lib.scenario import Choice, Number, Outcome, Provenance, Scenario, Whole, scenario
from gzeco_lib.standards import aqhi

if TYPE_CHECKING:
    from gzeco_lib.environmental_health.districts import Presence
    from gzeco_lib.environmental_health.fields import CityCells
    from gzeco_lib.environmental_health.series import Series
    from gzeco_lib.geo.grid import Grid
    from gzeco_lib.lake.lake import Lake
    from gzeco_lib.scenario.outcome import Note


READ = ("observation", "site", "exposure", "enterprise")  # tables of the lake the model reads


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

    def run(self, lake: Lake, at: pd.Timestamp) -> Outcome:
        """Tables ``station_hourly``, ``concentration``, ``district_hourly``, ``city_hourly``, ``risk_sources``,
        ``capture`` and ``skill``, and the field ``risk``, as they could be known at ``at``.

        Raises:
            InputError: where the lake has no station of the city or no data in the window, or ``at`` has no zone.
        """
        started = time.perf_counter()
        if at.tzinfo is None:
            raise InputError(
                N_("the time {at} has no time zone"),
                "--at",
                N_("write it as 2024-12-15T08:00+08:00"),
                at=str(at),
            )
        at = at.tz_convert("UTC")
        inputs = gather(lake, at, int(self.history))
        grid = city_grid(int(self.resolution))
        horizon = int(self.horizon)
        recipe = Recipe(str(self.effort), int(self.training), float(self.model_age))
        made = forecasts.predict(lake, inputs.data, horizon, recipe)
        forecasts.keep(lake, made, inputs.data, recipe)
        series = forecasts.join(inputs.data, made, horizon)
        history = {code: inputs.data[code].to_numpy() for code in series.codes}
        cells = fields.city_cells(series, history, inputs.xy, grid, str(self.risk_form))
        people, notes = presence(lake, grid, series.times)
        outcome = Outcome(
            scenario=self.key,
            at=at,
            parameters=self.values(),
            tables=self._tables(series, cells, people, grid, inputs),
            fields={"risk": fields.dataset(cells, series, grid)},
            notes=[*inputs.notes, *made.notes, *notes, *_thin(cells, series)],
        )
        outcome.tables["capture"] = capture.capture_table(
            inputs.data, capture.flagged_rows(lake, inputs.latest)
        )
        outcome.tables["skill"] = (
            pd.concat(made.skill, ignore_index=True)[list(SKILL)]
            if made.skill
            else pd.DataFrame(columns=list(SKILL))
        )
        self._screen(outcome, lake, cells, series, people, grid)
        outcome.provenance = Provenance(
            versions={name: version for name, version in lake.versions().items() if name in READ},
            window=_window(inputs),
            seconds=round(time.perf_counter() - started, 3),
            made=pd.Timestamp.now("UTC").isoformat(),
        )
        return outcome

    def _tables(
        self, series: Series, cells: CityCells, people: Presence, grid: Grid, inputs: Inputs
    ) -> dict[str, pd.DataFrame]:
        form, high = str(self.risk_form), int(self.high_risk_aqhi)
        return {
            "station_hourly": tables.station_hourly(series, inputs.sites, form),
            "concentration": tables.concentration(series),
            "district_hourly": tables.district_hourly(series, cells, people, grid, form, high),
            "city_hourly": tables.city_hourly(series, cells, people, form, high),
        }

    def _screen(
        self, outcome: Outcome, lake: Lake, cells: CityCells, series: Series, people: Presence, grid: Grid
    ) -> None:
        """Adds the table ``risk_sources``, its notes and the leads to ``outcome``."""
        ahead = series.leads >= 0
        utc = series.utc[ahead]
        threshold = aqhi.threshold(int(self.high_risk_aqhi), utc[0], str(self.risk_form))
        xy = grid.points(inside=True)
        high = screening.high_cells(cells.excess_risk[ahead], xy, grid.cells[grid.mask], threshold)
        persons = people.weight[ahead].max(axis=0) if people.known else None
        enterprises = lake.read("enterprise")
        sources = screening.screen(enterprises, high, float(self.screening_radius), threshold, persons, xy)
        outcome.tables["risk_sources"] = sources
        outcome.notes += _screening_notes(enterprises, high.absolute, int(self.high_risk_aqhi))
        start = pd.Timestamp(utc[0], tz="UTC")
        end = pd.Timestamp(utc[-1], tz="UTC") + HOUR
        outcome.leads = screened_leads.leads(
            sources, float(self.lead_score), start, end, people.known, high.absolute
        )


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


def _window(inputs: Inputs) -> tuple[str, str]:
    times: Any = inputs.data["time"].to_numpy()
    return (pd.Timestamp(times[0], tz="UTC").isoformat(), inputs.latest.isoformat())
