"""Random numbers that belong to a place in time, not to a run.

Every series of the generated city is a function of (seed, name, hour): the same hour has the same value
whatever window is built, so that a later build continues an earlier one instead of contradicting it.
Numbers are drawn in blocks of ``BLOCK`` hours counted from ``EPOCH``.
"""

from __future__ import annotations

import zlib

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.signal import lfilter

Array = NDArray[np.float64]

EPOCH = pd.Timestamp("2000-01-03", tz="UTC")  # a Monday
BLOCK = 240  # h
RUN_IN_BLOCKS = 5  # blocks filtered before the one that is kept: forgets its start for decay times to 100 h
WEEK = pd.Timedelta(days=7)


def generator(seed: int, name: str, index: int = 0) -> np.random.Generator:
    """The generator of stream ``name``, block ``index``, under ``seed``."""
    return np.random.default_rng([seed, zlib.crc32(name.encode()), index])


def hour_numbers(hours: pd.DatetimeIndex) -> NDArray[np.int64]:
    """Whole hours since ``EPOCH`` of an hourly UTC index."""
    return np.asarray((hours - EPOCH) // pd.Timedelta(hours=1), dtype=np.int64)


def week_numbers(start: pd.Timestamp, end: pd.Timestamp) -> range:
    """Numbers (since ``EPOCH``) of the weeks that touch [start, end)."""
    return range(int((start - EPOCH) // WEEK), int((end - EPOCH - pd.Timedelta(1, "ns")) // WEEK) + 1)


def white(seed: int, name: str, hours: pd.DatetimeIndex, n: int = 1) -> Array:
    """Independent standard normals (len(hours), n) for consecutive ``hours``."""
    number = hour_numbers(hours)
    first, last = int(number[0]) // BLOCK, int(number[-1]) // BLOCK
    blocks = [generator(seed, name, b).standard_normal((BLOCK, n)) for b in range(first, last + 1)]
    return np.concatenate(blocks)[number - first * BLOCK]


def smooth(seed: int, name: str, hours: pd.DatetimeIndex, decay: float, n: int = 1) -> Array:
    """First-order autoregressive standard normals (len(hours), n) with correlation e^-1 after ``decay`` [h].

    Each block is filtered from the same earlier block on, so the values do not depend on where ``hours`` begins.
    """
    keep = float(np.exp(-1.0 / decay))
    number = hour_numbers(hours)
    first, last = int(number[0]) // BLOCK, int(number[-1]) // BLOCK
    raw = {
        b: generator(seed, name, b).standard_normal((BLOCK, n))
        for b in range(first - RUN_IN_BLOCKS, last + 1)
    }
    blocks = []
    for b in range(first, last + 1):
        series = np.concatenate([raw[k] for k in range(b - RUN_IN_BLOCKS, b + 1)])
        blocks.append(lfilter([np.sqrt(1.0 - keep**2)], [1.0, -keep], series, axis=0)[-BLOCK:])
    return np.asarray(np.concatenate(blocks)[number - first * BLOCK])


def leaky(inflow: Array, decay: Array | float) -> Array:
    """Accumulate ``inflow`` per hour (T, ...) in a store that loses its content with e-folding time ``decay`` [h]."""
    keep = np.broadcast_to(np.exp(-1.0 / np.asarray(decay, dtype=float)), inflow.shape)
    level = np.empty_like(inflow)
    now = np.zeros(inflow.shape[1:])
    for i in range(len(inflow)):
        now = now * keep[i] + inflow[i]
        level[i] = now
    return level
