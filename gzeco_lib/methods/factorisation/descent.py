"""Weighted non-negative least squares in two blocks: the kernel of the factorisation, compiled with numba.

Rows of G, then rows of F, are solved by coordinate descent on their own weighted normal equations (accelerated HALS,
Gillis and Glineur 2012, doi:10.1162/NECO_a_00256, with weights a value), with extrapolation between sweeps
(Ang and Gillis 2019, doi:10.1162/neco_a_01157). In robust mode values whose scaled residual exceeds ``alpha``
lose weight as ``alpha / |r|`` (Paatero 1997, doi:10.1016/S0169-7439(96)00044-5).
"""

from __future__ import annotations

import numpy as np
from numba import njit

INNER = 3  # coordinate sweeps a row
CHECK = 10  # sweeps between two looks at Q


@njit(cache=True, nogil=True)
def _rows(X, W, G, F, pull, target, held, skip):  # noqa: PLR0912 (one pass over a row)
    """Improve each row of G (n, k) for X (n, m) ~ G F', weights W, F (m, k).

    ``pull``, ``target`` (n, k) draw entries to a target; ``held`` (n, k) entries stay; column ``skip`` stays.
    """
    n, m = X.shape
    k = G.shape[1]
    A = np.empty((k, k))
    b = np.empty(k)
    pulled, holding = pull.shape[0] > 0, held.shape[0] > 0
    for i in range(n):
        A[:] = 0.0
        b[:] = 0.0
        for j in range(m):
            w = W[i, j]
            if w == 0.0:
                continue
            wx = w * X[i, j]
            for p in range(k):
                wf = w * F[j, p]
                b[p] += wx * F[j, p]
                for q in range(p + 1):
                    A[p, q] += wf * F[j, q]
        for p in range(k):
            for q in range(p):
                A[q, p] = A[p, q]
            if pulled:
                A[p, p] += pull[i, p]
                b[p] += pull[i, p] * target[i, p]
        for _ in range(INNER):
            for p in range(k):
                if p == skip or A[p, p] <= 0.0 or (holding and held[i, p]):
                    continue
                rest = b[p]
                for q in range(k):
                    if q != p:
                        rest -= A[p, q] * G[i, q]
                G[i, p] = max(0.0, rest / A[p, p])


@njit(cache=True, nogil=True)
def _column_of_mean_one(X, W, G, F, p):
    """Best column ``p`` of G with mean one: g = max(0, (r - mu) / a), mu by bisection."""
    n, m = X.shape
    a, r = np.zeros(n), np.zeros(n)
    for i in range(n):
        for j in range(m):
            w = W[i, j] * F[j, p]
            if w == 0.0:
                continue
            rest = X[i, j]
            for q in range(G.shape[1]):
                if q != p:
                    rest -= G[i, q] * F[j, q]
            a[i] += w * F[j, p]
            r[i] += w * rest
        a[i] = max(a[i], 1e-12)
    low, high = (r - n * a).min() - 1.0, r.max() + 1.0
    for _ in range(60):
        mu = 0.5 * (low + high)
        total = 0.0
        for i in range(n):
            total += max(0.0, (r[i] - mu) / a[i])
        if total > n:
            low = mu
        else:
            high = mu
    for i in range(n):
        G[i, p] = max(0.0, (r[i] - 0.5 * (low + high)) / a[i])


@njit(cache=True, nogil=True)
def _reweighted(X, W0, G, F, alpha, W, Wt):
    """Q of (G, F); the robust weights into W and Wt. Without ``alpha`` (0) the plain Q."""
    n, m = X.shape
    total = 0.0
    for i in range(n):
        for j in range(m):
            w = W0[i, j]
            if w == 0.0:
                continue
            fit = 0.0
            for p in range(G.shape[1]):
                fit += G[i, p] * F[j, p]
            r = abs(X[i, j] - fit) * np.sqrt(w)
            if alpha > 0.0 and r > alpha:
                # Huber's loss: its minimum is what the changing weights alpha / r lead to.
                total += 2.0 * alpha * r - alpha * alpha
                w *= alpha / r
            else:
                total += r * r
            W[i, j] = w
            Wt[j, i] = w
    return total


@njit(cache=True, nogil=True)
def descend(X, W0, G, F, sweeps, tolerance, alpha, pull, target, held, mean_one):
    """Lower Q of X (n, m) ~ G (n, k) F' (m, k) in place; returns (Q, sweeps taken).

    Args: ``W0`` weights, 0 for missing; ``tolerance`` ends where ten sweeps lower Q by less than that
    fraction; ``alpha`` 0 or the robust limit; ``pull``, ``target`` (m, k) or empty: pull on F; ``held`` (m,
    k) or empty: entries of F that stay; ``mean_one`` a column of G whose mean is one, or -1.
    """
    k = G.shape[1]
    Xt = np.ascontiguousarray(X.T)
    W, Wt = W0.copy(), np.ascontiguousarray(W0.T)
    none = np.empty((0, k))
    unheld = np.empty((0, k), np.bool_)
    q = _reweighted(X, W0, G, F, alpha, W, Wt)
    best, bestG, bestF = q, G.copy(), F.copy()
    oldG, oldF = G.copy(), F.copy()
    beta, last, taken = 0.5, q, 0
    for s in range(sweeps):
        taken = s + 1
        _rows(X, W, G, F, none, none, unheld, mean_one)
        if mean_one >= 0:
            _column_of_mean_one(X, W, G, F, mean_one)
        _rows(Xt, Wt, F, G, pull, target, held, -1)
        new = _reweighted(X, W0, G, F, alpha, W, Wt)
        if pull.shape[0] > 0:
            new += (pull * (F - target) ** 2).sum()
        if new > q and mean_one < 0:
            # The extrapolated point led astray: step back and be more careful.
            beta *= 0.5
            G[:], F[:] = oldG, oldF
            _reweighted(X, W0, G, F, alpha, W, Wt)
            q = np.inf
            continue
        q = new
        if q < best or pull.shape[0] > 0:
            best = q
            bestG[:], bestF[:] = G, F
        if taken % CHECK == 0:
            if last - best < tolerance * best:
                break
            last = best
        if mean_one < 0:
            previousG, previousF = oldG.copy(), oldF.copy()
            oldG[:], oldF[:] = G, F
            G[:] = np.maximum(0.0, G + beta * (G - previousG))
            moved = np.maximum(0.0, F + beta * (F - previousF))
            F[:] = moved
            beta = min(0.98, beta * 1.05)
    G[:], F[:] = bestG, bestF
    return _reweighted(X, W0, G, F, alpha, W, Wt), taken
