"""Block bootstrap of a factorisation: what the profiles would be with other samples.

Blocks of successive samples are drawn with replacement and factorised anew; each new factor belongs to the base
factor its contributions correlate with best, above 0.6, or to none (guide of EPA PMF 5.0, section 6.2; Paatero et
al. 2014, doi:10.5194/amt-7-781-2014). The block length follows Politis and White (2004), doi:10.1081/ETC-120028836.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.factorisation.factorise import Factors, descended, random_start
from gzeco_lib.parallel import workers

LEAST_CORRELATION = 0.6
TOLERANCE = 1e-5


@dataclass(frozen=True)
class Bootstrap:
    """Profiles of resamples.

    Attributes:
        low, median, high: percentiles 5, 50, 95 of the mapped profiles (factor, species), in the species'
            unit.
        mapping: resampled factors (rows, with ``unmapped`` last) mapped to base factors (columns).
        block: samples a block.
    """

    low: pd.DataFrame
    median: pd.DataFrame
    high: pd.DataFrame
    mapping: pd.DataFrame
    block: int

    @property
    def stable(self) -> pd.Series:
        """Share of resamples in which each factor came back [1]; the guide asks for 0.8 and more."""
        own = pd.Series(np.diag(self.mapping.iloc[:-1]), self.mapping.columns)
        return own / max(float(self.mapping.to_numpy().sum() / self.mapping.shape[1]), 1.0)


def block_length(values: np.ndarray) -> int:
    """Length of the blocks for a circular bootstrap of the mean of ``values`` (n,), by Politis and White (2004)."""
    x = values[np.isfinite(values)] - np.nanmean(values)
    n = len(x)
    if n < 20 or not x.any():
        return 1
    most = int(np.ceil(np.sqrt(n))) + 5
    r = np.array([(x[: n - lag] * x[lag:]).sum() / n for lag in range(min(2 * most, n - 1))])
    small = np.abs(r[1:] / r[0]) < 2 * np.sqrt(np.log10(n) / n)
    run = max(5, int(np.sqrt(np.log10(n))))
    quiet = [lag for lag in range(len(small) - run) if small[lag : lag + run].all()]
    lags = min(2 * max(quiet[0] if quiet else most, 1), len(r) - 1)
    lag = np.arange(1, lags + 1)
    window = np.where(lag / lags <= 0.5, 1.0, 2.0 * (1.0 - lag / lags))
    g = 2 * (window * lag * r[1 : lags + 1]).sum()
    d = 4.0 / 3.0 * (r[0] + 2 * (window * r[1 : lags + 1]).sum()) ** 2
    best = (2 * g**2 / d * n) ** (1 / 3) if d > 0 and np.isfinite(g) else 1.0
    return int(np.clip(round(best), 1, np.ceil(min(3 * np.sqrt(n), n / 3))))


def block_rows(n: int, block: int, draw: np.random.Generator) -> np.ndarray:
    """``n`` row numbers in blocks of ``block`` with random starts, going round at the end."""
    first = draw.integers(0, n, -(-n // block))
    return ((first[:, None] + np.arange(block)) % n).ravel()[:n]


def bootstrap(
    base: Factors, resamples: int = 100, block: int | None = None, seed: int = 0, cluster: str | None = None
) -> Bootstrap:
    """Resample and factorise anew.

    Args:
        base: the solution.
        resamples: number of resamples.
        block: samples a block; by itself the median over factors of Politis and White's length for the
            contributions.
        seed: of the draws.
        cluster: None, ``local`` or the address of a Dask scheduler; the numbers are the same.

    Raises:
        InputError: fewer than one resample or a block longer than the series.
    """
    n = len(base.contributions)
    if resamples < 1 or (block is not None and not 1 <= block <= n):
        raise InputError(
            N_("{resamples} resamples in blocks of {block}"), "bootstrap",
            N_("give at least one, and blocks up to {length}"),
            resamples=resamples, block=block, length=n,
        )  # fmt: skip
    length = block or int(np.median([block_length(g) for g in base.contributions.to_numpy().T]))
    with workers(cluster) as run:
        found = run(_resample, [base] * resamples, [length] * resamples, list(range(seed, seed + resamples)))
    k, names = len(base.profiles), list(base.profiles.index)
    profiles = np.full((resamples, *base.profiles.shape), np.nan)
    mapping = np.zeros((k + 1, k), int)
    for row, (profile, to) in enumerate(found):
        for factor in range(k):
            # Rows of `mapping` follow the resampled factor's own counterpart: the base factor nearest in profile.
            mapping[to[factor, 0], to[factor, 1]] += 1
            if to[factor, 0] < k:
                profiles[row, to[factor, 0]] = profile[factor]
    low, median, high = (
        pd.DataFrame(np.nanpercentile(profiles, p, axis=0), names, base.profiles.columns) for p in (5, 50, 95)
    )
    return Bootstrap(low, median, high, pd.DataFrame(mapping, [*names, "unmapped"], names), length)


def _resample(base: Factors, block: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Profiles (k, m) of one resample and, for each, the base factor it maps to by contribution, and by profile."""
    from gzeco_lib.methods.factorisation.factorise import matched

    draw = np.random.default_rng(seed)
    rows = block_rows(len(base.contributions), block, draw)
    of = base.problem.take(rows)
    F = (base.profiles.to_numpy() / of.scale).T
    G = base.contributions.to_numpy()[rows]
    # From the base solution, and from a random start, so that another minimum is not overlooked.
    runs = [descended(of, G, F, tolerance=TOLERANCE)]
    runs.append(descended(of, *random_start(of, F.shape[1], draw), tolerance=TOLERANCE))
    g, f, *_ = min(runs, key=lambda run: run[2])
    mean = np.where(g.mean(axis=0) > 0, g.mean(axis=0), 1.0)
    correlation = np.nan_to_num(np.corrcoef(g.T, G.T)[: g.shape[1], g.shape[1] :])
    best = correlation.argmax(axis=1)
    mapped = np.where(correlation.max(axis=1) >= LEAST_CORRELATION, best, g.shape[1])
    order, _ = matched(F, f)
    by_profile = np.argsort(order)
    return (f * mean).T * of.scale, np.stack([mapped, by_profile], axis=1)
