"""Random numbers of one particle: xoroshiro128++ seeded by (seed, particle), normal deviates by ziggurat.

Each particle owns 128 bits of state, so its path depends on nothing but the seed and its number: not on the
order in which particles run, on how they are cut into chunks, nor on how many workers there are.

Sources: Blackman and Vigna (2021), doi:10.1145/3460772 (generator); Steele et al. (2014),
    doi:10.1145/2660193.2660195
(splitmix64, for the seeds); Marsaglia and Tsang (2000), doi:10.18637/jss.v005.i08 (ziggurat, 256 layers, here
on 53 bits that the layer's number does not share).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

LAYERS = 256
TAIL = 3.654152885361008796
AREA = 0.00492867323399


def _ziggurat() -> tuple[np.ndarray, np.ndarray]:
    """Right edges of the layers, widest (the tail's box) first, and the density exp(-x^2 / 2) there."""
    edge = np.zeros(LAYERS + 1)
    edge[0], edge[1] = AREA / math.exp(-0.5 * TAIL**2), TAIL
    for i in range(2, LAYERS):
        edge[i] = math.sqrt(-2 * math.log(AREA / edge[i - 1] + math.exp(-0.5 * edge[i - 1] ** 2)))
    return edge, np.exp(-0.5 * edge**2)


EDGE, DENSITY = _ziggurat()
UNIT = 2.0**-53
GOLDEN = 0x9E3779B97F4A7C15


def seeds(seed: int, first: int, count: int) -> np.ndarray:
    """States of the particles ``first`` .. ``first + count - 1``: uint64 (particle, 2)."""
    number = np.arange(first, first + count, dtype=np.uint64)
    # Hashed twice, so that neighbouring seeds share no particle's state.
    base = _mixed(np.array([(seed + GOLDEN) % 2**64], np.uint64))
    start = _mixed(base ^ _mixed(number * np.uint64(0xD1B54A32D192ED03) + np.uint64(1)))
    halves = [_mixed(start + np.uint64(k * GOLDEN % 2**64)) for k in (1, 2)]
    return np.column_stack([halves[0], halves[1] | np.uint64(1)])  # never all zero


def _mixed(z: np.ndarray) -> np.ndarray:
    """The finaliser of splitmix64."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@njit(cache=True, inline="always")
def _rotated(x: np.uint64, bits: np.uint64) -> np.uint64:
    return (x << bits) | (x >> (np.uint64(64) - bits))


@njit(cache=True)
def word(s0: np.uint64, s1: np.uint64) -> tuple[np.uint64, np.uint64, np.uint64]:
    """64 random bits, and the next state."""
    out = _rotated(s0 + s1, np.uint64(17)) + s0
    s1 ^= s0
    return out, _rotated(s0, np.uint64(49)) ^ s1 ^ (s1 << np.uint64(21)), _rotated(s1, np.uint64(28))


@njit(cache=True)
def _beyond(x: float, layer: np.uint64, s0: np.uint64, s1: np.uint64) -> tuple[float, np.uint64, np.uint64]:
    """The rare case: the wedge of a layer or the tail; -1 where the draw is refused."""
    bits, s0, s1 = word(s0, s1)
    u = (np.float64(bits >> np.uint64(11)) + 0.5) * UNIT
    if layer == 0:
        y = 0.0
        x = 1.0
        while y + y < x * x:
            bits, s0, s1 = word(s0, s1)
            x = -math.log((np.float64(bits >> np.uint64(11)) + 0.5) * UNIT) / TAIL
            bits, s0, s1 = word(s0, s1)
            y = -math.log((np.float64(bits >> np.uint64(11)) + 0.5) * UNIT)
        return TAIL + x, s0, s1
    if DENSITY[layer] + u * (DENSITY[layer + np.uint64(1)] - DENSITY[layer]) < math.exp(-0.5 * x * x):
        return x, s0, s1
    return -1.0, s0, s1


@njit(cache=True)
def normal(s0: np.uint64, s1: np.uint64) -> tuple[float, np.uint64, np.uint64]:
    """A standard normal deviate, and the next state."""
    while True:
        bits, s0, s1 = word(s0, s1)
        layer = bits & np.uint64(255)
        x = np.float64(bits >> np.uint64(11)) * UNIT * EDGE[layer]
        if x >= EDGE[layer + np.uint64(1)]:
            x, s0, s1 = _beyond(x, layer, s0, s1)
            if x < 0.0:
                continue
        return (x if bits & np.uint64(256) else -x), s0, s1


@njit(cache=True)
def normals(state: np.ndarray, out: np.ndarray) -> None:
    """Fill ``out`` (particle, k) with normal deviates, each row from its own state, which moves on."""
    for i in range(len(out)):
        s0, s1 = state[i, 0], state[i, 1]
        for j in range(out.shape[1]):
            out[i, j], s0, s1 = normal(s0, s1)
        state[i, 0], state[i, 1] = s0, s1
