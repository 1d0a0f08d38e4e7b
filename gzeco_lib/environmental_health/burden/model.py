"""The declaration of the long-term burden and the order in which its parts are run."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health.burden import annual_air, inhabitants, tables
from gzeco_lib.environmental_health.burden.annual_air import METRICS, AnnualAir
from gzeco_lib.environmental_health.burden.inhabitants import row
from gzeco_lib.environmental_health.burden.monte_carlo import Estimate, burden
from gzeco_lib.environmental_health.inputs import air_sites
from gzeco_lib.errors import N_, InputError
from gzeco_lib.geo.grid import city_grid
from gzeco_lib.scenario import Choice, Number, Outcome, Provenance, Scenario, Whole, scenario
from gzeco_lib.scenario.parameters import as_utc
from gzeco_lib.standards.crf import ALL_AGES, GEMM_CAUSES, Response, gemm, response, response_names

if TYPE_CHECKING:
    from gzeco_lib.lake.lake import Lake

READ = ("observation", "site", "exposure", "demography")  # tables of the lake the model reads
INPUTS = ("what", "value", "unit", "source", "certainty", "missing", "instead")
YEAR = 365


@scenario
class EnvironmentalHealthBurden(Scenario):
    """Deaths a year that go with long-term air, by district, cause and age, and what targets would avoid."""

    key = "environmental_health_burden"
    title: ClassVar[str] = N_("Burden of disease of long-term air")
    spreads = True

    functions = Choice(
        default="all", objects=["all", "gemm"], label=N_("Concentration-response functions"),
        doc=N_("gemm: those of GEMM for PM2.5; all: ozone, nitrogen dioxide and WHO's log-linear ones as well."),
    )  # fmt: skip
    target_pm25 = Number(
        0.0, bounds=(0.0, 200.0), unit="ug m-3", label=N_("Own target of PM2.5"),
        doc=N_("Annual mean whose avoided deaths are computed beside those of the norms; 0 for none."),
    )  # fmt: skip
    rate_error = Number(
        0.0, bounds=(0.0, 50.0), unit="%", label=N_("Error of the death rates"),
        doc=N_("Relative standard error of the death rates of each cause, drawn with the rest."),
    )  # fmt: skip
    draws = Whole(
        2000, bounds=(200, 100000), unit="1", label=N_("Monte Carlo draws"),
        doc=N_("How often coefficients and concentrations are drawn for the 95 % interval."),
    )  # fmt: skip
    seed = Whole(
        1, bounds=(0, 2**31 - 1), unit="1", label=N_("Seed of the draws"),
        doc=N_("The same seed gives the same numbers, here and on a cluster."),
    )  # fmt: skip

    def run(self, lake: Lake, at: pd.Timestamp) -> Outcome:
        """Tables ``burden``, ``avoided`` and ``inputs`` as they could be known at ``at``.

        Raises:
            InputError: where ``at`` has no zone.
        """
        started = time.perf_counter()
        at = as_utc(at)
        grid = city_grid(1000)
        people = inhabitants.gather(lake, at, grid)
        air = _air(lake, at, grid.points(inside=True), people.weight)
        goals = tables.targets(at, float(self.target_pm25))
        people.people.rate_sd.update(dict.fromkeys(people.people.rates, float(self.rate_error) / 100))
        estimates = burden(
            self._responses(bool(people.people.ages[0] != ALL_AGES)), people.people, air.air, goals,
            int(self.draws), int(self.seed), self.cluster,
        )  # fmt: skip
        notes = [*air.notes, *people.notes, *_outside(estimates, air)]
        if estimates:
            notes.append((ADDING, {}))
        return Outcome(
            scenario=self.key,
            at=at,
            parameters=self.values(),
            tables={
                "burden": tables.burden_table(estimates, air, people),
                "avoided": tables.avoided_table(estimates, goals),
                "inputs": pd.DataFrame(
                    [*_air_inputs(air), *people.inputs, *_function_inputs(estimates)], columns=list(INPUTS)
                ).astype({"value": str}),
            },
            notes=notes,
            provenance=Provenance(
                versions={name: version for name, version in lake.versions().items() if name in READ},
                window=((at - pd.Timedelta(days=YEAR)).isoformat(), at.isoformat()),
                seconds=round(time.perf_counter() - started, 3),
                made=pd.Timestamp.now("UTC").isoformat(),
            ),
        )

    def _responses(self, by_age: bool) -> list[Response]:
        made = [gemm(cause, by_age) for cause in GEMM_CAUSES]
        if self.functions == "gemm":
            return made
        return made + [response(name) for name in response_names() if not name.startswith("GEMM ")]


ADDING = N_(
    "Deaths of single causes under GEMM may be added to each other; NCD+LRI and all causes hold them already. Deaths "
    "of different functions or pollutants must not be added: they count the same deaths."
)


def _air(lake: Lake, at: pd.Timestamp, cells: np.ndarray, weight: np.ndarray) -> AnnualAir:
    """Long-term concentrations of the year before ``at``; nothing but notes where the lake has no stations."""
    try:
        sites = air_sites(lake)
    except InputError:
        note = N_("The lake holds no air station of the city: no burden is computed.")
        return AnnualAir({}, {}, notes=[(note, {})])
    end = at.tz_convert("Asia/Shanghai").normalize().tz_convert("UTC")  # whole local days
    codes = [pollutant for pollutant, _ in METRICS]
    data = lake.observations(codes, end - pd.Timedelta(days=YEAR), end, sites=list(sites["site"]))
    return annual_air.annual(data, sites, cells, weight, YEAR)


def _outside(estimates: list[Estimate], air: AnnualAir) -> list[tuple[str, dict[str, object]]]:
    """Says where concentrations lie above those a function was found for."""
    names = [
        e.response.name
        for e in estimates
        if e.response.outside(air.air[e.response.pollutant, e.response.metric].mean).any()
    ]
    if not names:
        return []
    note = N_("Concentrations lie above the range these functions were found for: {names}.")
    return [(note, {"names": ", ".join(names)})]


def _air_inputs(air: AnnualAir) -> list[dict[str, object]]:
    rows = []
    for key in METRICS:
        what = (
            N_("annual mean") if key[1] == "annual" else N_("mean of the peak season, daily maximum 8-h mean")
        )
        if key in air.air:
            value = f"{key[0]} {float(np.mean(air.air[key].mean)):.1f}"
            rows.append(row(what, value, "ug m-3", "observation"))
        else:
            gone = N_("its burden is not computed")
            rows.append(row(what, key[0], "ug m-3", "observation", "", True, gone))
    return rows


def _function_inputs(estimates: list[Estimate]) -> list[dict[str, object]]:
    what = N_("concentration-response function")
    used = [e.response for e in estimates]
    return [row(what, r.name, "1", f"{r.fact.document}; {r.fact.source}", r.fact.certainty) for r in used]
