"""Hidden emission episodes: who emitted too much, when, how much, and what each station saw of it.

Every second week has one, its kind by turns: one source, two sources at once, one source while the wind turns,
one source in a calm night. The source is an enterprise near stations, the hour one at which its air reaches them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gzeco_lib.demo_city.air import Air, concentrations
from gzeco_lib.demo_city.enterprises import emission
from gzeco_lib.demo_city.noise import EPOCH, WEEK, generator, week_numbers
from gzeco_lib.demo_city.transport import arrived, plume
from gzeco_lib.demo_city.weather import Weather
from gzeco_lib.geo.coords import to_plane

Array = NDArray[np.float64]

KINDS = ("single", "double", "wind_shift", "calm")
WEEKS_BETWEEN = 2
REACH = 6000.0  # m, a source is chosen among enterprises with a station this near
LEAST_SEEN = 0.5  # ug m-3 (CO mg m-3 / 10): smaller impacts are not listed
MAX_RATE = 900.0  # kg h-1
NOX_PPB = 1 / 1.88  # ppb per ug m-3, NOx counted as NO2
# What is emitted with one kg of the main species, by what the enterprise burns or handles.
MIXES: dict[str, dict[str, float]] = {
    "SO2": {"SO2": 1.0, "NOx": 0.35, "PM2.5": 0.10, "PM10": 0.16},
    "NOx": {"NOx": 1.0, "SO2": 0.12, "PM2.5": 0.06, "PM10": 0.08, "CO": 1.2},
    "PM10": {"PM10": 1.0, "PM2.5": 0.38},
}


@dataclass(frozen=True)
class Release:
    """One source of an episode; ``rates`` [kg h-1] by species, from ``begin`` to ``end`` (indices of hours)."""

    episode: str
    kind: str
    enterprise: int
    main: str
    rates: dict[str, float]
    begin: int
    end: int


@dataclass(frozen=True, eq=False)
class Sources:
    """Enterprises as sources: positions (m, 2) [m], stack heights [m], and the main species of an upset."""

    xy: Array
    height: Array
    main: NDArray[np.str_]
    stations: Array

    @property
    def candidates(self) -> NDArray[np.intp]:
        """Sources with a main species and a station near."""
        distance = np.hypot(*np.moveaxis(self.xy[:, None, :] - self.stations[None, :, :], -1, 0))
        near = (distance < REACH).any(axis=1) & (distance > 700).all(axis=1)
        return np.flatnonzero(near & (self.main != ""))


def sources(enterprises: pd.DataFrame, stations: Array) -> Sources:
    """The enterprises as possible sources for ``stations`` (n, 2) [m]."""
    loads = np.stack([emission(enterprises, code) for code in MIXES])
    # SO2 and dust stand out more against the city's air than NOx does.
    main = np.array(list(MIXES))[np.argmax(loads * np.array([[1.5], [0.4], [1.0]]), axis=0)]
    return Sources(
        np.column_stack(to_plane(enterprises["lon"], enterprises["lat"])),
        enterprises["stack_height_m"].to_numpy(dtype=float),
        np.where(loads.max(axis=0) > 0, main, ""),
        stations,
    )


def releases(seed: int, weather: Weather, known: Sources) -> list[Release]:
    """All releases that begin in the whole weeks of ``weather``."""
    hours = weather.clock.hours
    found: list[Release] = []
    for week in week_numbers(hours[0], hours[-1] + pd.Timedelta(hours=1)):
        if week % WEEKS_BETWEEN:
            continue
        first = int((EPOCH + week * WEEK - hours[0]) / pd.Timedelta(hours=1))
        if first < 0 or first + 168 > len(hours):
            continue  # a week cut by the edge of the weather: outside what is kept
        found += _week(seed, week, weather, known, slice(first, first + 168))
    return found


def _week(seed: int, week: int, weather: Weather, known: Sources, span: slice) -> list[Release]:
    rng = generator(seed, "episode", week)
    kind = KINDS[week // WEEKS_BETWEEN % len(KINDS)]
    length = int(rng.integers(6, 13))
    picked = rng.choice(known.candidates, 2 if kind == "double" else 1, replace=False)
    unit = [_unit(weather, known, int(i), span) for i in picked]
    begin = _moment(rng, kind, unit, weather, span, length)
    wanted = rng.uniform(35.0, 90.0, len(picked))
    found = []
    for source, seen, target in zip(picked, unit, wanted, strict=True):
        main = str(known.main[source])
        peak = float(seen[begin : begin + length].max())
        rate = float(np.clip(target / max(peak, 1e-9), 5.0, MAX_RATE))
        rates = {species: float(f"{rate * share:.3g}") for species, share in MIXES[main].items()}
        name = f"episode-{week:04d}"
        found.append(
            Release(name, kind, int(source), main, rates, span.start + begin, span.start + begin + length)
        )
    return found


def _unit(weather: Weather, known: Sources, source: int, span: slice) -> Array:
    """Impact per kg h-1 of ``source`` on the stations over ``span`` (168, n) [ug m-3]."""
    u, v = weather.u[span], weather.v[span] + 0.7 * weather.breeze[span]
    stable = weather.sun[span] < 60
    return plume(known.xy[source], known.height[source], known.stations, u, v, weather.mixing[span], stable)


def seen(weather: Weather, known: Sources, release: Release) -> Array:
    """Impact per kg h-1 of ``release`` on the stations, hour by hour from its begin (T, n) [ug m-3].

    Only air that has had the time to come there counts: a steady plume has no begin.
    """
    span = slice(release.begin, release.end)
    speed = np.hypot(weather.u[span], weather.v[span] + 0.7 * weather.breeze[span])
    distance = np.hypot(*(known.stations - known.xy[release.enterprise]).T)
    return _unit(weather, known, release.enterprise, span) * arrived(distance, speed)


def _moment(
    rng: np.random.Generator, kind: str, unit: list[Array], weather: Weather, span: slice, length: int
) -> int:
    """The hour of the week to begin: seen by stations, and of the weather the kind asks for."""
    seen = np.minimum.reduce([_windowed(u.max(axis=1), length) for u in unit])
    speed = np.hypot(weather.u[span], weather.v[span])
    if kind == "calm":
        fit = _windowed(-speed, length) - 0.5 * _windowed((weather.sun[span] > 0).astype(float), length)
        return int(np.argmax(fit))
    if kind == "wind_shift":
        angle = np.unwrap(np.arctan2(weather.u[span], weather.v[span]))
        turned = np.abs(angle[length - 1 :] - angle[: len(angle) - length + 1])
        seen = seen * np.clip(turned, 0.2, 2.0)
    best = np.argsort(-seen, kind="stable")[:12]
    return int(rng.choice(best))


def _windowed(series: Array, length: int) -> Array:
    """Means of ``series`` over each window of ``length``."""
    total = np.concatenate([[0.0], np.cumsum(series)])
    return (total[length:] - total[:-length]) / length


def added_loads(found: list[Release], weather: Weather, known: Sources) -> dict[str, Array]:
    """What the releases add to the loads of the air (T, n) [NOx ppb; CO mg m-3; else ug m-3]."""
    added: dict[str, Array] = {}
    for release in found:
        span = slice(release.begin, release.end)
        unit = seen(weather, known, release)
        for species, rate in release.rates.items():
            factor = {"NOx": NOX_PPB, "CO": 1e-3}.get(species, 1.0)
            table = added.setdefault(species, np.zeros((len(weather.u), len(known.stations))))
            table[span] += rate * factor * unit
    return added


def impacts(
    found: list[Release], weather: Weather, known: Sources, mixture: Air, sites: list[str]
) -> pd.DataFrame:
    """What each station saw of each release: episode, enterprise index, time, site, variable, added.

    ``added`` [variable's unit] is the difference with and without this release alone.
    """
    hours = weather.clock.hours
    base = concentrations(mixture)
    parts = []
    for release in found:
        span = slice(release.begin, release.end)
        alone = Air(
            {k: v[span] for k, v in mixture.loads.items()}, mixture.oxidant[span], mixture.photolysis[span]
        )
        added = {k: v[span] for k, v in added_loads([release], weather, known).items()}
        with_it = concentrations(alone, added)
        for code, value in with_it.items():
            change = value - base[code][span]
            least = LEAST_SEEN / 10 if code == "CO" else LEAST_SEEN
            at, site = np.nonzero(np.abs(change) >= least)
            parts.append(
                pd.DataFrame(
                    {
                        "episode": release.episode,
                        "enterprise": release.enterprise,
                        "time": hours[span][at],
                        "site": pd.Series([sites[i] for i in site], dtype="str"),
                        "variable": code,
                        "added": np.round(change[at, site], 2),
                    }
                )
            )
    columns = ["episode", "enterprise", "time", "site", "variable", "added"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
