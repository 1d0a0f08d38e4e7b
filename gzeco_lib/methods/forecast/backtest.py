"""Skill by lead time on rolling origins, every forecast made from what was known at its origin."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.forecast import boosting, grades, training
from gzeco_lib.methods.forecast.design import HISTORY, anomalies
from gzeco_lib.methods.forecast.forecaster import WINDOW_DAYS, checked_leads, known_members, moment
from gzeco_lib.methods.forecast.intervals import LEVELS
from gzeco_lib.methods.forecast.league import LEAGUE, forecasts, observed
from gzeco_lib.methods.forecast.panel import HORIZON, Array, Panel, panel
from gzeco_lib.methods.forecast.scoring import Made, Scores
from gzeco_lib.parallel import workers

BASELINES = ("persistence", "yesterday")
ORIGINS = 250  # scored at once
TREE_DAYS, TREE_SHARE = (
    28,
    1 / 16,
)  # for which trees are kept: days, or so much of the record where that is more

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class BacktestResult:
    """Errors by lead: all lists run over ``leads``; units are those of the data.

    ``skill`` is 1 - MAE of the chosen / MAE of the better baseline (persistence, same hour yesterday), ``skill_rmse``
    the same of the RMSE. All members and the chosen are scored on the same (origin, site, lead) triples, ``cases`` at
    each lead. ``grades`` holds the probabilities of each AQI category by number, for a pollutant that HJ 633 rates.
    ``prognosis`` is "perfect" where the weather to come was given: an upper bound, no skill to be had.
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
    skill_rmse: list[float]
    grades: dict[str, dict[str, Any]]
    prognosis: str = "none"
    seconds: float = field(default=0.0)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, keyed as the command line prints them; NaN becomes None."""
        content = {
            "variable": self.variable, "leads": self.leads, "members": self.members, "chosen": self.chosen,
            "skill": self.skill, "skill_mean": float(np.mean(self.skill)), "weights": self.weights,
            "skill_rmse": self.skill_rmse, "grades": self.grades, "prognosis": self.prognosis,
            "period": {"start": self.start, "end": self.end}, "origins": self.origins, "cases": self.cases,
            "capture": self.capture, "refits": self.refits, "seconds": round(self.seconds, 2),
        }  # fmt: skip
        return json.loads(json.dumps(content), parse_constant=lambda _: None)

    def to_json(self) -> str:
        """One JSON object."""
        return json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False)


@dataclass(frozen=True)
class _Span:
    """One fit and the origins forecast with it: hours learned from are ``begin`` to ``at``, origins ``rows``."""

    begin: int
    at: int
    rows: Array


@dataclass(frozen=True)
class _Task:
    """Fits that share their trees, and all that they need; ``whole`` holds the hours learned from and forecast."""

    whole: Panel
    spans: list[_Span]
    every: int
    leads: Array
    league: tuple[str, ...]
    place: tuple[str, str]
    limits: Array


def backtest(
    data: xr.Dataset,
    variable: str,
    start: Any,
    end: Any,
    *,
    leads: Iterable[int] = range(1, HORIZON + 1),
    members: Sequence[str] = LEAGUE,
    every: int = 1,
    refit_days: int = 7,
    zone: str = "Asia/Shanghai",
    country: str = "CN",
    window_days: int = WINDOW_DAYS,
    prognosis: xr.Dataset | None = None,
    cluster: str | None = None,
    progress: Progress | None = None,
) -> BacktestResult:
    """Forecast from every ``every``-th hour in [start, end) and compare with what came.

    Args:
        data: as ``Forecaster.fit`` takes it; what lies after an origin is never looked at for that origin.
        start, end: naive UTC, or with zone; origins and the hours forecast both lie in the period.
        every: hours between origins [h].
        refit_days: the league is fitted anew on the past after so many days [d]; its trees, the dear part, are grown
            anew with the first fit after 28 days, or a sixteenth of the record learned from.
        prognosis: weather by valid time that counts as forecast. Measured weather makes the result an upper bound
            (perfect prognosis), and it is labelled so.
        cluster: None, ``local`` or the address of a Dask scheduler: fits run there, with equal numbers.
        progress: called with (done, all) tasks.

    Raises:
        InputError: nothing to train on before ``start``, nothing observed in the period, bad leads or members.
    """
    began = time.perf_counter()
    steps, league = checked_leads(leads), known_members(members)
    whole = panel(data, variable, future=prognosis)
    first, stop = whole.index(moment(start, "start")), whole.index(moment(end, "end"))
    stop = min(stop, len(whole.time))
    _check_period(whole, first, stop, every, refit_days)
    whole = whole.until(stop)
    shown = tuple(dict.fromkeys((*BASELINES, *league)))
    limits = _limits(variable, whole.time[first])
    scores, weight = Scores(shown, len(steps), limits), np.zeros((len(steps), len(league)))
    spans = list(_spans(first, stop, every, refit_days, window_days))
    tasks = list(_tasks(whole, spans, refit_days, (every, steps, league, (zone, country), limits)))
    origins = sum(len(span.rows) for span in spans)
    with workers(cluster) as run:
        batch = 1 if cluster is None else len(tasks)
        for at in range(0, len(tasks), batch):
            if progress:
                progress(at, len(tasks))
            for found, weights in run(_scored, tasks[at : at + batch]):
                scores += found
                weight += weights
    if progress:
        progress(len(tasks), len(tasks))
    members_found = {name: scores.of(name) for name in shown}
    chosen = scores.chosen()
    return BacktestResult(
        variable, str(whole.time[first])[:16], str(whole.time[stop - 1])[:16], steps.tolist(), members_found, chosen,
        _skill(members_found, chosen, "mae"), origins, scores.count.astype(int).tolist(),
        float(np.isfinite(whole.y[first:stop]).mean()), len(spans),
        {name: (weight[:, k] / max(origins, 1)).tolist() for k, name in enumerate(league)},
        _skill(members_found, chosen, "rmse"),
        {str(grades.CATEGORIES[g]): scores.grade(g) for g in range(len(limits))},
        "none" if prognosis is None else "perfect", time.perf_counter() - began,
    )  # fmt: skip


def _limits(variable: str, time: Any) -> Array:
    found = grades.limits(variable, time) if grades.rated(variable) else np.array([])
    return found[np.isfinite(found)]  # the highest categories have no limit for some


def _skill(
    members: dict[str, dict[str, list[float]]], chosen: dict[str, list[float]], score: str
) -> list[float]:
    best = np.minimum(members["persistence"][score], members["yesterday"][score])
    return (1 - np.array(chosen[score]) / np.where(best > 0, best, np.nan)).tolist()


def _spans(first: int, stop: int, every: int, refit_days: int, window_days: int) -> Iterator[_Span]:
    """The fits, each with the hours it learns from and the origins it forecasts."""
    for at in range(first, stop, refit_days * 24):
        rows = np.arange(at + (first - at) % every, min(at + refit_days * 24, stop), every)
        if len(rows):
            yield _Span(max(at - window_days * 24, 0), at, rows)


def _tasks(whole: Panel, spans: list[_Span], refit_days: int, options: Any) -> Iterator[_Task]:
    """Fits in turn, so many together as share their trees."""
    record = (spans[0].at - spans[0].begin) / 24
    together = max(int(max(TREE_DAYS, TREE_SHARE * record)) // refit_days, 1)
    for k in range(0, len(spans), together):
        part = spans[k : k + together]
        begin = part[0].begin
        cut = whole.until(int(part[-1].rows[-1]) + 1 + HORIZON, begin)
        moved = [_Span(s.begin - begin, s.at - begin, s.rows - begin) for s in part]
        yield _Task(cut, moved, *options)


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


def _scored(task: _Task) -> tuple[Scores, Array]:
    """Fit, forecast and score the spans of a task; also the weights (H, K) of the fits, times their origins."""
    names = tuple(dict.fromkeys((*BASELINES, *task.league)))
    scores, weight = (
        Scores(names, len(task.leads), task.limits),
        np.zeros((len(task.leads), len(task.league))),
    )
    lent = None
    for span in task.spans:
        known = task.whole.until(span.at, span.begin)
        fitted, lent = training.train_again(known, *task.place, task.league, True, lent)
        _score_span(task, span, fitted, scores)
        weight += fitted.weight[task.leads - 1] * len(span.rows)
    return scores, weight


def _score_span(task: _Task, span: _Span, fitted: training.Fitted, scores: Scores) -> None:
    begin = max(int(span.rows[0]) - HISTORY, 0)
    of = anomalies(task.whole.until(int(span.rows[-1]) + HORIZON + 1, begin), fitted.normal)
    columns = boosting.tree_columns(of, *task.place) if fitted.learned.trees else None
    rows, leads = span.rows - begin, task.leads
    usual = _usual(task, span)
    points, came = [], []
    for start in range(0, len(rows), ORIGINS):
        part = rows[start : start + ORIGINS]
        out = forecasts(of, columns, fitted.learned, part, leads)
        points.append((out, training.blend(fitted, out, leads)))
        came.append(observed(of, part, leads))
    point = np.concatenate([p for _, p in points])
    factor = training.factors(fitted, of, point, np.concatenate(came), rows, leads, task.every)
    for k, (out, chosen) in enumerate(points):
        cut = slice(k * ORIGINS, k * ORIGINS + len(chosen))
        part = rows[cut]
        made = Made(
            {name: out[name] for name in scores.absolute if name != "chosen"},
            training.chosen(fitted, chosen, leads),
            training.mean(fitted, out, leads),
            training.bands(fitted, of, chosen, part, leads, LEVELS, factor[cut]),
        )
        hour = (span.rows[cut][:, None] + leads) % 24
        scores.add(made, came[k], usual[:, hour])


def _usual(task: _Task, span: _Span) -> Array:
    """Share of the hours learned from above each limit, by hour of the panel's day: (G, 24)."""
    first = -(-span.begin // 24) * 24
    past = task.whole.y[first : span.at - span.at % 24].reshape(-1, 24, task.whole.y.shape[1])
    known = np.maximum(np.isfinite(past).sum(axis=(0, 2)), 1)
    return np.stack([(past > limit).sum(axis=(0, 2)) / known for limit in task.limits] or [np.zeros(24)])
