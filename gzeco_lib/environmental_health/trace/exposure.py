"""Where the air of an episode went and who was in it: draws of the posterior laid over the city's cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health.trace.attribution import (
    FARTHEST,
    HEIGHTS,
    INLET,
    KG_H,
    NODES,
    RATES,
    SHAPES,
    Attribution,
    arrived,
    nearest_height,
    node_weight,
    ring,
)  # fmt: skip
from gzeco_lib.environmental_health.trace.sources import POLLUTANTS

if TYPE_CHECKING:
    from gzeco_lib.environmental_health.feeds import People
    from gzeco_lib.environmental_health.trace.weather import Weather
    from gzeco_lib.geo.grid import Grid

BAND = (0.05, 0.95)  # the interval of people
COUNTED = 30_000.0  # m from a source, to which people are counted
FINE_TO, FINE, COARSE = 6000.0, 6, 2  # m, and points along a cell's side nearer and farther


@dataclass(frozen=True)
class Drawn:
    """Draws of what really happened.

    Attributes:
        hypothesis: index of the candidate, -1 where nothing local made it (draw,).
        rate: of the variable asked for [kg h-1] (draw, time); 0 where the source is off.
        node: error of the wind's direction in standard errors (draw, time); NaN is a drift to all sides.
        begin: hour in which the release began (draw,).
        shape: index of the plume's shape (draw,).
    """

    hypothesis: np.ndarray
    rate: np.ndarray
    node: np.ndarray
    begin: np.ndarray
    shape: np.ndarray


def draw(found: Attribution, weather: Weather, variable: str, count: int, seed: int, stops: float) -> Drawn:
    """Draws over candidates, rates, hours on and off, and errors of the wind.

    Args:
        found: the posterior of the hours seen.
        weather: of these hours and of those to come.
        variable: code of the pollutant.
        count: of draws.
        seed: of the random numbers.
        stops: probability that the source ends in an hour to come.
    """
    rng = np.random.default_rng(seed)
    hours, seen = len(weather.times), len(found.times)
    choice = rng.choice(len(found.probability) + 1, count, p=_sums(np.append(found.probability, found.none)))
    hypothesis = np.where(choice == len(found.probability), -1, choice)
    before = node_weight(weather)
    nodes = np.append(NODES, np.nan)
    rate = np.zeros((count, hours))
    node = np.stack([rng.choice(nodes, count, p=before[t]) for t in range(hours)], axis=1)
    pollutant = POLLUTANTS.index(variable)
    begin, shape = np.zeros(count, int), np.zeros(count, int)
    for k in np.unique(hypothesis[hypothesis >= 0]):
        logs = found.spells(int(k))
        chance = _sums(np.exp(logs - logs.max()).ravel())
        mix = found.candidates.mix[k, pollutant] * (1e3 if variable == "CO" else 1.0)
        for i in np.flatnonzero(hypothesis == k):
            shape[i], begin[i], last, g = np.unravel_index(rng.choice(len(chance), p=chance), logs.shape)
            errors = found.wind_errors(int(k), int(shape[i]), int(begin[i]), float(RATES[g]))
            # a source that was on at the end goes on for a while
            end = int(last) + (int(rng.geometric(stops)) if last == seen - 1 else 1)
            for t in range(int(begin[i]), min(end, seen)):
                node[i, t] = rng.choice(nodes, p=errors[t])
            rate[i, begin[i] : end] = RATES[g] * mix
    return Drawn(hypothesis, rate, node, begin, shape)


def _sums(weight: np.ndarray) -> np.ndarray:
    return np.asarray(weight / weight.sum())


def fields(found: Attribution, drawn: Drawn, weather: Weather, grid: Grid) -> np.ndarray:
    """Addition [ug m-3] (draw, time, cell inside the city), means over points inside each cell.

    Cells beyond ``COUNTED`` of a source get nothing: how far a straight plume stays one is not known.
    """
    from gzeco_lib.methods.inversion import tabulated

    cells = grid.points(inside=True)
    hours = len(weather.times)
    out = np.zeros((len(drawn.rate), hours, len(cells)), np.float32)
    curves: dict[int, Any] = {}
    for i, k in enumerate(drawn.hypothesis):
        lit = np.flatnonzero(drawn.rate[i] > 0)
        if k < 0 or not len(lit):
            continue
        xy = found.candidates.xy[k]
        near = np.flatnonzero(np.hypot(*(cells - xy).T) < COUNTED)
        if not len(near):
            continue
        kind = int(nearest_height(found.candidates.height[k : k + 1])[0])
        if kind not in curves:
            curves[kind] = tabulated.tabulate(
                weather.layer, np.array([INLET]), float(HEIGHTS[kind]), FARTHEST, meander=False
            )
        table = curves[kind]
        count, away = len(near), np.hypot(*(cells[near] - xy).T)
        flat, counts = _points(cells[near], away, grid.resolution)
        points = np.ascontiguousarray(np.column_stack([flat, np.full(len(flat), INLET)]))
        wider, off = SHAPES[drawn.shape[i]]
        angle = np.deg2rad(weather.layer.wind_from) + np.nan_to_num(drawn.node[i]) * weather.turn + off
        value = np.empty((1, len(lit) * count, 1))
        tabulated.look_up(
            value, np.repeat(lit, count), np.tile(np.arange(count), len(lit)),
            np.cumsum(counts) - counts, counts, points, np.zeros(len(flat), np.int64), np.ascontiguousarray(xy[None]),
            angle, wider, table.axis, table.narrow, table.around, table.first, tabulated.STEP,
        )  # fmt: skip
        laid = value[0, :, 0].reshape(len(lit), count)
        for j in np.flatnonzero(np.isnan(drawn.node[i][lit])):
            laid[j] = ring(table, lit[j], np.maximum(away, grid.resolution / 4))
        laid *= arrived(away, weather.layer.wind_speed)[drawn.begin[i], lit]
        out[np.ix_([i], lit, near)] = laid[None] * KG_H
        out[i] *= drawn.rate[i][:, None].astype(np.float32)
    return out


def _points(cells: np.ndarray, away: np.ndarray, resolution: float) -> tuple[np.ndarray, np.ndarray]:
    """Points inside cells, cell by cell (n, 2), and how many each has: more near the source, where a plume is narrower
    than a cell."""
    sides = np.where(away < FINE_TO, FINE, COARSE)
    parts = []
    for cell, side in zip(cells, sides, strict=True):
        steps = ((np.arange(side) + 0.5) / side - 0.5) * resolution
        parts.append(cell + np.stack(np.meshgrid(steps, steps), -1).reshape(-1, 2))
    return np.concatenate(parts), sides**2


def exposed(
    added: np.ndarray, persons: People, threshold: float, lead: np.ndarray, seen: int
) -> tuple[pd.DataFrame, tuple[float, float, float]]:
    """People in cells with more than ``threshold`` [ug m-3], by hour and group, and in any hour seen.

    Args:
        added: (draw, time, cell).
        persons: in the same hours and cells.
        threshold: [ug m-3].
        lead: hours from the last one seen (time,).
        seen: number of hours that were seen; the total is over these.

    Returns:
        The table ``exposed`` without its trace; people, lower and upper end in any hour seen. A cell counts once, with
        the people of its highest hour.
    """
    over = added > threshold
    rows = []
    mean = added.mean(axis=0)
    for group in ("all", *persons.groups):
        there = persons.of(group)
        count = np.einsum("dtc,tc->dt", over.astype(np.float32), there.astype(np.float32))
        lo, hi = np.quantile(count, BAND, axis=0)
        total = there.sum(axis=1)
        dose = (mean * there).sum(axis=1) / np.maximum(total, 1.0)
        for t, time in enumerate(persons.times):
            rows.append(
                (time.tz_localize("UTC"), int(lead[t]), group, count[:, t].mean(), lo[t], hi[t], dose[t])
            )
    columns = ["time", "lead_h", "group", "people", "people_lo", "people_hi", "mean_added"]
    ever = over[:, :seen].any(axis=1)
    highest = persons.everybody[:seen][mean[:seen].argmax(axis=0), np.arange(added.shape[2])]
    people = ever @ highest
    lo, hi = np.quantile(people, BAND)
    return pd.DataFrame(rows, columns=columns), (float(people.mean()), float(lo), float(hi))


KINDS = ("school", "kindergarten", "hospital", "elderly_home")


def places(
    added: np.ndarray, times: pd.DatetimeIndex, threshold: float, table: pd.DataFrame, index: np.ndarray
) -> pd.DataFrame:
    """Schools, hospitals and the like that more than ``threshold`` [ug m-3] may have reached, likeliest first.

    Args:
        added: (draw, time, cell).
        times: UTC without a zone.
        threshold: [ug m-3].
        table: rows of the lake's ``place``.
        index: cell of each row, -1 outside (place,).
    """
    rows = []
    for row, cell in zip(table.to_dict("records"), index, strict=True):
        if cell < 0 or row["kind"] not in KINDS:
            continue
        over = (added[:, :, cell] > threshold).any(axis=1).mean()
        if over < 0.05:
            continue
        course = added[:, :, cell].mean(axis=0)
        chance = (added[:, :, cell] > threshold).mean(axis=0)
        first = int(np.flatnonzero(chance >= 0.5 * chance.max())[0])
        rows.append({
            **{name: row[name] for name in ("place", "kind", "name_zh", "name_en", "lon", "lat", "district", "people")},
            "first_time": times[first].tz_localize("UTC"), "peak_time": times[int(course.argmax())].tz_localize("UTC"),
            "peak_added": float(course.max()), "probability": float(over),
        })  # fmt: skip
    columns = [
        "place", "kind", "name_zh", "name_en", "lon", "lat", "district", "people", "first_time", "peak_time",
        "peak_added", "probability",
    ]  # fmt: skip
    found = pd.DataFrame(rows, columns=columns)
    return found.sort_values("probability", ascending=False, kind="stable", ignore_index=True)
