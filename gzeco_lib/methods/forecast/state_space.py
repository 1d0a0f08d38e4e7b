"""The state-space member: level, slow level and the day's wave of each station's anomaly, by Kalman filter.

Harvey 1989 (Forecasting, Structural Time Series Models and the Kalman Filter, ch. 4): a level that fades, a slow level,
and two harmonics of the day whose size wanders. The variances and the fading are the same for all stations and found by
maximum likelihood; each station is filtered for itself and lives with gaps. Six states, compiled with numba.
"""

from __future__ import annotations

import numpy as np

from gzeco_lib.methods.forecast.design import Anomalies
from gzeco_lib.methods.forecast.panel import Array

STATES = 6
SLOW, WAVE = 0.998, 0.9985  # an hour: the slow level fades in 3 weeks, the day's wave in 4
LIKELIHOOD_DAYS = 90  # at the end of the record the parameters are found on
START = np.array([2.5, -1.5, -6.0, -8.0])  # logit of the fading; logarithms of variances against the noise's
PARAMETERS = len(START)
LIKELIHOOD_SITES = 6  # evenly chosen
STEPS = 60  # of the search
READ = np.array([1.0, 1.0, 1.0, 0.0, 1.0, 0.0])  # what of the states is seen


def transition(parameters: Array) -> tuple[Array, Array]:
    """Transition (6, 6) and variances (6,) against the noise's, of parameters (4,): logit fading, log variances."""
    matrix = np.zeros((STATES, STATES))
    matrix[0, 0] = 1 / (1 + np.exp(-parameters[0]))
    matrix[1, 1] = SLOW
    for k in (1, 2):
        angle = 2 * np.pi * k / 24
        turn = WAVE * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        matrix[2 * k : 2 * k + 2, 2 * k : 2 * k + 2] = turn
    level, slow, wave = np.exp(np.clip(parameters[1:], -20, 10))
    return matrix, np.array([level, slow, wave, wave, wave, wave])


def _compiled() -> object:
    import numba

    @numba.njit(cache=True, fastmath=False)
    def run(values, matrix, variance, read, states, keep):
        """Filter (T, S); fills ``states`` (T, S, 6) where ``keep``; sums of squares and logs of the innovations."""
        hours, sites = values.shape
        size = len(read)
        square, logs, count = 0.0, 0.0, 0
        for s in range(sites):
            mean = np.zeros(size)
            spread = np.eye(size) * 10.0
            for t in range(hours):
                mean = matrix @ mean
                spread = matrix @ spread @ matrix.T
                for i in range(size):
                    spread[i, i] += variance[i]
                if not np.isnan(values[t, s]):
                    seen = spread @ read
                    total = read @ seen + 1.0
                    error = values[t, s] - read @ mean
                    mean = mean + seen * (error / total)
                    spread = spread - np.outer(seen, seen) / total
                    square += error * error / total
                    logs += np.log(total)
                    count += 1
                if keep:
                    states[t, s] = mean
        return square, logs, count

    return run


_RUN: list[object] = []  # compiled once a process


def _filter(values: Array, parameters: Array, keep: bool) -> tuple[Array, float]:
    """States (T, S, 6) after each hour (empty unless ``keep``) and the negative log-likelihood, noise scaled out."""
    if not _RUN:
        _RUN.append(_compiled())
    matrix, variance = transition(parameters)
    states = np.empty((*values.shape, STATES) if keep else (0, 0, STATES))
    square, logs, count = _RUN[0](np.ascontiguousarray(values), matrix, variance, READ, states, keep)  # type: ignore[operator]
    return states, 0.5 * (count * np.log(square / max(count, 1)) + logs) if count else 0.0


def fit_states(raw: Array) -> Array:
    """Parameters (4,) of greatest likelihood for anomalies (T, S) [transformed unit], gaps NaN."""
    from scipy.optimize import minimize

    sites = np.unique(np.linspace(0, raw.shape[1] - 1, LIKELIHOOD_SITES).astype(int))
    recent = raw[-LIKELIHOOD_DAYS * 24 :, sites]
    found = minimize(
        lambda p: _filter(recent, p, keep=False)[1], START, method="Nelder-Mead",
        options={"maxfev": STEPS, "initial_simplex": np.vstack([START, START + np.eye(len(START))])},
    )  # fmt: skip
    return np.asarray(found.x)


def state_forecast(of: Anomalies, parameters: Array, rows: Array, leads: Array) -> Array:
    """Anomalies (len(rows), S, len(leads)) [transformed unit] from the states at ``rows``."""
    first = max(int(rows.min()) - LIKELIHOOD_DAYS * 24, 0)
    states, _ = _filter(of.raw[first : int(rows.max()) + 1], parameters, keep=True)
    matrix, _ = transition(parameters)
    ahead = np.stack([READ @ np.linalg.matrix_power(matrix, int(h)) for h in leads])
    return np.einsum("nsk,hk->nsh", states[rows - first], ahead)
