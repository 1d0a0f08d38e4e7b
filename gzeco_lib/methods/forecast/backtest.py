"""Skill by lead time on rolling origins, every forecast made from what was known at its origin."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.forecast import boosting, training
from gzeco_lib.methods.forecast.design import HISTORY, anomalies
from gzeco_lib.methods.forecast.forecaster import WINDOW_DAYS, checked_leads, known_members, moment
from gzeco_lib.methods.forecast.league import MEMBERS, forecasts, observed
from gzeco_lib.methods.forecast.panel import HORIZON, Array, Panel, panel

BASELINES = ("persistence", "yesterday")
BAND = np.array([0.1, 0.9])

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class BacktestResult:
    """Errors by lead: all lists run over ``leads``; units are those of the data.

    ``skill`` is 1 - MAE of the chosen / MAE of the better baseline (persistence, same hour yesterday). All members and
    the chosen are scored on the same (origin, site, lead) triples, ``cases`` at each lead.
    """

    variable: str
    start: str
    end: str
    leads: list[int]
    members: dict[str, dict[str, list[float]]]
    chosen: dict[str, list[float]]
    skill: list[float]
    origins: int
    cases: list[int]
    capture: float
    refits: int
    weights: dict[str, list[float]]
    seconds: float = field(default=0.0)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, keyed as the command line prints them; NaN becomes None."""
        content = {
            "variable": self.variable, "leads": self.leads, "members": self.members, "chosen": self.chosen,
            "skill": self.skill, "skill_mean": float(np.mean(self.skill)), "weights": self.weights,
            "period": {"start": self.start, "end": self.end}, "origins": self.origins, "cases": self.cases,
            "capture": self.capture, "refits": self.refits, "seconds": round(self.seconds, 2),
        }  # fmt: skip
        return json.loads(json.dumps(content), parse_constant=lambda _: None)

    def to_json(self) -> str:
        """One JSON object."""
        return json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False)


class _Scores:
    """Sums of errors by lead, member by member."""

    def __init__(self, names: Sequence[str], leads: int) -> None:
        self.absolute = {name: np.zeros(leads) for name in names}
        self.square = {name: np.zeros(leads) for name in names}
        self.inside, self.count = np.zeros(leads), np.zeros(leads)

    def add(self, forecast: dict[str, Array], band: Array, came: Array) -> None:
        """Count the cases in which all members and the observation are there; arrays (N, S, H), band (2, N, S, H)."""
        known = np.isfinite(came)
        for values in forecast.values():
            known &= np.isfinite(values)
        for name, values in forecast.items():
            error = np.where(known, values - came, 0.0)
            self.absolute[name] += np.abs(error).sum(axis=(0, 1))
            self.square[name] += (error**2).sum(axis=(0, 1))
        self.inside += (known & (came >= band[0]) & (came <= band[1])).sum(axis=(0, 1))
        self.count += known.sum(axis=(0, 1))

    def of(self, name: str) -> dict[str, list[float]]:
        """MAE and RMSE by lead."""
        count = np.where(self.count > 0, self.count, np.nan)
        return {
            "mae": (self.absolute[name] / count).tolist(),
            "rmse": np.sqrt(self.square[name] / count).tolist(),
        }


def backtest(
    data: xr.Dataset,
    variable: str,
    start: Any,
    end: Any,
    *,
    leads: Iterable[int] = range(1, HORIZON + 1),
    members: Sequence[str] = MEMBERS,
    every: int = 1,
    refit_days: int = 7,
    zone: str = "Asia/Shanghai",
    country: str = "CN",
    window_days: int = WINDOW_DAYS,
    progress: Progress | None = None,
) -> BacktestResult:
    """Forecast from every ``every``-th hour in [start, end) and compare with what came.

    Args:
        data: as ``Forecaster.fit`` takes it; what lies after an origin is never looked at for that origin.
        start, end: naive UTC, or with zone; origins and the hours forecast both lie in the period.
        every: hours between origins [h].
        refit_days: the league is fitted anew on the past after so many days [d].
        progress: called with (done, all) refits.

    Raises:
        InputError: nothing to train on before ``start``, nothing observed in the period, bad leads or members.
    """
    began = time.perf_counter()
    steps, league = checked_leads(leads), known_members(members)
    whole = panel(data, variable)
    first, stop = whole.index(moment(start, "start")), whole.index(moment(end, "end"))
    stop = min(stop, len(whole.time))
    _check_period(whole, first, stop, every, refit_days)
    whole = whole.until(stop)
    shown = tuple(dict.fromkeys((*BASELINES, *league)))
    scores = _Scores((*shown, "chosen"), len(steps))
    spans = [(at, min(at + refit_days * 24, stop)) for at in range(first, stop, refit_days * 24)]
    weight, origins = np.zeros((len(steps), len(league))), 0
    for done, (at, until) in enumerate(spans):
        if progress:
            progress(done, len(spans))
        fitted = training.train(whole.until(at, at - window_days * 24), zone, country, league, keep_all=True)
        rows = np.arange(at + (first - at) % every, until, every)
        _score_span(whole, fitted, rows, steps, (zone, country), scores)
        weight += fitted.weight[steps - 1] * len(rows)
        origins += len(rows)
    if progress:
        progress(len(spans), len(spans))
    found = {name: scores.of(name) for name in (*shown, "chosen")}
    chosen = found.pop("chosen") | {"coverage80": _rate(scores.inside, scores.count)}
    best = np.minimum(found["persistence"]["mae"], found["yesterday"]["mae"])
    skill = 1 - np.array(chosen["mae"]) / np.where(best > 0, best, np.nan)
    return BacktestResult(
        variable, str(whole.time[first])[:16], str(whole.time[stop - 1])[:16], steps.tolist(), found, chosen,
        skill.tolist(), origins, scores.count.astype(int).tolist(), float(np.isfinite(whole.y[first:stop]).mean()),
        len(spans), {name: (weight[:, k] / max(origins, 1)).tolist() for k, name in enumerate(league)},
        time.perf_counter() - began,
    )  # fmt: skip


def _rate(part: Array, count: Array) -> list[float]:
    return (part / np.where(count > 0, count, np.nan)).tolist()


def _check_period(whole: Panel, first: int, stop: int, every: int, refit_days: int) -> None:
    if every < 1 or refit_days < 1:
        raise InputError(
            N_("origins and refits must be at least one apart"),
            "every, refit_days",
            N_("give whole numbers from 1 up"),
        )
    if stop <= first or not np.isfinite(whole.y[max(first, 0) : max(stop, 0)]).any():
        raise InputError(
            N_("nothing was observed in the period"), "start, end", N_("choose days from {first} to {last} (UTC)"),
            first=str(whole.time[0])[:10], last=str(whole.time[-1])[:10],
        )  # fmt: skip
    if first < training.LEAST_DAYS * 24:
        raise InputError(
            N_("too little was observed before {start} to learn from"), "start",
            N_("begin at least {least} days after {first}"),
            start=str(whole.time[max(first, 0)])[:10], least=training.LEAST_DAYS, first=str(whole.time[0])[:10],
        )  # fmt: skip


def _score_span(
    whole: Panel, fitted: training.Fitted, rows: Array, leads: Array, place: tuple[str, str], scores: _Scores
) -> None:
    """Score the origins ``rows`` of one fit; the panel is cut to what the forecasts may read and what came."""
    begin = max(int(rows[0]) - HISTORY, 0)
    part = whole.until(int(rows[-1]) + HORIZON + 1, begin)
    of = anomalies(part, fitted.normal)
    columns = boosting.tree_columns(of, *place) if fitted.learned.trees else None
    at = rows - begin
    out = forecasts(of, columns, fitted.learned, at, leads)
    point = training.blend(fitted, out, leads)
    band = training.bands(fitted, of, point, at, leads, BAND)
    shown = {name: out[name] for name in scores.absolute if name != "chosen"} | {"chosen": point}
    scores.add(shown, band, observed(of, at, leads))
