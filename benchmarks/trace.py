"""Trace of hidden episodes of generated cities: who is named first, with what probability, and who was exposed.

    python benchmarks/trace.py --seed 500 --count 30 [--cluster local]

Each episode is run through the declaration ``environmental_health_trace`` at the hour it ended, on a lake that holds
what an agency's would: observations, stations, enterprises, the usual day of the people. An episode without an alarm
counts as a failure;
scores among those with one stand beside. Baselines: the nearest enterprise that emits the alarm's variable
within 45 degrees of upwind, and the largest emitter of it within 5 km in that sector.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from typing import Any

import numpy as np
import pandas as pd

from gzeco_lib.demo_city.build import City, city
from gzeco_lib.environmental_health.feeds import people
from gzeco_lib.environmental_health.trace.model import EnvironmentalHealthTrace
from gzeco_lib.environmental_health.trace.sources import EMITTED, POLLUTANTS, emissions
from gzeco_lib.geo.coords import to_plane
from gzeco_lib.geo.grid import city_grid
from gzeco_lib.lake.lake import Lake

END = "2026-11-20T00:00Z"  # fixed, so that a seed is the same city every day
THRESHOLD = 10.0  # ug m-3
HOUR = pd.Timedelta("1h")


def main() -> None:
    """Runs and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--seed", type=int, default=1, help="of the first city; more cities follow until count is reached"
    )
    parser.add_argument("--count", type=int, default=30, help="episodes")
    parser.add_argument(
        "--cluster", default=None, help="local: run the traces on Dask and compare with this process"
    )
    parser.add_argument("--data", default=None, help="not needed: the episodes are generated")
    given = parser.parse_args()
    rows: list[dict[str, Any]] = []
    seed = given.seed
    while len(rows) < given.count:
        rows += _city(seed, given.count - len(rows), given.cluster)
        seed += 1
    _report(pd.DataFrame(rows))


def _city(seed: int, most: int, cluster: str | None) -> list[dict[str, Any]]:
    """Scores of up to ``most`` episodes of a city that have a month of data before them."""
    made = city(seed, "full", END)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake.open(folder, create=True)
        for name in ("site", "enterprise", "exposure", "observation"):
            lake.write(name, made.tables[name])
        for episode, sources in made.truth["episodes"].groupby("episode"):
            if sources["start"].min() - made.start < pd.Timedelta("31D") or len(found) >= most:
                continue
            found.append(_episode(made, lake, str(episode), sources, cluster))
            print({k: v for k, v in found[-1].items() if k != "all"}, flush=True)
    return found


def _episode(
    made: City, lake: Lake, episode: str, sources: pd.DataFrame, cluster: str | None
) -> dict[str, Any]:
    at = sources["end"].max()
    model = EnvironmentalHealthTrace.of({"most": 3})
    wall, cpu = time.perf_counter(), time.process_time()
    outcome = model.run(lake, at)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    truth = sources["enterprise"].tolist()
    seen = made.truth["impacts"].query("episode == @episode")["added"].max()
    row: dict[str, Any] = {
        "seed": made.seed, "episode": episode, "kind": sources["kind"].iloc[0], "seen": seen, "rank": 0, "p": np.nan,
        "ranks": [99] * len(truth),
        "wall": round(wall, 1), "cpu": round(cpu, 1), "all": [],
    }  # fmt: skip
    if cluster:
        again = EnvironmentalHealthTrace.of({"most": 3})
        again.cluster = cluster
        other = again.run(lake, at)
        same = all(
            other.tables[n]
            .drop(columns="seconds", errors="ignore")
            .equals(f.drop(columns="seconds", errors="ignore"))
            for n, f in outcome.tables.items()
        )
        row["equal"] = same
    traces = outcome.tables["traces"]
    if traces.empty or not (traces["end"] > sources["start"].min()).any():
        return row
    traces = traces[traces["end"] > sources["start"].min()]
    alarm = outcome.tables["alarms"].set_index("alarm")
    trace = traces.loc[traces["alarm"].map(alarm["score"]).idxmax()]
    named = outcome.tables["candidates"].query("trace == @trace.trace")
    ranks = [int(r["rank"]) for r in named.to_dict("records") if r["enterprise"] in truth]
    row |= {
        "rank": min(ranks, default=99),
        "ranks": [*ranks, *[99] * (len(truth) - len(ranks))],
        "p": float(trace["probability"]),
        "unknown": float(trace["unknown"]),
    }
    row["all"] = [(p, e in truth) for p, e in zip(named["probability"], named["enterprise"], strict=True)]
    row["near"], row["large"] = (name in truth for name in _baselines(made, trace))
    row["people"], row["true_people"] = (
        float(trace["people"]),
        _true_people(made, lake, sources, str(trace["variable"])),
    )
    row["in_interval"] = bool(trace["people_lo"] <= row["true_people"] <= trace["people_hi"])
    return row


def _baselines(made: City, trace: pd.Series) -> tuple[str, str]:
    """The nearest emitter upwind of the alarm's station, and the largest within 5 km upwind."""
    sites, works = made.tables["site"].set_index("site"), made.tables["enterprise"]
    here = np.array(
        [float(v) for v in to_plane(sites.at[trace["site"], "lon"], sites.at[trace["site"], "lat"])]
    )
    wind = made.tables["observation"].query(
        "time >= @trace.start and time < @trace.end and variable == 'wind_direction'"
    )
    angle = np.deg2rad(wind["value"].to_numpy())
    from_east, from_north = np.sin(angle).mean(), np.cos(angle).mean()
    offset = np.column_stack(to_plane(works["lon"], works["lat"])) - here
    away = np.hypot(*offset.T)
    aligned = (offset @ np.array([from_east, from_north])) / np.maximum(
        away * np.hypot(from_east, from_north), 1e-9
    )
    p = POLLUTANTS.index(str(trace["variable"]))
    load = np.array([emissions(text)[p] for text in works["emission_t_a"]])
    upwind = (aligned > np.cos(np.pi / 4)) & (load > 0)
    nearest = np.where(upwind, away, np.inf).argmin()
    largest = np.where(upwind & (away < 5000), load, -1.0).argmax()
    return str(works["enterprise"].iloc[nearest]), str(works["enterprise"].iloc[largest])


def _true_people(made: City, lake: Lake, sources: pd.DataFrame, variable: str) -> float:
    """People in cells to which the episode truly added more than the threshold of ``variable`` in any hour.

    From the city's truth ``exposed_field`` (additions of the main species), in the shares the sources emit.
    """
    begin, end = sources["start"].min(), sources["end"].max()
    hours = pd.date_range(begin, end, freq="h", inclusive="left")
    grid = city_grid()
    names = pd.Index(grid.cells[grid.mask])
    field = made.truth["exposed_field"].query("episode == @sources.episode.iloc[0]")
    added = np.zeros((len(hours), len(names)))
    for main, part in field.groupby("variable"):
        rates = json.loads(sources.loc[sources["main"] == main, "rates_kg_h"].iloc[0])
        share = rates.get(EMITTED[variable], 0.0) / rates[main]
        np.add.at(
            added,
            (hours.get_indexer(part["time"]), names.get_indexer(part["cell"])),
            share * part["added"].to_numpy(),
        )
    there, _notes = people(lake, pd.DatetimeIndex(hours), grid, end)
    highest = there.everybody[added.argmax(axis=0), np.arange(len(names))]
    return float(highest[(added > THRESHOLD).any(axis=0)].sum())


def _report(rows: pd.DataFrame) -> None:
    heard = rows["rank"] > 0
    print(f"\nepisodes {len(rows)}, with an alarm {heard.sum()}")
    for name, part in [("all", rows), *rows.groupby("kind"), ("with an alarm", rows[heard])]:
        first, three = (part["rank"] == 1).mean(), part["rank"].between(1, 3).mean()
        print(f"{name:14s} n {len(part):3d}  first {first:.2f}  among three {three:.2f}")
    each = np.concatenate(rows["ranks"].to_list())
    print(
        f"each source of its own: n {len(each)}  first {np.mean(each == 1):.2f}  among three {np.mean(each <= 3):.2f}"
    )
    told = rows[heard]
    print(
        f"baselines: nearest upwind {told['near'].mean():.2f}, largest within 5 km upwind {told['large'].mean():.2f}"
    )
    pairs = np.array([pair for row in rows["all"] for pair in row], float).reshape(-1, 2)
    print("reliability (all candidates listed): probability, named, true")
    for low, high in ((0, 0.05), (0.05, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 1.01)):
        part = pairs[(pairs[:, 0] >= low) & (pairs[:, 0] < high)]
        if len(part):
            print(
                f"  {low:.2f}-{min(high, 1):.2f}  n {len(part):4d}  "
                f"mean {part[:, 0].mean():.2f}  true {part[:, 1].mean():.2f}"
            )
    ratio = (told["people"] / told["true_people"].clip(lower=1)).to_numpy()
    print(
        f"people: median ratio {np.median(ratio):.2f}, within 25 % {np.mean(np.abs(ratio - 1) <= 0.25):.2f}, "
        f"90 % interval holds {told['in_interval'].mean():.2f}"
    )
    print(
        f"wall s median {rows['wall'].median():.1f} longest {rows['wall'].max():.1f}; "
        f"CPU s median {rows['cpu'].median():.1f}"
    )
    if "equal" in rows:
        print(f"equal on the cluster: {rows['equal'].sum()} of {len(rows)}")


if __name__ == "__main__":
    main()
