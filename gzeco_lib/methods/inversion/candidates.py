"""Which of many named candidates made an episode: evidence of each by sums over all that is not known, in seconds.

The likelihood of every monitor and hour is tabled once over what may arrive there, for each signature of pollutants.
For a candidate, a beginning and a rate the tables are looked up and summed over the monitors, then integrated over the
error of the wind's direction in that hour (nodes shared by the monitors) and over an error of the plume's strength (a
convolution in the logarithm of the rate). Hours are joined by a sum over every beginning and end of the release and
over every width of the plume: air of a release is only as far as the wind has carried it since the beginning, so the
beginning matters. What is left are evidences that can be compared: candidates, places nobody named, no source.

Residuals are whitened across pollutants and follow a Student distribution; ``Settings.temper`` raises each hour's
likelihood to a power below one because residuals of successive hours are not independent (Holmes and Walker 2017,
doi:10.1093/biomet/asx010).
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
        stops: probability that a release ends in an hour.
        rate: spread of the prior of the rate, in the logarithm.
    """

    degrees: float = 4.0
    temper: float = 0.7
    own: float = 0.4
    strength: float = 0.4
    stops: float = 1.0 / 9.0
    rate: float = 1.5


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
class Evidence:
    """What the hours together say of each candidate.

    Attributes:
        log: evidence against no source (candidate,).
        rate: posterior of the rate, if it was the source (candidate, rate).
        on: probability that its air was in the hour, if it was the source (candidate, time).
    """

    log: np.ndarray
    rate: np.ndarray
    on: np.ndarray


def loads(rates: np.ndarray, least: float = 0.05, most: float = 4000.0) -> np.ndarray:
    """Concentrations at a monitor [ug m-3] that ``tables`` are made for, with the step of ``rates``."""
    step = np.log(rates[1] / rates[0])
    return np.asarray(least * np.exp(step * np.arange(int(np.ceil(np.log(most / least) / step)) + 1)))


def tables(episode: Episode, signatures: np.ndarray, arriving: np.ndarray, settings: Settings) -> np.ndarray:
    """Tempered log likelihood ratios against no source (signature, time, monitor, load).

    Args:
        episode: what was seen.
        signatures: emission of each pollutant per unit of the main one (signature, pollutant); CO in units that give
            mg m-3.
        arriving: loads of the main pollutant [ug m-3], even in the logarithm.
        settings: what is assumed of errors.

    Raises:
        InputError: signatures of another number of pollutants.
    """
    times, monitors, pollutants = episode.excess.shape
    if signatures.shape[1] != pollutants:
        raise _shape(signatures.shape, (len(signatures), pollutants))
    out = np.zeros((len(signatures), times, monitors, len(arriving)))
    _tabulate(
        out, episode.excess, episode.sd, np.ascontiguousarray(episode.white), episode.kind.astype(np.int64),
        episode.nox, episode.oxidant, episode.photolysis, np.ascontiguousarray(signatures), arriving, settings.degrees,
        settings.temper, settings.own,
    )  # fmt: skip
    return out


def spells(
    table: np.ndarray, arriving: np.ndarray, dilution: np.ndarray, share: np.ndarray, weight: np.ndarray,
    rates: np.ndarray, middle: float, settings: Settings,
) -> np.ndarray:  # fmt: skip
    """Log evidence of one candidate for each beginning, last hour and rate (begin, last, rate), priors included.

    Args:
        table: of the candidate's signature (time, monitor, load), of ``tables``.
        arriving: as there.
        dilution: [ug m-3 per kg h-1] (time, node, monitor).
        share: of it that has come to each monitor in each hour, by the hour the release began (begin, time, monitor).
        weight: probability of each wind error (time, node).
        rates: [kg h-1] with the step of ``arriving``.
        middle: prior median of the rate [kg h-1].
        settings: what is assumed of errors and lengths.

    Raises:
        InputError: shapes that do not fit.
    """
    times, monitors, _ = table.shape
    if dilution.shape != (times, weight.shape[1], monitors) or share.shape != (times, times, monitors):
        raise _shape(dilution.shape, (times, weight.shape[1], monitors))
    step = np.log(rates[1] / rates[0])
    reach = int(np.ceil(2.5 * settings.strength / step))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * step / max(settings.strength, 1e-6)) ** 2)
    hourly = np.zeros((times, times, len(rates)))
    _sum(
        hourly, table, np.log(np.maximum(dilution, 1e-12)), np.log(np.maximum(share, 1e-12)), np.log(weight + 1e-300),
        np.log(rates[0] / arriving[0]), step, kernel / kernel.sum(),
    )  # fmt: skip
    prior = -0.5 * (np.log(rates / middle) / settings.rate) ** 2
    prior -= np.log(np.exp(prior).sum())
    return np.cumsum(hourly, axis=1) + _lengths(times, settings.stops)[:, :, None] + prior


def summary(found: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Log evidence, posterior of the rate (rate,) and of each hour to be within the release (time,).

    Args:
        found: of ``spells``, with any number of axes before (..., begin, last, rate).
    """
    flat = found.reshape(-1, *found.shape[-3:])
    top = flat.max()
    chance = np.exp(flat - top).sum(axis=0)
    total = chance.sum()
    begun = np.cumsum(chance.sum(axis=2), axis=0)  # (hour, last): begun by then
    on = np.array([begun[t, t:].sum() for t in range(len(begun))]) / total
    return float(top + np.log(total)), chance.sum(axis=(0, 1)) / total, on


def _lengths(times: int, stops: float) -> np.ndarray:
    """Log prior of a release from hour b to hour e (begin, last): any beginning alike, the length geometric."""
    length = np.arange(times)[None, :] - np.arange(times)[:, None]
    ends = np.where(np.arange(times) < times - 1, np.log(stops), 0.0)
    return np.where(length >= 0, length * np.log1p(-stops) + ends[None, :] - np.log(times), -np.inf)


def _shape(given: tuple[int, ...], expected: tuple[int, ...]) -> InputError:
    return InputError(
        N_("the dilution has shape {shape}, not {expected}"), WHERE,
        N_("give candidate, time, wind error and monitor in this order"), shape=given, expected=expected,
    )  # fmt: skip


@njit(cache=True)
def _sum(
    out: np.ndarray, table: np.ndarray, dilution: np.ndarray, share: np.ndarray, weight: np.ndarray, first: float,
    step: float, kernel: np.ndarray,
) -> None:  # fmt: skip
    """Fill ``out`` (begin, time, rate); all but ``table`` are logarithms, ``first`` that of a rate over a load."""
    times, nodes, monitors = dilution.shape
    rates, last, reach = out.shape[2], table.shape[2] - 1, len(kernel) // 2
    node, hour = np.zeros((nodes, rates)), np.zeros(rates)
    for b in range(times):
        for t in range(b, times):
            for q in range(nodes):
                node[q] = weight[t, q]
                for s in range(monitors):
                    place = (dilution[t, q, s] + share[b, t, s] + first) / step
                    if place + rates < 0.0:
                        continue
                    low = int(np.floor(place))
                    part = place - low
                    for g in range(rates):
                        j = low + g
                        if j >= last:
                            node[q, g] += table[t, s, last]
                        elif j >= 0:
                            node[q, g] += (1.0 - part) * table[t, s, j] + part * table[t, s, j + 1]
                        elif j == -1:
                            node[q, g] += part * table[t, s, 0]
            for g in range(rates):
                top = node[:, g].max()
                hour[g] = top + np.log(np.exp(node[:, g] - top).sum())
            top = hour.max()
            for g in range(rates):
                total = 0.0
                for k in range(len(kernel)):
                    total += kernel[k] * np.exp(hour[min(max(g + k - reach, 0), rates - 1)] - top)
                out[b, t, g] = top + np.log(max(total, 1e-300))


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
def _tabulate(
    out: np.ndarray, excess: np.ndarray, sd: np.ndarray, white: np.ndarray, kind: np.ndarray, nox: np.ndarray,
    oxidant: np.ndarray, ratio: np.ndarray, mix: np.ndarray, arriving: np.ndarray, degrees: float, temper: float,
    own: float,
) -> None:  # fmt: skip
    """Fill ``out`` (signature, time, monitor, load) with tempered log likelihood ratios against no source."""
    times, monitors, pollutants = excess.shape
    half = 0.5 * (degrees + 1.0)
    e, c = np.zeros(pollutants), np.zeros(pollutants)
    for m in range(len(mix)):
        for t in range(times):
            for s in range(monitors):
                for g in range(len(arriving)):
                    for p in range(pollutants):
                        e[p] = c[p] = 0.0
                        if not np.isnan(excess[t, s, p]):
                            e[p] = excess[t, s, p] / sd[t, s, p]
                            load = arriving[g] * mix[m, p]
                            c[p] = added(kind[p], load, nox[t, s], oxidant[t, s], ratio[t]) / sd[t, s, p]
                    total = 0.0
                    for i in range(pollutants):
                        a = b = 0.0
                        for j in range(i + 1):
                            a += white[i, j] * e[j]
                            b += white[i, j] * c[j]
                        size = 1.0 + (own * b) ** 2
                        left = (a - b) ** 2 / size
                        total += half * (np.log1p(a * a / degrees) - np.log1p(left / degrees)) - 0.5 * np.log(
                            size
                        )
                    out[m, t, s, g] = temper * total


def wind_errors(table: np.ndarray, arriving: np.ndarray, load: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Posterior of each wind error (time, node) had a source brought ``load`` [ug m-3] (time, node, monitor)."""
    place = np.log(np.maximum(load, 1e-12) / arriving[0]) / np.log(arriving[1] / arriving[0])
    low = np.clip(np.floor(place), 0, len(arriving) - 2).astype(int)
    part = np.clip(place - low, 0.0, 1.0)
    time, monitor = np.arange(len(load))[:, None, None], np.arange(load.shape[2])[None, None, :]
    value = (1 - part) * table[time, monitor, low] + part * table[time, monitor, low + 1]
    score = np.where(place > -1, value, 0.0).sum(axis=2) + np.log(weight + 1e-300)
    chance = np.exp(score - score.max(axis=1, keepdims=True))
    return np.asarray(chance / chance.sum(axis=1, keepdims=True))


def whitening(standard: np.ndarray, shrinkage: float = 0.1) -> np.ndarray:
    """Lower triangular matrix that makes residuals (n, pollutant) of quiet hours uncorrelated with unit variance."""
    known = np.isfinite(standard).all(axis=1)
    clipped = np.clip(standard[known], -4.0, 4.0)
    size = standard.shape[1]
    if len(clipped) < 10 * size:
        return np.eye(size)
    correlation = (1 - shrinkage) * np.corrcoef(clipped.T).reshape(size, size) + shrinkage * np.eye(size)
    return np.linalg.inv(np.linalg.cholesky(correlation))
