"""The full posterior of named candidates and a source nobody named, with PyMC sampled by nutpie.

Which of the candidates emitted is a question of sets: nothing, one of them, two of them, ... The sampler cannot hop
between sets, so all are kept side by side and summed over at every step; the weights they have there, averaged over the
draws, are their posterior probabilities. What is sampled is continuous: a rate for each candidate (or one an hour), the
place and rate of the unknown source, background levels, common errors of the wind direction, of the plume's spread and
of its strength, and the model error of ``noise``, whose shared parts are integrated out in closed form. Errors of
successive times go together (a plume that bends is late for an hour): times share them in blocks, as long as
``regions.lag_count`` lets them correlate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.inversion import noise, regions
from gzeco_lib.methods.inversion.answer import UNKNOWN, Answer, Named, Rate, alike, blind
from gzeco_lib.methods.inversion.locate import BIAS_SD, TURN_SD, WIDEN_SD
from gzeco_lib.methods.inversion.response import PlumeResponse
from gzeco_lib.methods.inversion.screen import checked, labels, screen

WHERE = "methods.inversion.posterior"
RATE_SPREAD = 1.5  # prior of the logarithm of a rate: 95 % within a factor of twenty of the typical rate
HOURLY_SPREAD = 0.5  # prior of how much the logarithm of a rate changes from hour to hour
ANYBODY = 0.3  # prior probability that a given candidate emits
CELLS = 24  # places along each side of the box among which the unknown source's response is interpolated


@dataclass(frozen=True)
class Posterior:
    """What the sampler found.

    Attributes:
        answer: the candidates with their probabilities, rates and what the monitors cannot tell.
        sets: the sets of candidates, and the probability of each.
        draws: dims (draw): ``rate`` (draw, candidate) [g s-1] given that it emits, ``x``, ``y`` [m] of the unknown
            source, ``member`` (draw, candidate) weight of the sets it is in, ``turn`` [rad], ``widen``, model error;
            with hourly rates ``hourly`` (draw, candidate, time) [g s-1].
        divergent: share of draws at which the sampler diverged; above a few per cent the result is not to be trusted.
    """

    answer: Answer
    sets: dict[tuple[str, ...], float]
    draws: xr.Dataset
    divergent: float


@dataclass(frozen=True)
class _Data:
    response: PlumeResponse
    observed: np.ndarray
    sd: np.ndarray
    starts: np.ndarray
    label: np.ndarray
    value: np.ndarray
    turn: np.ndarray
    widen: np.ndarray
    box: np.ndarray
    scale: float


def posterior(
    response: PlumeResponse,
    observed: ArrayLike,
    sd: ArrayLike,
    names: Sequence[str],
    places: ArrayLike,
    box: ArrayLike,
    background: ArrayLike | None = None,
    group: ArrayLike | None = None,
    most: int = 2,
    hourly: bool = False,
    prior: float = ANYBODY,
    draws: int = 500,
    chains: int = 2,
    tune: int = 500,
    seed: int = 0,
    level: float = 0.95,
) -> Posterior:
    """Probability of each candidate and of a source that is not on the list, with rates and intervals.

    Args:
        response: the plume at the observations.
        observed: [g m-3] (observation,).
        sd: of the instruments [g m-3].
        names: of the candidates.
        places: of the candidates [m] (candidate, 2).
        box: where an unknown source may be, ((west, east), (south, north)) [m].
        background: label of the observations that share a level.
        group: label of the observations that share model errors; None is a block of successive times.
        most: sources that emit at the same time at most.
        hourly: whether rates change from time to time (lognormal about their mean) or are constant.
        prior: probability of each candidate, and of an unknown source, to emit.
        draws: kept in each chain.
        chains: run one after the other.
        tune: draws of each chain that only tune the sampler.
        seed: of the sampler.
        level: of the intervals of rates.

    Raises:
        InputError: shapes do not fit, names are not unique, or ``UNKNOWN`` is among them.
    """
    sites = np.atleast_2d(np.asarray(places, float))
    if len(set(names)) != len(names) or UNKNOWN in names or sites.shape != (len(names), 2):
        raise InputError(
            N_("{count} places do not fit the names {names}"), WHERE,
            N_("give each candidate one name and one place; the unknown source comes by itself"),
            count=len(sites), names=", ".join(names),
        )  # fmt: skip
    data = _sorted(response, observed, sd, sites, box, background, group)
    chosen = [set_ for size in range(most + 1) for set_ in combinations(range(len(names) + 1), size)]
    trace = _sampled(data, chosen, prior, hourly, (draws, tune, chains), seed)
    return _answered(data, [*names, UNKNOWN], chosen, trace, prior, level, seed)


def _sorted(
    response: PlumeResponse, observed: ArrayLike, sd: ArrayLike, sites: np.ndarray, box: ArrayLike,
    background: ArrayLike | None, group: ArrayLike | None,
) -> _Data:  # fmt: skip
    _, y, s = checked(np.zeros((len(response), 1)), observed, sd)
    _, step = np.unique(response.time, return_inverse=True)
    blocks = step // (regions.lag_count(int(step.max()) + 1) + 1)
    groups = blocks if group is None else np.asarray(group)
    order = np.argsort(groups, kind="stable")
    seen = response.take(order)
    _, starts = np.unique(groups[order], return_index=True)
    slopes = seen.slopes(sites)
    # a rate that makes the strongest signals, as the scale of the prior: no more than an order of magnitude
    high = np.quantile(y, 0.99) - np.median(y)
    scale = max(float(high), float(np.median(s))) / max(
        float(np.quantile(slopes.value.max(axis=1), 0.99)), 1e-30
    )
    return _Data(
        seen, y[order], s[order], starts, labels(background, len(y))[order], slopes.value, slopes.turn,
        slopes.widen, np.asarray(box, float).reshape(2, 2), scale,
    )  # fmt: skip


def _unknown(data: _Data, x: Any, y: Any) -> tuple[Any, Any, Any]:
    """Response of a source at a place the sampler moves, and its slopes: bilinear between places of a fine grid."""
    import pytensor.tensor as pt

    (west, east), (south, north) = data.box
    across, up = np.linspace(west, east, CELLS), np.linspace(south, north, CELLS)
    grid = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    slopes = data.response.slopes(grid)
    i = (x - west) / (east - west) * (CELLS - 1)
    j = (y - south) / (north - south) * (CELLS - 1)
    i0, j0 = (pt.clip(pt.floor(v), 0, CELLS - 2).astype("int64") for v in (i, j))
    a, b = i - i0, j - j0
    out = []
    for values in (slopes.value, slopes.turn, slopes.widen):
        table = pt.as_tensor(np.ascontiguousarray(values.T))
        corners = [table[(j0 + dj) * CELLS + i0 + di] for dj in (0, 1) for di in (0, 1)]
        low = corners[0] * (1 - a) + corners[1] * a
        out.append(low * (1 - b) + (corners[2] * (1 - a) + corners[3] * a) * b)
    return out[0], out[1], out[2]


def _likelihood(data: _Data, plume: Any, turn: Any, widen: Any, level: Any, error: dict[str, Any]) -> Any:
    """Log likelihood of each set (set,), from plumes and slopes (set, observation).

    Each group's shared errors are integrated out: a 4 x 4 Cholesky factor written out, all groups and sets at once. The
    observations of a group lie side by side in rows filled up to equal length; what fills them has no weight.
    """
    import pytensor.tensor as pt

    count = np.diff(np.append(data.starts, len(data.observed)))
    inside = np.arange(count.max()) < count[:, None]
    rows = np.where(inside, data.starts[:, None] + np.arange(count.max()), 0)
    p, d, e = (values[:, rows.ravel()].reshape((-1, *rows.shape)) for values in (plume, turn, widen))
    residual = data.observed[rows] - level[data.label[rows]] - p
    variance = (error["additive"] * data.sd[rows]) ** 2 + (error["own"] * p) ** 2
    weight = inside / variance
    columns = [
        error["shared"] * p,
        error["direction"] * d,
        error["spread"] * e,
        error["background"] * float(np.median(data.sd)) * pt.ones_like(p),
    ]
    total = pt.sum(pt.log(variance) * inside, axis=(1, 2))
    square = pt.sum(residual**2 * weight, axis=2)
    factor: list[list[Any]] = []
    right: list[Any] = []
    for i in range(4):
        row: list[Any] = []
        for j in range(i + 1):
            rest = pt.sum(columns[i] * columns[j] * weight, axis=2) + (1.0 if i == j else 0.0)
            for q in range(j):
                rest = rest - row[q] * (factor[j][q] if j < i else row[q])
            row.append(pt.sqrt(rest) if i == j else rest / factor[j][j])
        factor.append(row)
        rest = pt.sum(columns[i] * residual * weight, axis=2)
        for q in range(i):
            rest = rest - row[q] * right[q]
        right.append(rest / row[i])
        total = total + 2.0 * pt.sum(pt.log(row[i]), axis=1)
        square = square - right[i] ** 2
    freedom = noise.FREEDOM if len(count) >= noise.FEW else noise.GAUSSIAN
    return -0.5 * (total + pt.sum((freedom + count) * pt.log1p(square / freedom), axis=1))


def _begin(data: _Data) -> np.ndarray:
    """Where the unknown source begins, as shares of the box: what a screening asks for beside the candidates.

    Places far apart explain the observations about as well, and a chain that begins at the wrong one stays there.
    """
    share = (np.arange(CELLS) + 0.5) / CELLS
    places = np.stack(np.meshgrid(share, share), axis=-1).reshape(-1, 2)
    matrix = data.response.matrix(data.box[:, 0] + places * (data.box[:, 1] - data.box[:, 0]))
    found = screen(np.column_stack([data.value, matrix]), data.observed, data.sd, data.label)
    rates = found.rates[data.value.shape[1] :]
    return places[int(np.argmax(rates))] if rates.max() > 0 else np.full(2, 0.5)


def _sampled(
    data: _Data,
    sets: list[tuple[int, ...]],
    prior: float,
    hourly: bool,
    length: tuple[int, int, int],
    seed: int,
) -> Any:
    """Draws of the model, dims (sample, ...)."""
    import nutpie
    import pymc as pm
    import pytensor.tensor as pt

    count, times = data.value.shape[1], len(data.response.layer)
    unit = float(np.median(data.sd))
    low = np.array([np.quantile(data.observed[data.label == k], 0.3) for k in range(data.label.max() + 1)])
    with pm.Model() as model:
        log_rate = pm.Normal("log_rate", np.log(data.scale), RATE_SPREAD, shape=count + 1)
        rate = pt.exp(log_rate)
        part = pm.Uniform("part", 0.0, 1.0, shape=2, initval=_begin(data))
        x, y = (data.box[k, 0] + part[k] * (data.box[k, 1] - data.box[k, 0]) for k in (0, 1))
        background = pm.Normal("level", 0.0, 1.0, shape=len(low))
        level = low + 10.0 * unit * background
        turned = pm.Normal("turn", 0.0, TURN_SD)
        widened = pm.Normal("widen", 0.0, WIDEN_SD)
        error = {
            name: pm.LogNormal(name, np.log(getattr(noise.PRIOR, name)), spread)
            for name, spread in zip(noise.ModelError.__dataclass_fields__, noise.PRIOR_SPREAD, strict=True)
        }
        value, turn, widen = _unknown(data, x, y)
        strength = rate[:, None]
        if hourly:
            change = pm.HalfNormal("change", HOURLY_SPREAD)
            step = pm.Normal("step", 0.0, 1.0, shape=(count + 1, times))
            strength = rate[:, None] * pt.exp(change * step)[:, data.response.time]
        values = pt.concatenate([pt.as_tensor(data.value.T), value[None]])
        turns = strength * pt.concatenate([pt.as_tensor(data.turn.T), turn[None]])
        widens = strength * pt.concatenate([pt.as_tensor(data.widen.T), widen[None]])
        # the turn is small beside the plume's width: first order, and never below nothing
        plumes = pt.maximum(strength * values + turned * turns + widened * widens, 0.0)
        inside = np.array([[float(k in chosen) for k in range(count + 1)] for chosen in sets])
        size = inside.sum(axis=1)
        odds = size * np.log(prior) + (count + 1 - size) * np.log1p(-prior)
        made = [pt.dot(inside, part_) for part_ in (plumes, turns, widens)]
        scores = _likelihood(data, made[0], made[1], made[2], level, error) + odds
        score = pm.Deterministic("score", scores)
        pm.Potential("sets", pt.logsumexp(score))
    compiled = nutpie.compile_pymc_model(model)
    draws, tune, chains = length
    found = nutpie.sample(
        compiled, draws=draws, tune=tune, chains=chains, cores=1, seed=seed, progress_bar=False
    )
    return found


def _answered(
    data: _Data, names: list[str], sets: list[tuple[int, ...]], trace: Any, prior: float, level: float,
    seed: int,
) -> Posterior:  # fmt: skip
    drawn = {name: np.concatenate(trace.posterior[name].to_numpy()) for name in trace.posterior.data_vars}
    score = drawn["score"]
    weight = np.exp(score - score.max(axis=1, keepdims=True))
    weight /= weight.sum(axis=1, keepdims=True)
    inside = np.array([[k in chosen for k in range(len(names))] for chosen in sets], float)
    member = weight @ inside
    # what the strength errs by in all observations alike no fit can see: the observations say nothing of it
    unseen = np.random.default_rng(seed).normal(0.0, BIAS_SD, (len(score), 1))
    rates = np.exp(drawn["log_rate"] + unseen)
    (west, east), (south, north) = data.box
    place = np.column_stack([
        west + drawn["part"][:, 0] * (east - west), south + drawn["part"][:, 1] * (north - south)
    ])  # fmt: skip
    typical = np.average(place, axis=0, weights=member[:, -1] + 1e-12)
    seen = np.column_stack([data.value, data.response.matrix(typical)])
    error = np.hypot(data.sd * float(np.median(drawn["additive"])), 1e-30)
    clear, likeness = blind(seen, error), alike(seen, error)
    np.fill_diagonal(likeness, -1.0)
    start = [len(chosen) for chosen in sets]
    before = np.array([prior**n * (1 - prior) ** (len(names) - n) for n in start])
    expected = before / before.sum() @ inside
    told = [
        Named(
            name, float(np.clip(member[:, k].mean(), 0, 1)), float(expected[k]),
            _rate(rates[:, k], member[:, k], level), float(clear[k]),
            (names[int(likeness[k].argmax())], float(likeness[k].max())),
        )
        for k, name in enumerate(names)
    ]  # fmt: skip
    by_set = weight.mean(axis=0)
    diverging = float(trace.sample_stats["diverging"].to_numpy().mean())
    return Posterior(
        Answer(tuple(told), float(by_set[0])),
        {tuple(names[k] for k in chosen): float(p) for chosen, p in zip(sets, by_set, strict=True)},
        _draws(drawn, names, rates, place, member), diverging,
    )  # fmt: skip


def _rate(rates: np.ndarray, member: np.ndarray, level: float) -> Rate:
    """Weighted quantiles of a rate, each draw counting as much as the candidate emits in it."""
    order = np.argsort(rates)
    share = np.cumsum(member[order] + 1e-12)
    lo, middle, hi = np.interp(
        [0.5 - level / 2, 0.5, 0.5 + level / 2], (share - 0.5 * member[order]) / share[-1], rates[order]
    )
    return Rate(float(middle), float(lo), float(hi), level)


def _draws(
    drawn: dict[str, np.ndarray], names: list[str], rates: np.ndarray, place: np.ndarray, member: np.ndarray
) -> xr.Dataset:
    units = {"units": "g s-1"}
    variables: dict[str, Any] = {
        "rate": (("draw", "candidate"), rates, units),
        "member": (("draw", "candidate"), member),
        "x": ("draw", place[:, 0], {"units": "m"}), "y": ("draw", place[:, 1], {"units": "m"}),
        "turn": ("draw", drawn["turn"], {"units": "rad"}), "widen": ("draw", drawn["widen"]),
    }  # fmt: skip
    for name in noise.ModelError.__dataclass_fields__:
        variables[name] = ("draw", drawn[name])
    if "step" in drawn:
        hourly = rates[:, :, None] * np.exp(drawn["change"][:, None, None] * drawn["step"])
        variables["hourly"] = (("draw", "candidate", "time"), hourly, units)
    return xr.Dataset(variables, {"candidate": names})
