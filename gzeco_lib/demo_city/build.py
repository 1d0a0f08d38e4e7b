"""Build the generated city: all frames of the lake and the planted truth, and their way into a lake."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from gzeco_lib.demo_city import complaints, episodes, faults, weather
from gzeco_lib.demo_city.air import air, concentrations, measured
from gzeco_lib.demo_city.clock import clock
from gzeco_lib.demo_city.columns import observations, text
from gzeco_lib.demo_city.enterprises import enterprises
from gzeco_lib.demo_city.noise import EPOCH, WEEK, generator
from gzeco_lib.demo_city.places import AIR, WEATHER, plane, sites
from gzeco_lib.demo_city.population import exposure, people
from gzeco_lib.demo_city.setting import offsets, setting
from gzeco_lib.errors import N_, InputError, near
from gzeco_lib.lake.frames import to_parquet
from gzeco_lib.lake.lake import Lake
from gzeco_lib.variables import quality

DAYS = {"small": 120, "full": 396}
RUN_IN = pd.Timedelta(days=40)  # the air's memory is days: what is kept does not depend on where this begins
YEAR = pd.Timedelta(days=365)
HOUR = pd.Timedelta(hours=1)
STEPS = (
    N_("people and enterprises"),
    N_("weather"),
    N_("air and hidden episodes"),
    N_("instruments and their faults"),
    N_("complaints and inspections"),
    N_("quality checks"),
    N_("writing into the lake"),
)

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class City:
    """The generated city: ``tables`` for the lake, ``truth`` that is hidden from models, and what made them."""

    seed: int
    scale: str
    start: pd.Timestamp
    end: pd.Timestamp
    tables: dict[str, pd.DataFrame]
    truth: dict[str, pd.DataFrame]


@dataclass(frozen=True)
class Summary:
    """What a build stored: rows by table, planted truths by kind, quality flags by rule."""

    seed: int
    scale: str
    start: pd.Timestamp
    end: pd.Timestamp
    rows: dict[str, int]
    stored: int
    duplicates: int
    truth: dict[str, int]
    flags: dict[str, int]
    seconds: float = field(compare=False)

    def as_dict(self) -> dict[str, Any]:
        """For JSON: times as ISO 8601 text."""
        return {**self.__dict__, "start": self.start.isoformat(), "end": self.end.isoformat()}


def _silent(_step: str, _done: int, _all: int) -> None:
    return None


def last_hour(end: pd.Timestamp | str | None) -> pd.Timestamp:
    """``end`` as a whole UTC hour, by default the last full hour before now; local time where it has no zone.

    Raises:
        InputError: for a time that cannot be read, lies in the future or too far back.
    """
    now = pd.Timestamp.now(tz="UTC").floor("h")
    if end is None:
        return now
    try:
        moment = pd.Timestamp(end)
    except (ValueError, TypeError) as error:
        raise InputError(
            N_("{text} is no time"), "--end", N_("write it like 2026-11-01T08:00+08:00"), text=str(end)
        ) from error
    if moment is pd.NaT:
        raise InputError(
            N_("{text} is no time"), "--end", N_("write it like 2026-11-01T08:00+08:00"), text=str(end)
        )
    if moment.tzinfo is None:
        moment = moment.tz_localize("Asia/Shanghai")
    moment = moment.tz_convert("UTC").floor("h")
    if moment > now:
        raise InputError(
            N_("the time {text} lies in the future"), "--end", N_("give a time before now"), text=str(end)
        )
    if moment - RUN_IN - 2 * YEAR < EPOCH:
        raise InputError(
            N_("the time {text} is too long ago for the demo city"),
            "--end",
            N_("give a time after {first}"),
            text=str(end),
            first="2003-01-01",
        )
    return moment


def checked(seed: int, scale: str) -> None:
    """Refuse a scale that is none and a seed that cannot be one.

    Raises:
        InputError: naming the known scales, or the range of seeds.
    """
    if scale not in DAYS:
        raise InputError(
            N_("unknown scale {scale}"),
            "--scale",
            N_("use one of: {near}"),
            scale=scale,
            near=near(scale, DAYS),
        )
    if not 0 <= seed < 2**32:
        raise InputError(
            N_("the seed {seed} is no whole number from 0 to 4294967295"),
            "--seed",
            N_("give a number in that range, e.g. 2026"),
            seed=seed,
        )


def city(
    seed: int = 2026,
    scale: str = "small",
    end: pd.Timestamp | str | None = None,
    progress: Progress | None = None,
    check: bool = True,
) -> City:
    """Make the city up in memory; the same ``seed``, ``scale`` and ``end`` give the same frames.

    ``progress(step, done, all)`` is called before each step; with ``check`` False the flags are left "".

    Raises:
        InputError: for an unknown scale, a seed that is none, or a bad ``end``.
    """
    checked(seed, scale)
    stop = last_hour(end)
    start = stop - pd.Timedelta(days=DAYS[scale])
    tell = progress or _silent
    tell(STEPS[0], 0, len(STEPS))
    population, works = people(seed), enterprises(seed)
    exposed = exposure(population)

    tell(STEPS[1], 1, len(STEPS))
    # Whole weeks, because what is planted in a week depends on all of its weather; a year back for complaints.
    whole_start = EPOCH + ((min(start, stop - YEAR) - RUN_IN - EPOCH) // WEEK) * WEEK
    whole_end = EPOCH + -((EPOCH - stop) // WEEK) * WEEK
    hours = pd.date_range(whole_start, whole_end, freq="h", inclusive="left", unit="us")
    when = clock(hours)
    sky = weather.weather(seed, when)
    blown = weather.observed(seed, sky, WEATHER)

    tell(STEPS[2], 2, len(STEPS))
    mixture = air(seed, sky, setting(population, works))
    known = episodes.sources(works, plane(AIR))
    found = episodes.releases(seed, sky, known)
    actual = concentrations(mixture, episodes.added_loads(found, sky, known))
    names = [place.site for place in AIR]
    seen = episodes.impacts(found, sky, known, mixture, names)

    tell(STEPS[3], 3, len(STEPS))
    window = (hours >= start) & (hours < stop)
    planted = faults.faults(seed, names, start, stop)
    shown = measured(seed, actual, when, offsets(seed))
    spoilt = faults.apply(planted, hours, names, shown)
    spoilt = faults.drop_scattered(seed, planted, hours, names, spoilt)
    observed = pd.concat(
        [
            observations(hours[window], names, {code: t[window] for code, t in spoilt.items()}),
            observations(hours[window], [p.site for p in WEATHER], {c: t[window] for c, t in blown.items()}),
        ],
        ignore_index=True,
    )

    tell(STEPS[4], 4, len(STEPS))
    listed = _episode_table(found, hours, works, known)
    happened = complaints.events(seed, works, known.main, listed, stop - YEAR, stop)

    tell(STEPS[5], 5, len(STEPS))
    observed.insert(4, "flag", quality.check(observed) if check else "")
    tables = {
        "site": sites(),
        "enterprise": _counted(seed, works, happened),
        "exposure": exposed,
        "event": happened,
        "observation": observed,
    }
    seen["enterprise"] = text(works["enterprise"].tolist(), seen["enterprise"].to_numpy(dtype=np.int64))
    truth = {
        "episodes": _clipped(listed, start, stop),
        "impacts": seen[(seen["time"] >= start) & (seen["time"] < stop)].reset_index(drop=True),
        "faults": faults.table(planted, start, stop),
        "spells": _clipped(sky.spells, start, stop),
        "careless": works[["enterprise", "careless"]],
        "offsets": pd.DataFrame({"site": names, **offsets(seed)}),
    }
    return City(seed, scale, start, stop, tables, truth)


def _counted(seed: int, works: pd.DataFrame, happened: pd.DataFrame) -> pd.DataFrame:
    """Enterprise rows with the counts of the last twelve months."""
    counted = works.drop(columns="careless")
    counted["complaints_12m"] = complaints.counts(happened, works)
    rng = generator(seed, "exceedances")
    key = (works["management"] == "key").to_numpy()
    counted["exceedances_12m"] = rng.poisson(works["careless"].to_numpy() * np.where(key, 6.0, 2.5)).astype(
        np.int64
    )
    return counted


def _episode_table(
    found: list[episodes.Release], hours: pd.DatetimeIndex, works: pd.DataFrame, known: episodes.Sources
) -> pd.DataFrame:
    """One row a source of an episode."""
    rows = []
    for release in found:
        work = works.iloc[release.enterprise]
        rows.append(
            {
                "episode": release.episode,
                "kind": release.kind,
                "enterprise": work["enterprise"],
                "lon": work["lon"],
                "lat": work["lat"],
                "x": round(float(known.xy[release.enterprise, 0]), 1),
                "y": round(float(known.xy[release.enterprise, 1]), 1),
                "height_m": work["stack_height_m"],
                "main": release.main,
                "rates_kg_h": json.dumps(release.rates),
                "start": hours[release.begin],
                "end": hours[release.end - 1] + HOUR,
            }
        )
    return pd.DataFrame(rows)


def _clipped(table: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """Rows that touch [start, end), their periods clipped to it."""
    kept = table[(table["start"] < end) & (table["end"] > start)].reset_index(drop=True)
    return kept.assign(
        start=kept["start"].where(kept["start"] > start, start), end=kept["end"].where(kept["end"] < end, end)
    )


def build(
    lake: Lake,
    seed: int = 2026,
    scale: str = "small",
    end: pd.Timestamp | str | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Make the city up and store it in ``lake``, its truth beside it under ``truth/``; twice stores it once.

    Raises:
        InputError: for an unknown scale, a seed that is none, or a bad ``end``.
    """
    began = time.monotonic()
    made = city(seed, scale, end, progress)
    if progress:
        progress(STEPS[6], 6, len(STEPS))
    stored = duplicates = 0
    for name, frame in made.tables.items():
        written = lake.write(name, frame)
        stored, duplicates = stored + written.stored, duplicates + written.duplicates
    summary = Summary(
        seed=seed,
        scale=scale,
        start=made.start,
        end=made.end,
        rows={name: len(frame) for name, frame in made.tables.items()},
        stored=stored,
        duplicates=duplicates,
        truth={name: len(frame) for name, frame in made.truth.items()},
        flags=quality.count(made.tables["observation"]["flag"]),
        seconds=round(time.monotonic() - began, 2),
    )
    for name, frame in made.truth.items():
        lake.put(f"truth/{name}.parquet", to_parquet(frame))
        lake.put(f"truth/{name}.json", _json(frame))
    about = {k: v for k, v in summary.as_dict().items() if k not in ("seconds", "stored", "duplicates")}
    lake.put("truth/summary.json", json.dumps(about, indent=1).encode())
    if progress:
        progress(STEPS[6], len(STEPS), len(STEPS))
    return summary


def _json(frame: pd.DataFrame) -> bytes:
    text = frame.to_json(orient="records", date_format="iso", force_ascii=False)
    return str(text).encode()
