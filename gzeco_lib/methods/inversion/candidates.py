"""Which of many named candidates made an episode: evidence of each by quadrature, in seconds.

For every candidate, hour and emission rate the likelihood of all monitors is integrated over the error of the wind's
direction (nodes shared by the monitors of an hour) and over an error of the plume's strength (a convolution in the
logarithm of the rate). Hours follow each other as a source that is off or on (a hidden Markov chain), which sums over
every beginning and end. What is left are evidences that can be compared: candidates, places nobody named, no source.

Residuals are whitened across pollutants and follow a Student distribution; ``Settings.temper`` raises each hour's
likelihood to a power below one because residuals of successive hours are not independent (Holmes and Walker 2017,
doi:10.1093/biomet/asx010). Hidden Markov forward and backward passes: Rabiner 1989, doi:10.1109/5.18626.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from gzeco_lib.errors import N_, InputError

WHERE = "methods.inversion.candidates"
LINEAR, NITROGEN_DIOXIDE, OZONE = 0, 1, 2
NOX_PPB = 1.0 / 1.88  # ppb per ug m-3 of NOx counted as NO2, 298.15 K
NO2_UG, O3_UG = 1.88, 1.96  # ug m-3 per ppb
PRIMARY = 0.1  # share of NOx that leaves a stack as NO2


@dataclass(frozen=True)
class Settings:
    """What is assumed of errors; how each was chosen stands in docs/methods/trace.md.

    Attributes:
        degrees: of freedom of the Student distribution of residuals.
        temper: power of each hour's likelihood.
        own: error of the plume at a single monitor and pollutant, as a share of it.
        strength: error of the plume's strength common to an hour, in the logarithm.
        starts: probability that a source begins in an hour.
        stops: that it ends.
        rate: spread of the prior of the rate, in the logarithm.
    """

    degrees: float = 4.0
    temper: float = 0.5
    own: float = 0.6
    strength: float = 0.8
    starts: float = 1.0 / 48.0
    stops: float = 1.0 / 9.0
    rate: float = 1.8


@dataclass(frozen=True)
class Episode:
    """What the monitors saw: arrays (time, monitor, pollutant).

    Attributes:
        excess: observed less background [variable's unit], NaN where missing.
        sd: standard error of the background [variable's unit].
        white: whitening matrix across pollutants (pollutant, pollutant) of ``excess / sd``.
        kind: of each pollutant: ``LINEAR``, ``NITROGEN_DIOXIDE`` or ``OZONE``.
        nox, oxidant: of the background [ppb] (time, monitor); only read for the last two kinds.
        photolysis: ratio of NO2 photolysis to its titration by ozone [ppb] (time,).
    """

    excess: np.ndarray
    sd: np.ndarray
    white: np.ndarray
    kind: np.ndarray
    nox: np.ndarray
    oxidant: np.ndarray
    photolysis: np.ndarray


@dataclass(frozen=True)
class Likelihood:
    """Log likelihood ratio against no source by candidate, hour and rate.

    Attributes:
        hourly: (candidate, time, rate), on and off compared, errors of wind and strength integrated out.
        node: log weight of each wind error given the rate (candidate, time, node, rate), before the strength's error.
        rates: [kg h-1] (rate,), even in the logarithm.
    """

    hourly: np.ndarray
    node: np.ndarray
    rates: np.ndarray


def likelihood(
    episode: Episode,
    dilution: np.ndarray,
    mix: np.ndarray,
    weight: np.ndarray,
    rates: np.ndarray,
    settings: Settings,
) -> Likelihood:
    """Log likelihood ratios of all candidates.

    Args:
        episode: what was seen.
        dilution: [ug m-3 per kg h-1] (candidate, time, node, monitor).
        mix: emission of each pollutant per unit of the main one (candidate, pollutant); CO in units that give mg m-3.
        weight: probability of each wind error (node,) or (time, node).
        rates: [kg h-1], even in the logarithm.

    Raises:
        InputError: shapes that do not fit.
    """
    times, monitors, pollutants = episode.excess.shape
    shape = (len(mix), times, np.shape(weight)[-1], monitors)
    if dilution.shape != shape or mix.shape[1] != pollutants:
        raise InputError(
            N_("the dilution has shape {shape}, not {expected}"), WHERE,
            N_("give candidate, time, wind error and monitor in this order"), shape=dilution.shape, expected=shape,
        )  # fmt: skip
    node = np.empty((*shape[:3], len(rates)))
    _fill(
        node, episode.excess, episode.sd, np.ascontiguousarray(episode.white), episode.kind.astype(np.int64),
        episode.nox, episode.oxidant, episode.photolysis, dilution, mix, rates, settings.degrees, settings.temper,
        settings.own,
    )  # fmt: skip
    node += np.log(np.broadcast_to(weight, (times, shape[2])))[None, :, :, None]
    top = node.max(axis=2)
    hourly = top + np.log(np.exp(node - top[:, :, None]).sum(axis=2))
    return Likelihood(_blurred(hourly, rates, settings.strength), node, rates)


def _blurred(hourly: np.ndarray, rates: np.ndarray, strength: float) -> np.ndarray:
    """The likelihood with the rate known to within ``strength`` in each hour; the ends of the axis are held."""
    step = np.log(rates[1] / rates[0])
    reach = int(np.ceil(2.5 * strength / step))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * step / max(strength, 1e-6)) ** 2)
    kernel /= kernel.sum()
    top = np.maximum(hourly.max(axis=2, keepdims=True), 0.0)
    wide = np.pad(np.exp(hourly - top), ((0, 0), (0, 0), (reach, reach)), mode="edge")
    blurred = sum(k * wide[:, :, i : i + len(rates)] for i, k in enumerate(kernel))
    return np.log(np.maximum(blurred, 1e-300)) + top


@njit(cache=True)
def added(kind: int, load: float, nox: float, oxidant: float, ratio: float) -> float:
    """Change of a concentration [variable's unit] where ``load`` [ug m-3] arrives; NOx reacts with ozone at once.

    Photostationary state (Leighton 1961): (NOx - NO2)(Ox - NO2) = r NO2.
    """
    if kind == 0:
        return load
    ppb = load * NOX_PPB
    total = nox + oxidant + ratio
    before = 0.5 * (total - np.sqrt(max(total * total - 4.0 * nox * oxidant, 0.0)))
    n, o = nox + ppb, oxidant + PRIMARY * ppb
    total = n + o + ratio
    after = 0.5 * (total - np.sqrt(max(total * total - 4.0 * n * o, 0.0)))
    if kind == 1:
        return NO2_UG * (after - before)
    return O3_UG * (PRIMARY * ppb - (after - before))


@njit(cache=True)
def _fill(  # noqa: PLR0912 (a kernel: the loops are the sum it computes)
    out: np.ndarray, excess: np.ndarray, sd: np.ndarray, white: np.ndarray, kind: np.ndarray, nox: np.ndarray,
    oxidant: np.ndarray, ratio: np.ndarray, dilution: np.ndarray, mix: np.ndarray, rates: np.ndarray, degrees: float,
    temper: float, own: float,
) -> None:  # fmt: skip
    """Fill ``out`` (candidate, time, node, rate) with tempered log likelihood ratios against no source."""
    times, monitors, pollutants = excess.shape
    half = 0.5 * (degrees + 1.0)
    e, c = np.zeros(pollutants), np.zeros(pollutants)
    for k in range(out.shape[0]):
        for t in range(times):
            for q in range(out.shape[2]):
                for g in range(len(rates)):
                    out[k, t, q, g] = 0.0
                for s in range(monitors):
                    d = dilution[k, t, q, s]
                    if d * rates[-1] < 0.3:
                        continue
                    for g in range(len(rates)):
                        load = d * rates[g]
                        if load < 0.02:
                            continue
                        for p in range(pollutants):
                            if np.isnan(excess[t, s, p]):
                                e[p] = c[p] = 0.0
                            else:
                                e[p] = excess[t, s, p] / sd[t, s, p]
                                c[p] = (
                                    added(kind[p], load * mix[k, p], nox[t, s], oxidant[t, s], ratio[t])
                                    / sd[t, s, p]
                                )
                        ratio_log = 0.0
                        for i in range(pollutants):
                            a = b = 0.0
                            for j in range(i + 1):
                                a += white[i, j] * e[j]
                                b += white[i, j] * c[j]
                            size = 1.0 + (own * b) ** 2
                            left = (a - b) ** 2 / size
                            ratio_log += half * (np.log1p(a * a / degrees) - np.log1p(left / degrees))
                            ratio_log -= 0.5 * np.log(size)
                        out[k, t, q, g] += temper * ratio_log


@dataclass(frozen=True)
class Evidence:
    """What the hours together say of each candidate.

    Attributes:
        log: evidence of a source that was on at some hour, against none (candidate,).
        rate: posterior of the rate, if it was the source (candidate, rate).
        on: probability that it was on (candidate, time), if it was the source.
    """

    log: np.ndarray
    rate: np.ndarray
    on: np.ndarray


def evidence(found: Likelihood, middle: np.ndarray, settings: Settings) -> Evidence:
    """Sum over all beginnings, ends and rates.

    Args:
        found: of ``likelihood``.
        middle: prior median of each candidate's rate [kg h-1] (candidate,).
        settings: chances to begin and to end, spread of the prior of the rate.
    """
    log_rate = np.log(found.rates)
    prior = -0.5 * ((log_rate[None] - np.log(middle)[:, None]) / settings.rate) ** 2
    prior -= np.log(np.exp(prior).sum(axis=1, keepdims=True))
    total, on = _chain(found.hourly, settings.starts, settings.stops)
    joint = total + prior
    top = joint.max(axis=1, keepdims=True)
    rate = np.exp(joint - top)
    log = top[:, 0] + np.log(rate.sum(axis=1))
    rate /= rate.sum(axis=1, keepdims=True)
    return Evidence(log, rate, np.einsum("ktg,kg->kt", on, rate))


def _chain(hourly: np.ndarray, starts: float, stops: float) -> tuple[np.ndarray, np.ndarray]:
    """Log evidence of a source on at some hour (candidate, rate) and probability to be on (candidate, time, rate)."""
    times = hourly.shape[1]
    shape = (hourly.shape[0], hourly.shape[2])
    top = np.maximum(hourly, 0.0)
    lit, dark = np.exp(hourly - top), np.exp(-top)
    off, on, scale = np.ones(shape), np.zeros(shape), np.zeros(shape)
    forward = np.empty((times, 2, *shape))
    for t in range(times):
        off, on = (
            (off * (1 - starts) + on * stops) * dark[:, t],
            (off * starts + on * (1 - stops)) * lit[:, t],
        )
        size = off + on
        off, on = off / size, on / size
        scale += np.log(size) + top[:, t]
        forward[t] = off, on
    after = np.ones((2, *shape))
    state = np.empty((shape[0], times, shape[1]))
    for t in range(times - 1, -1, -1):
        both = forward[t] * after
        state[:, t] = both[1] / np.maximum(both.sum(axis=0), 1e-300)
        to_off, to_on = after[0] * dark[:, t], after[1] * lit[:, t]
        after = np.stack([to_off * (1 - starts) + to_on * starts, to_off * stops + to_on * (1 - stops)])
        after /= np.maximum(after.max(axis=0), 1e-300)
    never = times * np.log1p(-starts)
    gone = np.exp(np.minimum(never - scale, 0.0))
    total = scale + np.log(np.maximum(1.0 - gone, 1e-12)) - np.log1p(-np.exp(never))
    return total, state


def whitening(standard: np.ndarray, shrinkage: float = 0.1) -> np.ndarray:
    """Lower triangular matrix that makes residuals (n, pollutant) of quiet hours uncorrelated with unit variance."""
    known = np.isfinite(standard).all(axis=1)
    clipped = np.clip(standard[known], -4.0, 4.0)
    size = standard.shape[1]
    if len(clipped) < 10 * size:
        return np.eye(size)
    correlation = (1 - shrinkage) * np.corrcoef(clipped.T).reshape(size, size) + shrinkage * np.eye(size)
    return np.linalg.inv(np.linalg.cholesky(correlation))
