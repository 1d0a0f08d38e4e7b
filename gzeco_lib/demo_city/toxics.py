"""Air toxics at some of the air stations: hourly gases, metals in particles every third day.

Benzene and butadiene come with traffic and with works that emit VOC, formaldehyde also with the sun's chemistry,
metals with the particles and with metal works.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gzeco_lib.demo_city.columns import observations
from gzeco_lib.demo_city.enterprises import emission
from gzeco_lib.demo_city.lapses import Lapse, lapses, spoil
from gzeco_lib.demo_city.lapses import table as lapse_table
from gzeco_lib.demo_city.monitors import TOXICS
from gzeco_lib.demo_city.noise import EPOCH, leaky, smooth, white
from gzeco_lib.demo_city.places import plane
from gzeco_lib.demo_city.problems import Problem, during, passing
from gzeco_lib.demo_city.stations import planted
from gzeco_lib.demo_city.transport import by_wind, plume, sector_exposure
from gzeco_lib.demo_city.weather import wind_at
from gzeco_lib.demo_city.world import World
from gzeco_lib.geo.coords import to_plane

Array = NDArray[np.float64]

SITES = [p.site for p in TOXICS]
GASES = {"benzene": 1, "formaldehyde": 1, "butadiene_1_3": 2}  # decimals
# Metals [ug m-3] at 25 ug m-3 of PM2.5, decimals.
METALS = {"As_air": (0.0032, 4), "Cd_air": (0.0007, 4), "Ni_air": (0.0036, 4), "CrVI_air": (0.00009, 5)}
EVERY = 3  # days between samples of metals
WEEKS = 6  # between leaks
LEAK_HEIGHT = 8.0  # m
METAL_WORKS = ("金属表面处理及热处理加工", "电子电路制造")
CHROMIUM = 80.0  # factor on CrVI beside metal works that never clean their air: a few ng m-3


def problems(made: World) -> list[Problem]:
    """Leaks at the works with VOC nearest to a monitor, by turns; one metal works with chromium all the time."""
    stations, works = plane(TOXICS), made.enterprises
    xy = np.column_stack(to_plane(works["lon"], works["lat"]))
    apart = np.hypot(*np.moveaxis(xy[:, None, :] - stations[None, :, :], -1, 0))  # (works, station)
    organic = np.flatnonzero(emission(works, "VOC") > 0)
    metal = np.flatnonzero(works["industry"].isin(METAL_WORKS).to_numpy())
    # The works nearest to each station; stations with works within 6 km come by turns.
    nearest = organic[apart[organic].argmin(axis=0)]
    near = [k for k in range(len(SITES)) if 300.0 < apart[nearest[k], k] < 6000.0]

    def one(rng: np.random.Generator, turn: int, week: pd.Timestamp) -> Problem:
        at = near[turn % len(near)]
        start = week + pd.Timedelta(hours=int(rng.integers(0, 168)))
        end = start + pd.Timedelta(days=int(rng.integers(8, 20)))
        size = round(float(rng.uniform(6.0, 15.0)), 1)  # kg h-1
        subject = str(works["enterprise"].iloc[nearest[at]])
        return Problem(
            "toxics",
            f"toxics-{turn:04d}",
            SITES[at],
            "benzene,butadiene_1_3",
            start,
            end,
            subject,
            "leak",
            size,
        )

    i, k = np.unravel_index(apart[metal].argmin(), apart[metal].shape)
    always = Problem(
        "toxics", "toxics-chronic", SITES[int(k)], "CrVI_air", made.start, made.stop,
        str(works["enterprise"].iloc[metal[i]]), "chromium from metal finishing", CHROMIUM,
    )  # fmt: skip
    found = passing(made.seed, "toxics", WEEKS, made.start, made.stop, one) if near else []
    return [*found, always]


def gases(made: World) -> dict[str, Array]:
    """True concentrations (T, station) [ug m-3] of all hours of the clock, leaks included."""
    hours, n = made.clock.hours, len(SITES)
    columns = [made.air.index(site) for site in SITES]
    traffic = np.clip(made.actual["CO"][:, columns] - 0.35, 0.02, None)  # mg m-3 above the region's
    organic = _organic(made)
    own = np.exp(0.2 * smooth(made.seed, "toxics", hours, 8.0, n))
    light = leaky(made.sky.sun / 800.0, 3.0)[:, None] / 3.0
    leaked = _leaked(made)
    return {
        "benzene": (0.35 + 1.9 * traffic + 0.45 * organic) * own + leaked,
        "formaldehyde": (1.4 + 2.6 * traffic + 0.9 * organic) * own
        + light * (1.5 + 0.03 * made.actual["O3"][:, columns]),
        "butadiene_1_3": (0.01 + 0.16 * traffic + 0.02 * organic)
        * own
        * (1.0 - 0.5 * np.clip(light, 0.0, 1.0))
        + 0.05 * leaked,
    }


def _organic(made: World) -> Array:
    """Works with VOC upwind (T, station), mean about 1, diluted by wind and mixing height."""
    works = made.enterprises
    xy = np.column_stack(to_plane(works["lon"], works["lat"]))
    exposure = sector_exposure(xy, np.sqrt(emission(works, "VOC")), plane(TOXICS))
    exposure = (exposure / exposure.mean()) ** 0.5
    u, v = wind_at(made.sky, TOXICS)
    diluted = (1.7 / np.clip(np.hypot(u, v), 0.4, None)) ** 0.45 * (500.0 / made.sky.mixing[:, None]) ** 0.55
    return np.asarray(by_wind(exposure, u, v) * diluted)


def _leaked(made: World) -> Array:
    """Benzene of the leaks (T, station) [ug m-3]."""
    hours, sky = made.clock.hours, made.sky
    works = made.enterprises
    xy = np.column_stack(to_plane(works["lon"], works["lat"]))
    number = {name: i for i, name in enumerate(works["enterprise"])}
    added = np.zeros((len(hours), len(SITES)))
    for problem in problems(made):
        if problem.what != "leak":
            continue
        inside = np.flatnonzero(during(problem, hours))
        source = xy[number[problem.subject]]
        u, v = sky.u[inside], sky.v[inside] + 0.7 * sky.breeze[inside]
        stable = sky.sun[inside] < 60
        seen = plume(source, LEAK_HEIGHT, plane(TOXICS), u, v, sky.mixing[inside], stable)
        added[inside] += problem.size * seen
    return added


def rows(made: World) -> pd.DataFrame:
    """Hourly ``observation`` rows of the gases, and those of the metals (P1D)."""
    times = made.clock.hours[made.window]
    true, shown = gases(made), {}
    for code, decimals in GASES.items():
        value = true[code][made.window]
        noise = white(made.seed, f"instrument {code}", times, len(SITES))
        shown[code] = np.round(
            np.clip(value + (0.3 * 10.0**-decimals + 0.05 * value) * noise, 10.0**-decimals, None), decimals
        )
    spoilt = spoil(_lapses(made), times, SITES, shown)
    for fault in planted(made):  # a power cut of a station takes these instruments too
        if fault.variable == "*" and fault.site in SITES:
            inside = (times >= fault.start) & (times < fault.end)
            for table in spoilt.values():
                table[inside, SITES.index(fault.site)] = np.nan
    return pd.concat([observations(times, SITES, spoilt), _metals(made)], ignore_index=True)


def _metals(made: World) -> pd.DataFrame:
    """Samples of local days: metals in proportion to the day's PM2.5."""
    hours = made.clock.hours
    number = np.asarray((hours + pd.Timedelta(hours=8) - EPOCH) // pd.Timedelta(days=1))
    first = (hours.tz_convert("Asia/Shanghai").hour == 0) & (number % EVERY == 0)
    kept = np.flatnonzero(made.window & first & (hours + pd.Timedelta(days=1) <= made.stop))
    columns = [made.air.index(site) for site in SITES]
    fine = made.actual["PM2.5"][:, columns]
    daily = (
        np.stack([fine[i : i + 24].mean(axis=0) for i in kept]) if len(kept) else np.empty((0, len(SITES)))
    )
    values = {}
    for code, (usual, decimals) in METALS.items():
        chance = white(made.seed, f"metal {code}", hours, len(SITES))[kept]
        table = usual * daily / 25.0 * np.exp(0.35 * chance)
        for problem in problems(made):
            if code in problem.variables:
                inside = during(problem, hours[kept])
                table[inside, SITES.index(problem.site)] *= problem.size
        values[code] = np.round(np.clip(table, 10.0**-decimals, None), decimals)
    return observations(hours[kept], SITES, values, "P1D")


def _lapses(made: World) -> list[Lapse]:
    return lapses(made.seed, "toxics", SITES, list(GASES), made.start, made.stop)


def faults(made: World) -> pd.DataFrame:
    """The lapses of the toxics instruments."""
    return lapse_table(_lapses(made), made.start, made.stop)
