"""Attributable deaths by district, cause and age with 95 % intervals, by drawing what is not known.

``deaths = population * rate * (1 - exp(-theta shape(C)))``, summed over ages. What is drawn, and what it shares:

* the coefficient of a function, ``theta ~ N(theta, se)``: one draw for all districts and all ages of a function, as the
  ages of GEMM come of one fit; functions are independent of each other;
* the threshold of a GBD function: one for all districts;
* the concentration: a common error of all districts (season, instruments) and an own one of each; the same draw for
  every function of a pollutant;
* the death rates: one relative error a cause, where given.

Draws come in chunks, each with a seed of its own made of the run's seed and the chunk's number, so that results do not
depend on where chunks are computed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gzeco_lib.errors import N_, InputError
from gzeco_lib.parallel import workers
from gzeco_lib.standards.crf import ALL_AGES, Response

Floats = NDArray[np.float64]
CHUNK = 250
QUANTILES = (0.025, 0.975)


@dataclass(frozen=True, eq=False)
class People:
    """Who lives where, and how many of them die in a year.

    Attributes:
        ages: lower ends of the age groups, or [-1] for all ages.
        population: persons (district, age).
        rates: deaths per 100,000 persons a year by cause, (age,) or (district, age); causes without are left out.
        rate_sd: relative standard error of the rates by cause; 0 where left out.
    """

    ages: NDArray[np.int64]
    population: Floats
    rates: dict[str, Floats] = field(default_factory=dict)
    rate_sd: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Air:
    """Long-term concentrations of one pollutant [ug m-3] in the districts, with their own and their common error."""

    mean: Floats
    sd: Floats
    common_sd: float = 0.0


@dataclass(frozen=True, eq=False)
class Estimate:
    """What one function says.

    Arrays have the districts and then the city on the last axis. ``deaths`` are NaN without death rates.

    Attributes:
        share, deaths: (3, district + 1): central value, 2.5 % and 97.5 % quantile.
        city_by_age: deaths in the city by age (3, age).
        avoided: by target, deaths a year less at the target (3, district + 1).
        weighted: True where the share is weighted with deaths, False where with persons.
    """

    response: Response
    share: Floats
    deaths: Floats
    city_by_age: Floats
    avoided: dict[str, Floats]
    weighted: bool


@dataclass(frozen=True, eq=False)
class _Task:
    """All a chunk needs; picklable."""

    responses: tuple[Response, ...]
    people: People
    air: dict[tuple[str, str], Air]
    targets: dict[tuple[str, str], dict[str, float]]
    seed: int


def burden(
    responses: list[Response],
    people: People,
    air: dict[tuple[str, str], Air],
    targets: dict[tuple[str, str], dict[str, float]] | None = None,
    draws: int = 2000,
    seed: int = 1,
    cluster: str | None = None,
) -> list[Estimate]:
    """Attributable share and deaths of each function of which the concentrations are known.

    Args:
        responses: the functions.
        people: districts x ages.
        air: concentrations by (pollutant, metric); functions without are left out.
        targets: by (pollutant, metric), name and value [ug m-3] of what could be reached.
        draws: Monte Carlo draws, at least 200.
        seed: of the whole run.
        cluster: see :func:`gzeco_lib.parallel.workers`; the numbers are the same everywhere.

    Raises:
        InputError: for too few draws or arrays that do not go together.
    """
    _check(people, air, draws)
    known = tuple(r for r in responses if (r.pollutant, r.metric) in air)
    task = _Task(known, people, air, targets or {}, seed)
    chunks = [(k, min(CHUNK, draws - k * CHUNK)) for k in range(-(-draws // CHUNK))]
    with workers(cluster) as run:
        parts = run(_chunk, [task] * len(chunks), [k for k, _ in chunks], [n for _, n in chunks])
    return [_estimate(task, r, [part[i] for part in parts]) for i, r in enumerate(known)]


def _check(people: People, air: dict[tuple[str, str], Air], draws: int) -> None:
    if draws < 200:
        raise InputError(
            N_("{draws} draws are too few for a 95 % interval"), "draws", N_("use 200 or more"), draws=draws
        )
    districts, ages = people.population.shape
    if len(people.ages) != ages or any(len(of.mean) != districts for of in air.values()):
        raise InputError(
            N_("population {shape}, {ages} ages and the districts' concentrations do not go together"),
            "burden",
            N_("give one value for each district, and one for each age group"),
            shape=people.population.shape,
            ages=len(people.ages),
        )


def _expected(people: People, response: Response) -> tuple[Floats, bool]:
    """Deaths of the cause (district, age) in the ages the function is for; persons where there are no rates."""
    old = (people.ages >= response.min_age) | (people.ages == ALL_AGES)
    if response.cause not in people.rates:
        return people.population * old, False
    return people.population * people.rates[response.cause] / 1e5 * old, True


def _fractions(response: Response, ages: NDArray[np.int64], c: Floats, z: Floats, place: Floats) -> Floats:
    """Attributable fractions (draw, district, age) at ``c`` (draw, district)."""
    theta, se = response.theta_of(ages)
    drawn = theta + z[:, None] * se
    return np.asarray(-np.expm1(-drawn[:, None, :] * response.shape(c, place[:, None])[:, :, None]))


def _sums(fraction: Floats, expected: Floats, factor: Floats) -> tuple[Floats, Floats]:
    """Deaths (draw, district + 1), with the city last, and the city's by age (draw, age)."""
    deaths = fraction * expected * factor[:, None, None]
    by_district = deaths.sum(axis=2)
    return np.column_stack([by_district, by_district.sum(axis=1)]), deaths.sum(axis=1)


def _chunk(task: _Task, number: int, n: int) -> list[dict[str, Floats]]:
    """Drawn deaths of one chunk, a mapping a function: ``deaths``, ``by_age`` and each target's avoided."""
    air_rng = np.random.default_rng([task.seed, number, 0])
    concentrations = {}
    for key in sorted(task.air):
        of = task.air[key]
        common, own = air_rng.standard_normal((n, 1)), air_rng.standard_normal((n, len(of.mean)))
        concentrations[key] = np.maximum(0.0, of.mean + common * of.common_sd + own * of.sd)
    causes = sorted({r.cause for r in task.responses})
    rates = dict(zip(causes, air_rng.standard_normal((len(causes), n)), strict=True))
    made = []
    for place, response in enumerate(task.responses):
        rng = np.random.default_rng([task.seed, number, place + 1])
        z, where = rng.standard_normal(n), rng.random(n)
        factor = np.exp(task.people.rate_sd.get(response.cause, 0.0) * rates[response.cause])
        made.append(_drawn(task, response, concentrations, (z, where, factor)))
    return made


def _drawn(
    task: _Task, response: Response, air: dict[tuple[str, str], Floats], random: tuple[Floats, Floats, Floats]
) -> dict[str, Floats]:
    z, where, factor = random
    key = (response.pollutant, response.metric)
    expected, _ = _expected(task.people, response)
    c = air[key]
    deaths, by_age = _sums(_fractions(response, task.people.ages, c, z, where), expected, factor)
    found = {"deaths": deaths, "by_age": by_age, "factor": factor}
    for name, target in task.targets.get(key, {}).items():
        then = _fractions(response, task.people.ages, np.minimum(c, target), z, where)
        now_less = _fractions(response, task.people.ages, c, z, where)
        # Deaths that no longer occur: what remains of the hazard is HR(target) / HR(now).
        less = 1.0 - (1.0 - now_less) / (1.0 - then)
        found[f"avoided {name}"] = _sums(less, expected, factor)[0]
    return found


def _estimate(task: _Task, response: Response, parts: list[dict[str, Floats]]) -> Estimate:
    """Central values beside the quantiles of all chunks."""
    key = (response.pollutant, response.metric)
    c = {key: task.air[key].mean[None, :]}
    centre = _drawn(task, response, c, (np.zeros(1), np.full(1, 0.5), np.ones(1)))
    expected, weighted = _expected(task.people, response)
    total = np.append(expected.sum(axis=1), expected.sum())

    def told(name: str) -> Floats:
        drawn = np.concatenate([part[name] for part in parts])
        return np.vstack([centre[name][0], np.quantile(drawn, QUANTILES, axis=0)])

    factor = np.concatenate([part["factor"] for part in parts])
    shares = np.concatenate([part["deaths"] for part in parts]) / factor[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.vstack([centre["deaths"][0], np.quantile(shares, QUANTILES, axis=0)]) / total
    blank = np.nan if not weighted else 1.0
    names = task.targets.get(key, {})
    return Estimate(
        response, share, told("deaths") * blank, told("by_age") * blank,
        {name: told(f"avoided {name}") * blank for name in names}, weighted,
    )  # fmt: skip
