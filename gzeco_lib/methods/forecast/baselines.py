"""Members that need no learning: persistence, same hour yesterday, and the diurnal expectation."""

from __future__ import annotations

import numpy as np

from gzeco_lib.methods.forecast.design import Anomalies
from gzeco_lib.methods.forecast.panel import Array, Panel
from gzeco_lib.methods.forecast.series import carried

BRIDGE = 6  # h over which a last observation still stands for the present


def persistence(panel: Panel, rows: Array, leads: Array) -> Array:
    """The last observation, at most 6 h old: (len(rows), S, len(leads)) [canonical unit]."""
    last = carried(panel.y, BRIDGE)[rows]
    return np.repeat(last[:, :, None], len(leads), axis=2)


def yesterday(panel: Panel, rows: Array, leads: Array) -> Array:
    """The observation 24 h before each target hour: (len(rows), S, len(leads)) [canonical unit]."""
    at = rows[:, None] + leads[None, :] - 24
    values = np.where((at >= 0)[:, :, None], panel.y[np.maximum(at, 0)], np.nan)
    return np.moveaxis(values, 1, 2)


def expectation(of: Anomalies, rows: Array, leads: Array) -> Array:
    """The diurnal expectation of each target hour, transformed unit: (len(rows), S, len(leads))."""
    return np.moveaxis(of.expected[rows[:, None] + leads[None, :]], 1, 2)
