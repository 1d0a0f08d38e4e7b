"""Displacement of profile entries: the interval an entry can take while Q rises by no more than dQmax.

Each entry in turn is moved up and down, all else is fitted anew, contributions of its factor keep the mean
one, until Q has risen by ``dQmax`` (DISP; Paatero et al. 2014, doi:10.5194/amt-7-781-2014). It tells the
rotational ambiguity, which a bootstrap does not see.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.factorisation.factorise import Factors, matched
from gzeco_lib.parallel import workers

LOOKS = 5  # bisections after the bracket
DOUBLINGS = 8


@dataclass(frozen=True)
class Displacement:
    """Intervals of the profiles.

    Attributes:
        low, high: least and greatest value of each entry (factor, species), in the species' unit.
        swaps: displaced fits in which a factor came to look like another one; more than none means that this
            number of factors has no unique solution.
        lower_q: greatest fall of Q below the base on the way; much of it means that the base was no minimum.
        dq_max: rise of Q allowed.
    """

    low: pd.DataFrame
    high: pd.DataFrame
    swaps: int
    lower_q: float
    dq_max: float


def displace(
    base: Factors, dq_max: float = 4.0, sweeps: int = 60, cluster: str | None = None
) -> Displacement:
    """Displace every entry of the profiles.

    Args:
        base: the solution.
        dq_max: rise of Q; 4 is about two standard deviations of one entry, 8, 15 and 25 the guide's further
            levels.
        sweeps: of each fit; it starts from the fit before.
        cluster: None, ``local`` or the address of a Dask scheduler; the numbers are the same.

    Raises:
        InputError: the rise is not above 0.
    """
    if dq_max <= 0:
        raise InputError(
            N_("a rise of Q of {given} is not above 0"), "dq_max", N_("4 is usual"), given=dq_max
        )
    k, m = base.profiles.shape
    F = (base.profiles.to_numpy() / base.problem.scale).T
    start = _settled(base, F, base.contributions.to_numpy(), -1, -1, sweeps * 10)
    entries = [(j, p, up) for p in range(k) for j in range(m) for up in (True, False)]
    with workers(cluster) as run:
        found = run(_far, *zip(*[(base, start, *entry, dq_max, sweeps) for entry in entries], strict=True))
    low, high = np.full((k, m), np.nan), np.full((k, m), np.nan)
    for (j, p, up), (value, *_) in zip(entries, found, strict=True):
        (high if up else low)[p, j] = value
    scale, names = base.problem.scale, base.profiles.index
    return Displacement(
        pd.DataFrame(low * scale, names, base.profiles.columns),
        pd.DataFrame(high * scale, names, base.profiles.columns),
        swaps=sum(swapped for _, swapped, _ in found),
        lower_q=max([0.0, *(fall for *_, fall in found)]),
        dq_max=dq_max,
    )


State = tuple[np.ndarray, np.ndarray, float]


def _settled(base: Factors, F: np.ndarray, G: np.ndarray, j: int, p: int, sweeps: int) -> State:
    """(G, F, Q) with entry (j, p) of F held, and the mean of column p of G one, as far as ``sweeps`` lead."""
    from gzeco_lib.methods.factorisation.descent import descend

    of = base.problem
    none, held = np.empty((0, F.shape[1])), np.zeros(F.shape, bool)
    if p >= 0:
        held[j, p] = True
    G, F = np.ascontiguousarray(G).copy(), np.ascontiguousarray(F).copy()
    q, _ = descend(of.X, of.W, G, F, sweeps, 1e-7, of.alpha, none, none, held, p)
    if p < 0:
        mean = np.where(G.mean(axis=0) > 0, G.mean(axis=0), 1.0)
        G, F = G / mean, F * mean
    return G, F, float(q)


def _far(
    base: Factors, start: State, j: int, p: int, up: bool, dq_max: float, sweeps: int
) -> tuple[float, bool, float]:
    """How far entry (j, p) goes, whether factors swapped on the way, and how far Q fell below the base."""
    G, F, q0 = start
    value = F[j, p]
    step = np.sqrt(dq_max / max(float((base.problem.W[:, j] * G[:, p] ** 2).sum()), 1e-12))
    inside, state, fall, swapped = value, (G, F, q0), 0.0, False

    def tried(at: float) -> State:
        moved = state[1].copy()
        moved[j, p] = at
        return _settled(base, moved, state[0], j, p, sweeps)

    outside = None
    for _ in range(DOUBLINGS):
        at = inside + step if up else max(0.0, inside - step)
        new = tried(at)
        if new[2] - q0 > dq_max:
            outside = at
            break
        fall = max(fall, q0 - new[2])
        inside, state, step = at, new, 2 * step
        if at == 0.0:
            return 0.0, swapped, fall
    for _ in range(LOOKS if outside is not None else 0):
        at = 0.5 * (inside + float(outside or 0.0))
        new = tried(at)
        if new[2] - q0 > dq_max:
            outside = at
        else:
            fall = max(fall, q0 - new[2])
            inside, state = at, new
    swapped = bool((matched(F, state[1])[0] != np.arange(F.shape[1])).any())
    return inside, swapped, fall
