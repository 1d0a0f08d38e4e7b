"""Ensembles of particle runs: other random numbers, or other winds, to tell how sure a concentration is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.dispersion.particle_air import Air
from gzeco_lib.methods.dispersion.particles import release
from gzeco_lib.parallel import workers

WHERE = "methods.dispersion.ensemble"


def members(
    air: Air,
    seeds: Sequence[int],
    *,
    turn: float = 0.0,
    stretch: float = 0.0,
    cluster: str | None = None,
    **options: Any,
) -> xr.Dataset:
    """The run of ``particles.release`` once a seed.

    Args:
        air: wind and turbulence all members share but for what is perturbed.
        seeds: one a member; it sets the member's random numbers and its perturbation.
        turn: standard deviation of the wind direction over the members [deg]; 0 leaves it.
        stretch: the same of the logarithm of the wind speed [1].
        cluster: where the members run, as ``parallel.workers`` takes it; the numbers are the same everywhere.
        options: what ``release`` takes besides the air and the seed.

    Returns:
        The datasets of ``release`` along ``member`` (coordinate: the seed), with ``turn`` [deg] and ``stretch``
        [1] of each.

    Raises:
        InputError: no seed, one twice, or what ``release`` raises.
    """
    chosen = [int(seed) for seed in seeds]
    if not chosen or len(set(chosen)) < len(chosen):
        raise InputError(N_("the seeds of the ensemble are none or repeated"), WHERE,
                         N_("give each member a seed of its own"))  # fmt: skip
    drawn = np.array([np.random.default_rng(seed).normal(size=2) for seed in chosen])
    turns, stretches = turn * drawn[:, 0], np.exp(stretch * drawn[:, 1])
    with workers(cluster) as each:
        parts = each(_member, chosen, turns, stretches, [air] * len(chosen), [options] * len(chosen))
    together = xr.concat(parts, "member", combine_attrs="drop_conflicts", data_vars="all", coords="minimal",
                         compat="override", join="override")  # fmt: skip
    return together.assign_coords(
        member=chosen,
        turn=("member", turns, {"units": "deg"}),
        stretch=("member", stretches, {"units": "1"}),
    )


def _member(seed: int, turn: float, stretch: float, air: Air, options: dict[str, Any]) -> xr.Dataset:
    unchanged = turn == 0.0 and stretch == 1.0
    return release(air=air if unchanged else air.perturbed(turn, stretch), seed=seed, **options)


def summary(ensemble: xr.Dataset, name: str = "concentration") -> xr.Dataset:
    """Mean, standard deviation, and the 5 % and 95 % quantiles of ``name`` over the members."""
    values = ensemble[name]
    quantiles = values.quantile([0.05, 0.95], "member")
    return xr.Dataset({
        "mean": values.mean("member"), "sd": values.std("member", ddof=1 if values.sizes["member"] > 1 else 0),
        "q05": quantiles.sel(quantile=0.05, drop=True), "q95": quantiles.sel(quantile=0.95, drop=True),
    })  # fmt: skip
