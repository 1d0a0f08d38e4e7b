"""The declaration of the exposure-response model and the order in which its parts are run."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health.response import counts, fits, literature
from gzeco_lib.environmental_health.response.exposure import Exposures
from gzeco_lib.environmental_health.response.exposure import daily as daily_exposures
from gzeco_lib.environmental_health.response.series import TEMPERATURE, Area, Plan
from gzeco_lib.errors import N_
from gzeco_lib.geo.districts import CITY
from gzeco_lib.parallel import workers
from gzeco_lib.scenario import Choice, Outcome, Provenance, Scenario, Toggle, Whole, scenario
from gzeco_lib.scenario.parameters import as_utc

if TYPE_CHECKING:
    from gzeco_lib.lake.lake import Lake
    from gzeco_lib.scenario.outcome import Note

READ = ("observation", "site", "health")
POLLUTANTS = ("PM2.5", "O3", "NO2")
EXPOSURES = (*POLLUTANTS, TEMPERATURE)
KEYS = ("exposure", "measure", "cause", "age", "district", "kind")
EFFECTS = (*KEYS, "per", "unit", "rr", "lo", "hi", "lag", "source", "n", "reference")
CURVE, LAGS = (*KEYS, "value", "rr", "lo", "hi"), (*KEYS, "per", "lag", "rr", "lo", "hi")
INPUTS = ("what", "value", "unit", "source", "certainty", "missing", "instead")
LEAST_DAYS, LEAST_CASES = (
    365,
    1000,
)  # a whole round of the seasons; ten cases a coefficient (about 60) and a margin
LOCAL = "Asia/Shanghai"
EXPOSED = {
    "PM2.5": N_("Days with daily PM2.5"), "O3": N_("Days with daily maximum 8-hour O3"),
    "NO2": N_("Days with daily NO2"),
    "temperature": N_("Days with daily temperature"), "relative_humidity": N_("Days with daily humidity"),
}  # fmt: skip


@scenario
class ExposureResponse(Scenario):
    """How the city's own daily counts answer to air pollution and temperature, beside the literature."""

    key = "environmental_health_response"
    title: ClassVar[str] = N_("Exposure and response")
    spreads: ClassVar[bool] = True

    exposure = Choice(
        default="all", objects=["all", *EXPOSURES], label=N_("Exposure"),
        doc=N_("Pollutant or temperature whose effect is estimated."),
    )  # fmt: skip
    measure = Choice(
        default="deaths", objects=["deaths", "admissions", "emergency", "outpatient"], label=N_("What is counted"),
        doc=N_("Kind of daily counts of the table health."),
    )  # fmt: skip
    cause = Choice(
        default="nonaccidental",
        objects=["nonaccidental", "all", "circulatory", "respiratory", "asthma", "copd", "stroke", "ihd"],
        label=N_("Cause"), doc=N_("Cause of the counts."),
    )  # fmt: skip
    age = Choice(
        default="all",
        objects=["all", "0-14", "15-64", "65+"],
        label=N_("Age group"),
        doc=N_("Age of the people counted."),
    )
    history = Whole(
        1826, bounds=(365, 7305), unit="d", label=N_("History of counts"),
        doc=N_("Days before the time of the run whose counts are used."),
    )  # fmt: skip
    lag = Whole(
        3, bounds=(0, 14), unit="d", label=N_("Last lag of a pollutant"),
        doc=N_("Days after the exposure over which its effect is summed."),
    )  # fmt: skip
    temperature_lag = Whole(
        14, bounds=(0, 28), unit="d", label=N_("Last lag of temperature"),
        doc=N_("Days after which the effect of heat and cold is over."),
    )  # fmt: skip
    df = Whole(
        7, bounds=(2, 12), unit="a-1", label=N_("Flexibility of season and trend"),
        doc=N_("Degrees of freedom a year of the spline of time."),
    )  # fmt: skip
    spline = Toggle(
        default=False, label=N_("Curved response of pollutants"),
        doc=N_("Let the curve of a pollutant bend (natural spline) instead of a straight line; local method only."),
    )  # fmt: skip
    method = Choice(
        default="both", objects=["local", "bayes", "both"], label=N_("Method"),
        doc=N_("local: each area for itself; bayes: districts shrink toward the city and it toward the literature."),
    )  # fmt: skip
    draws = Whole(
        1000, bounds=(50, 5000), unit="1", label=N_("Draws of each chain"),
        doc=N_("Draws of the Bayesian model that are kept in each of two chains."),
    )  # fmt: skip
    below = Whole(
        5, bounds=(2, 100), unit="1", label=N_("Suppression threshold"),
        doc=N_("Counts from 1 up to below this number were suppressed at ingest."),
    )  # fmt: skip

    def run(self, lake: Lake, at: pd.Timestamp) -> Outcome:
        """Tables ``effects``, ``curve``, ``lags`` and ``inputs`` as they could be known at ``at``.

        Raises:
            InputError: ``at`` has no zone.
        """
        started = time.perf_counter()
        end = as_utc(at).tz_convert(LOCAL).floor("D").tz_convert("UTC")
        start = end - pd.Timedelta(days=int(self.history))
        seen, notes = counts.daily(
            lake, str(self.measure), str(self.cause), str(self.age), start, end, int(self.below)
        )
        exposures = Exposures({})
        if not seen.counts.empty:
            exposures, more = daily_exposures(lake, start, end)
            notes += more
        areas = _areas(seen, exposures)
        chosen = EXPOSURES if self.exposure == "all" else (str(self.exposure),)
        published = literature.effects(str(self.measure), str(self.cause), chosen)
        made = self._published(published, exposures, chosen)
        enough = [area for area in areas if area.known >= LEAST_DAYS and area.cases >= LEAST_CASES]
        notes += _short(areas, enough, published)
        for name in chosen:
            made.add(self._estimated(name, areas, enough, published, notes))
        tables = {
            "effects": pd.DataFrame(made.effects, columns=list(EFFECTS)),
            "curve": _joined(made.curve, CURVE),
            "lags": _joined(made.lags, LAGS),
            "inputs": _inputs(seen, areas, exposures, published),
        }
        versions = {name: version for name, version in lake.versions().items() if name in READ}
        provenance = Provenance(
            versions=versions, window=(start.isoformat(), end.isoformat()),
            seconds=round(time.perf_counter() - started, 3), made=pd.Timestamp.now("UTC").isoformat(),
        )  # fmt: skip
        return Outcome(
            self.key, at.tz_convert("UTC"), self.values(), tables, notes=notes, provenance=provenance
        )

    @property
    def _keys(self) -> dict[str, str]:
        return {"measure": str(self.measure), "cause": str(self.cause), "age": str(self.age)}

    def _published(
        self, effects: list[literature.Effect], exposures: Exposures, chosen: tuple[str, ...]
    ) -> fits.Rows:
        """The literature's effects stand for all ages; they are shown for any age asked for, under their own."""
        keys = {**self._keys, "age": "all"}
        ranges = {
            code: (0.0, float(np.nanmax(frame[CITY].to_numpy())))
            for code, frame in exposures.values.items()
            if CITY in frame
        }
        made = fits.published(effects, keys, {code: ranges.get(code, (0.0, 100.0)) for code in POLLUTANTS})
        if TEMPERATURE in chosen and (self.measure, self.cause) == ("deaths", "nonaccidental"):
            made.add(fits.temperature_published(keys))
        return made

    def _estimated(
        self,
        name: str,
        areas: list[Area],
        enough: list[Area],
        published: list[literature.Effect],
        notes: list[Note],
    ) -> fits.Rows:
        """Local and Bayesian rows of one exposure."""
        made = fits.Rows()
        city = next((area for area in enough if area.name == CITY), None)
        if city is None:
            return made
        if np.isfinite(city.exposures[name]).sum() < LEAST_DAYS:
            note = N_("{exposure} is known on fewer than {days} days: its response was not estimated.")
            notes.append((note, {"exposure": name, "days": LEAST_DAYS}))
            return made
        plan = Plan(name, int(self.lag), int(self.temperature_lag), int(self.df), bool(self.spline))
        cross = fits.shared_basis(plan, city)
        with workers(self.cluster) as spread:
            found = spread(fits.local, enough, [plan] * len(enough), [cross] * len(enough))
        fitted = [one for one in found if one is not None]
        for area, one in zip(enough, found, strict=True):
            if one is None:
                note = N_(
                    "The response to {exposure} in {area} was not estimated: its days cannot carry the model."
                )
                notes.append((note, {"exposure": name, "area": area.name}))
        if self.method in ("local", "both"):
            for one in fitted:
                made.add(fits.rows(one, plan, self._keys, "local", city.exposures[name]))
        if self.method in ("bayes", "both"):
            made.add(self._bayes(plan, cross, enough, fitted, published, notes))
        return made

    def _bayes(
        self, plan: Plan, cross: Any, enough: list[Area], fitted: list[fits.Fitted],
        published: list[literature.Effect], notes: list[Note],
    ) -> fits.Rows:  # fmt: skip
        """Rows of the Bayesian model; districts where at least two have enough counts, else the city alone."""
        made = fits.Rows()
        if plan.exposure == TEMPERATURE or plan.spline:
            note = N_("The Bayesian model estimates straight lines only: {exposure} has the local curve.")
            notes.append((note, {"exposure": plan.exposure}))
            return made
        good = {one.area for one in fitted}
        parts = [area for area in enough if area.name in good and area.name != CITY]
        if len(parts) < 2:
            parts = [area for area in enough if area.name in good and area.name == CITY]
        if not parts:
            return made
        prior = next((e for e in published if e.exposure == plan.exposure and e.prior), None)
        if prior is None:
            notes.append(
                (
                    N_("The literature has no effect of {exposure} for these counts: no prior was used."),
                    {"exposure": plan.exposure},
                )
            )
        found, _ = fits.bayesian(parts, plan, cross, prior, int(self.draws), 0)
        city = next(area for area in enough if area.name == CITY)
        days = {area.name: area.known for area in enough}
        for name in [None, *(area.name for area in parts if area.name != CITY)]:
            coef, cov = found.of(name)
            one = fits.Fitted(name or CITY, cross, coef, cov, days[name or CITY], float("nan"))
            made.add(fits.rows(one, plan, self._keys, "bayes", city.exposures[plan.exposure]))
        told = {"exposure": plan.exposure, "rhat": f"{found.diagnostics.rhat:.3f}", "ess": round(found.diagnostics.ess),
                "divergences": found.diagnostics.divergences}  # fmt: skip
        good_note = N_(
            "Bayesian model of {exposure}: R-hat {rhat}, at least {ess} effective draws, {divergences} divergences."
        )
        bad_note = N_(
            "Bayesian model of {exposure}: R-hat {rhat}, {ess} effective draws, {divergences} divergences; the "
            "sampler did not settle well, use more draws."
        )
        notes.append((good_note if found.diagnostics.good else bad_note, told))
        return made


def _areas(seen: counts.Daily, exposures: Exposures) -> list[Area]:
    """The city and its districts with their days."""
    if seen.counts.empty:
        return []
    days = pd.DatetimeIndex(seen.counts.index)
    return [
        Area(
            str(code), days, seen.counts[code].to_numpy(dtype=float), seen.upper[code].to_numpy(dtype=int),
            {name: exposures.of(name, str(code), days) for name in (*EXPOSURES, "relative_humidity")},
        )
        for code in (CITY, *seen.districts)
    ]  # fmt: skip


def _short(areas: list[Area], enough: list[Area], published: list[literature.Effect]) -> list[Note]:
    """Says where counts are missing or too few, and what stands instead."""
    fields = {"days": LEAST_DAYS, "cases": LEAST_CASES}
    notes: list[Note] = []
    if not areas:
        notes.append(
            (N_("The lake holds no such daily health counts: only the literature's effects are given."), {})
        )
    elif not any(area.name == CITY for area in enough):
        city = next(area for area in areas if area.name == CITY)
        note = N_(
            "Counts of {found} days with {seen} cases are too few for a local response ({days} days and {cases} "
            "cases are needed): only the literature's effects are given."
        )
        notes.append((note, {"found": city.known, "seen": round(city.cases), **fields}))
    else:
        few = [area.name for area in areas if area not in enough]
        if few:
            note = N_(
                "Too few counts for a response of their own ({days} days and {cases} cases are needed): {areas}."
            )
            notes.append((note, {"areas": ", ".join(few), **fields}))
    if not published:
        notes.append((N_("The literature kept here has no effect of air pollution on these counts."), {}))
    return notes


def _joined(frames: list[pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    if not frames:
        return pd.DataFrame(columns=list(columns))
    return pd.concat(frames, ignore_index=True)[list(columns)]


def _inputs(
    seen: counts.Daily, areas: list[Area], exposures: Exposures, published: list[literature.Effect]
) -> pd.DataFrame:
    """One row an input: what, how much of it there is, where it comes from."""
    city = next((area for area in areas if area.name == CITY), None)
    rows: list[dict[str, Any]] = [{
        "what": N_("Days with health counts"), "value": float(city.known if city else 0), "unit": "d",
        "source": "generated" if seen.generated else "health", "certainty": "", "missing": city is None,
        "instead": N_("effects of the literature") if city is None else "",
    }]  # fmt: skip
    for code, what in EXPOSED.items() if city else ():
        known = int(np.isfinite(city.exposures[code]).sum()) if city else 0
        rows.append({
            "what": what, "value": float(known), "unit": "d", "source": "observation", "certainty": "",
            "missing": known == 0, "instead": "",
        })  # fmt: skip
    for effect in published:
        rows.append({
            "what": f"{effect.exposure} · {effect.measure} · {effect.cause}", "value": effect.rr,
            "unit": "per 10 ug m-3",
            "source": f"{effect.fact.document}; {effect.fact.source}", "certainty": effect.fact.certainty,
            "missing": False, "instead": "",
        })  # fmt: skip
    return pd.DataFrame(rows, columns=list(INPUTS))
