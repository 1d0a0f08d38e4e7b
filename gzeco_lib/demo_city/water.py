"""Water sections: 4-hourly items and metals of some days a month.

Waste water of the city is diluted by rain's rivers (less in the dry season), showers wash dirt off the streets, warm
water holds less oxygen, plants make oxygen by day. Levels follow the section's load.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gzeco_lib.demo_city.columns import observations
from gzeco_lib.demo_city.lapses import Lapse, lapses, spoil
from gzeco_lib.demo_city.lapses import table as lapse_table
from gzeco_lib.demo_city.monitors import SECTIONS
from gzeco_lib.demo_city.noise import leaky, smooth, white
from gzeco_lib.demo_city.problems import Problem, during, passing
from gzeco_lib.demo_city.world import World

Array = NDArray[np.float64]

STEP = 4  # h
DECIMALS = {"pH": 2, "DO": 2, "CODMn": 1, "NH3_N": 3, "TP": 3, "turbidity": 1}
METALS = {"As_water": (0.0018, 4), "Cd_water": (0.00012, 5), "Pb_water": (0.0016, 4)}  # mg L-1, decimals
METAL_DAYS = (3, 4, 5)  # days of the month on which metals are sampled
SITES = [s.site for s in SECTIONS]
LOAD = np.array([s.load for s in SECTIONS])
LAKE = np.array([s.lake for s in SECTIONS])
WEEKS = 3  # between problems
# What each kind adds at its size 1: items [mg L-1, pH 1, NTU].
KINDS: dict[str, dict[str, float]] = {
    "sewage overflow": {"NH3_N": 2.6, "TP": 0.30, "CODMn": 3.5, "DO": -2.4, "turbidity": 18.0},
    "algal bloom": {"pH": 1.3, "DO": 3.0, "CODMn": 2.2, "TP": 0.03, "turbidity": 9.0},
    "industrial discharge": {"CODMn": 5.0, "NH3_N": 1.2, "DO": -1.2, "turbidity": 6.0},
}
CHRONIC = "DR04"  # an intake whose water misses the class asked for, all the time
CHRONIC_ADDS = {"NH3_N": 0.55, "TP": 0.09}


def problems(made: World) -> list[Problem]:
    """Passing problems by turns, and the intake that is never good enough."""
    lakes, rivers = np.flatnonzero(LAKE), np.flatnonzero(~LAKE)

    def one(rng: np.random.Generator, turn: int, week: pd.Timestamp) -> Problem:
        kind = list(KINDS)[turn % len(KINDS)]
        at = int(rng.choice(lakes if kind == "algal bloom" else rivers))
        start = week + pd.Timedelta(hours=STEP * int(rng.integers(0, 42)))
        end = start + pd.Timedelta(days=int(rng.integers(4, 10)))
        items = ",".join(KINDS[kind])
        size = round(float(rng.uniform(0.8, 1.5)), 2)
        return Problem("water", f"water-{turn:04d}", SITES[at], items, start, end, "", kind, size)

    found = passing(made.seed, "water", WEEKS, made.start, made.stop, one)
    always = Problem(
        "water", "water-chronic", CHRONIC, ",".join(CHRONIC_ADDS), made.start, made.stop, "",
        "drinking-water source below its class", 1.0,
    )  # fmt: skip
    return [*found, always]


def levels(made: World) -> tuple[pd.DatetimeIndex, dict[str, Array]]:
    """Starts of the 4-hour intervals inside the period and the true items (T, section), problems included."""
    hours, seed, n = made.clock.hours, made.seed, len(SECTIONS)
    slow = {code: smooth(seed, f"water {code}", hours, 90.0, n) for code in DECIMALS}
    wash = np.tanh(leaky(made.sky.rain, 14.0) / 12.0)[:, None]
    dry = np.clip(made.clock.winter, -1.0, 1.0)[:, None]  # rivers are low in winter
    warm = (leaky(made.sky.temperature, 60.0) / leaky(np.ones(len(hours)), 60.0))[:, None]
    light = (leaky(made.sky.sun / 800.0, 4.0) / 4.0)[:, None]
    saturated = 14.6 * np.exp(
        -0.0215 * warm
    )  # mg L-1 of oxygen in fresh water, within 2 % from 10 to 32 degC
    waste = LOAD * (1.0 + 0.25 * dry)
    values = {
        "pH": 7.25 + 0.3 * LAKE + 0.10 * slow["pH"] - 0.15 * wash + 0.2 * light * LAKE,
        "DO": saturated * (0.97 - 0.62 * waste + 0.05 * slow["DO"]) + 0.6 * light * (0.5 + LAKE),
        "CODMn": (1.3 + 5.2 * waste) * np.exp(0.12 * slow["CODMn"]) + 1.4 * wash,
        "NH3_N": (0.05 + 1.9 * waste**1.5) * np.exp(0.28 * slow["NH3_N"]) * (1.0 + 0.4 * wash * LOAD),
        "TP": np.where(LAKE, 0.012, 0.035 + 0.24 * waste) * np.exp(0.18 * slow["TP"]) + 0.02 * wash * ~LAKE,
        "turbidity": (5.0 + 22.0 * LOAD) * np.exp(0.3 * slow["turbidity"]) * (1.0 + 3.5 * wash * ~LAKE),
    }
    for problem in problems(made):
        kind = CHRONIC_ADDS if problem.site == CHRONIC and problem.what not in KINDS else KINDS[problem.what]
        inside, at = during(problem, hours), SITES.index(problem.site)
        for code, added in kind.items():
            values[code][inside, at] += problem.size * added
    kept = (
        made.window & (np.asarray(hours.hour) % STEP == 0) & (hours + pd.Timedelta(hours=STEP) <= made.stop)
    )
    return hours[kept], {code: table[kept] for code, table in values.items()}


def rows(made: World) -> pd.DataFrame:
    """4-hourly ``observation`` rows, and those of the metals (P1D)."""
    times, true = levels(made)
    shown = {}
    for code, decimals in DECIMALS.items():
        own = white(made.seed, f"water instrument {code}", made.clock.hours, len(SITES))
        noise = own[made.clock.hours.get_indexer(times)]
        error = 0.03 * noise if code == "pH" else 0.03 * noise * true[code]
        shown[code] = np.round(np.clip(true[code] + error, 10.0**-decimals, None), decimals)
    spoilt = spoil(_lapses(made), times, SITES, shown)
    return pd.concat([observations(times, SITES, spoilt, f"PT{STEP}H"), _metals(made)], ignore_index=True)


def _metals(made: World) -> pd.DataFrame:
    """Samples of local days, with a little more metal where there is more waste."""
    hours = made.clock.hours
    local = hours.tz_convert("Asia/Shanghai")
    day = np.isin(local.day, METAL_DAYS) & (local.hour == 0)
    kept = made.window & day & (hours + pd.Timedelta(days=1) <= made.stop)
    values = {}
    for code, (usual, decimals) in METALS.items():
        chance = white(made.seed, f"water {code}", hours, len(SITES))[kept]
        table = usual * (0.6 + 1.6 * LOAD) * np.exp(0.25 * chance)
        values[code] = np.round(np.clip(table, 10.0**-decimals, None), decimals)
    return observations(hours[kept], SITES, values, "P1D")


def _lapses(made: World) -> list[Lapse]:
    return lapses(made.seed, "water", SITES, list(DECIMALS), made.start, made.stop)


def faults(made: World) -> pd.DataFrame:
    """The lapses of the water instruments."""
    return lapse_table(_lapses(made), made.start, made.stop)
