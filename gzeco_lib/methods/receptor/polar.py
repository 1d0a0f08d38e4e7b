"""Bivariate polar plots: concentration by wind speed and direction as a smooth surface, with openair's statistics.

Sources: Carslaw and Ropkins 2012, doi:10.1016/j.envsoft.2011.09.008; Carslaw and Beevers 2013,
doi:10.1016/j.envsoft.2012.09.005; conditional probability Ashbaugh et al. 1985,
doi:10.1016/0004-6981(85)90256-2, and in two variables Uria-Tellaetxe and Carslaw 2014,
Environmental Modelling & Software 59, 1; pairs of pollutants Grange et al. 2016, doi:10.1016/j.atmosenv.2016.09.016.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.receptor import polar_bins as bins
from gzeco_lib.methods.receptor import polar_smooth as smooth
from gzeco_lib.methods.receptor.frame import WHERE, capture, one_of, prepare, share_between

STATISTICS = ("mean", "median", "max", "stdev", "frequency", "weighted_mean", "percentile", "cpf")
PAIRS = ("r", "slope", "intercept", "robust_slope", "robust_intercept")
WEIGHTS = (0.25, 0.5, 0.75)
FAR = 0.05  # of the width of the plot: farther from any cell with data nothing is shown


def polar_plot(
    frame: pd.DataFrame,
    pollutant: str,
    statistic: str = "mean",
    *,
    second: str | None = None,
    percentile: float | tuple[float, float] | None = None,
    x: str = "ws",
    wd: str = "wd",
    k: int = 100,
    weights: tuple[float, float, float] = WEIGHTS,
    min_bin: int = 1,
    upper: float | None = None,
    uncertainty: bool = False,
    positive: bool = True,
    exclude_missing: bool = True,
    resolution: int = 201,
    nodes: int | None = 51,
    zero_is_north: bool = True,
) -> xr.Dataset:
    """The smooth surface of a statistic over wind speed and direction.

    Args:
        frame: columns ``x``, ``wd``, ``pollutant``.
        pollutant: its column; the dependent one of a pair.
        statistic: one of ``STATISTICS`` or, with ``second``, of ``PAIRS``.
        second: the other pollutant of a pair.
        percentile: for ``percentile`` and ``cpf`` [%]; a pair of percentiles makes ``cpf`` the conditional bivariate
            probability of lying between them. None is 50 and 90.
        x: column of the radius, usually wind speed [m s-1].
        wd: column of the wind direction [deg, from].
        k: rank of the spline; fewer is smoother.
        weights: of cells with one, two and three hours.
        min_bin: cells with fewer hours are left out.
        upper: highest radius shown; None is that of the data.
        uncertainty: also fit with hours a cell as weights and give the 95 % band (``lower``, ``upper``).
        positive: smooth the square root, so that the surface is never negative; cells below zero are left out (not for
            pairs).
        exclude_missing: blank what lies farther from data than a twentieth of the plot's width.
        resolution: points along each axis.
        nodes: points along each axis at which the spline is evaluated, linear between them as openair (2.18)
            does; None evaluates it at every point.
        zero_is_north: count what rounds to a direction of 0 as 360. openair 2.18 counts it to the first sector (the one
            around 10, or 5, degrees) where it is given a tibble; False does the same.

    Returns:
        Dataset over (v, u) [unit of ``x``]: ``z``, and ``lower``, ``upper`` where asked for; ``hours``,
        ``cell_value`` over (direction, speed) are the numbers before smoothing. ``attrs``: ``capture`` [%],
        ``threshold`` of a CPF, ``edf``, ``origin`` (the value of ``x`` at the centre).

    Raises:
        InputError: bad column or argument, or too few places with data.
    """
    pair = _checked(statistic, second, percentile, weights)
    columns = [pollutant] + ([second] if second else [])
    data = prepare(frame, [*columns, x], wd=wd, need_time=False, zero_is_north=zero_is_north)
    if x == "ws":
        data.loc[data["ws"] < 0, "ws"] = np.nan
    used = data.dropna()
    origin = float(used[x].min()) if len(used) else 0.0
    made = bins.cells(used[x].to_numpy() - origin, used["wd"].to_numpy(), zero_is_north=zero_is_north)
    values = used[pollutant].to_numpy()
    if pair and second:
        from gzeco_lib.methods.receptor.polar_pairs import pair_statistic

        found, threshold = pair_statistic(made, used[x].to_numpy() - origin, used["wd"].to_numpy(), values,
                                          used[second].to_numpy(), statistic), None  # fmt: skip
    else:
        found, threshold = _cell_values(made, values, statistic, percentile)
    counted = np.where(made.count < max(min_bin, 1), 0, made.count)
    kept = (counted > 0) & np.isfinite(found)
    if pair:  # correlations and slopes may be negative: no root then
        positive = positive and bool((found[kept] >= 0).all())
    shown = made.top if upper is None else float(upper)
    axis = np.linspace(-shown, shown, resolution)
    inside = (
        _near_data(axis, made, counted > 0) if exclude_missing else np.ones((resolution, resolution), bool)
    )
    if upper is not None:
        inside &= np.hypot(axis, axis[:, None]) <= shown
    if positive:
        kept &= np.nan_to_num(found, nan=-1.0) >= 0
    surfaces, edf = _surfaces(
        made, found, kept, np.linspace(-shown, shown, nodes or resolution), k, weights, uncertainty, positive
    )
    surfaces = {
        name: np.where(inside, _between(surface, resolution), np.nan) for name, surface in surfaces.items()
    }
    _bounded(surfaces, statistic)
    turns = len(made.count) // bins.SPEED_CLASSES
    shape = (turns, bins.SPEED_CLASSES)
    result = xr.Dataset(
        {name: (("v", "u"), surface) for name, surface in surfaces.items()}
        | {"hours": (("direction", "speed"), made.count.reshape(shape)),
           "cell_value": (("direction", "speed"), np.where(counted > 0, found, np.nan).reshape(shape))},
        coords={"u": axis, "v": axis, "direction": made.direction.reshape(shape)[:, 0],
                "speed": made.speed[: bins.SPEED_CLASSES] + origin},
    )  # fmt: skip
    result.attrs = {
        "pollutant": pollutant, "second": second or "", "statistic": statistic, "x": x, "origin": origin, "edf": edf,
        "capture": capture(np.where(data.notna().all(axis=1), 1.0, np.nan)), "n": len(used),
    }  # fmt: skip
    if threshold is not None:
        result.attrs["threshold"] = threshold
    return result


def _checked(statistic: str, second: str | None, percentile: object, weights: tuple[float, ...]) -> bool:
    """Whether the statistic is one of pairs, once the arguments agree with each other."""
    one_of("statistic", statistic, STATISTICS + PAIRS)
    pair = statistic in PAIRS
    if pair != (second is not None):
        raise InputError(
            N_("statistic {statistic} takes {wanted} pollutants"),
            WHERE,
            N_("give `second` for pairs, and only for pairs"),
            statistic=statistic,
            wanted=2 if pair else 1,
        )
    if len(weights) != 3:
        raise InputError(
            N_("there are {n} weights"), WHERE, N_("give three: of one, two and three hours"), n=len(weights)
        )
    for share in np.atleast_1d(np.asarray(percentile if percentile is not None else 50.0, float)):
        share_between("percentile", float(share), 0, 100)
    return pair


def _cell_values(
    made: bins.Cells, values: np.ndarray, statistic: str, percentile: float | tuple[float, float] | None
) -> tuple[np.ndarray, list[float] | None]:
    """The statistic in each cell (NaN where empty), and the threshold where there is one."""
    if statistic == "cpf":
        levels = np.atleast_1d(np.asarray(90.0 if percentile is None else percentile, float))
        limits = np.percentile(values, levels)
        hit = values > limits[0]
        if len(limits) == 2:
            hit &= values <= limits[1]
        return bins.means(made, hit.astype(float)), [float(limit) for limit in limits]
    if statistic == "percentile":
        share = 50.0 if percentile is None else float(np.atleast_1d(np.asarray(percentile, float))[0])
        return bins.quantiles(made, values, share / 100), None
    simple = {
        "mean": lambda: bins.means(made, values),
        "median": lambda: bins.quantiles(made, values, 0.5),
        "max": lambda: bins.quantiles(made, values, 1.0),
        "stdev": lambda: bins.deviations(made, values),
        "frequency": lambda: np.where(made.count > 0, made.count.astype(float), np.nan),
        "weighted_mean": lambda: np.where(made.count > 0, bins.totals(made, values) / len(values), np.nan),
    }
    return simple[statistic](), None


def _near_data(axis: np.ndarray, made: bins.Cells, kept: np.ndarray) -> np.ndarray:
    """Mask over (v, u) of the points near cells with data, in units of the plot's width."""
    from scipy.spatial import cKDTree

    width = axis[-1] - axis[0]
    tree = cKDTree(np.column_stack([made.u[kept], made.v[kept]]) / width)
    u, v = np.meshgrid(axis / width, axis / width)
    distance, _ = tree.query(np.column_stack([u.ravel(), v.ravel()]), distance_upper_bound=FAR * (1 + 1e-9))
    return (distance <= FAR).reshape(u.shape)


def _surfaces(
    made: bins.Cells, found: np.ndarray, kept: np.ndarray, axis: np.ndarray, k: int,
    weights: tuple[float, float, float], uncertainty: bool, positive: bool,
) -> tuple[dict[str, np.ndarray], float]:  # fmt: skip
    """The surface (and its band) on the square of ``axis``, and the effective degrees of freedom."""
    places = np.column_stack([made.u[kept], made.v[kept]])
    count = made.count[kept]
    target = np.sqrt(found[kept]) if positive else found[kept]
    basis = smooth.Basis.at(places, k)
    design = basis.design(places)
    u, v = np.meshgrid(axis, axis)
    points = np.column_stack([u.ravel(), v.ravel()])
    shares = None if uncertainty else np.select([count == n for n in (1, 2, 3)], weights, 1.0)
    central = smooth.fit(basis, design, target, shares)
    middle = central.at(points)
    drawn = {"z": middle}
    if uncertainty:
        spread = 2 * smooth.fit(basis, design, target, count.astype(float)).error(points)
        drawn |= {
            "lower": np.maximum(middle - spread, 0) if positive else middle - spread,
            "upper": middle + spread,
        }
    return {name: (v**2 if positive else v).reshape(u.shape) for name, v in drawn.items()}, central.edf


def _between(surface: np.ndarray, resolution: int) -> np.ndarray:
    """``surface`` on a square of ``resolution`` points a side, linear between its own."""
    if len(surface) == resolution:
        return surface
    place = np.linspace(0, len(surface) - 1, resolution)
    low = np.minimum(place.astype(int), len(surface) - 2)
    share = place - low
    rows = surface[low] + share[:, None] * (surface[low + 1] - surface[low])
    return rows[:, low] + share * (rows[:, low + 1] - rows[:, low])


def _bounded(surfaces: dict[str, np.ndarray], statistic: str) -> None:
    """Keep probabilities and correlations within what they can be; smoothing overshoots."""
    if statistic == "cpf":
        for surface in surfaces.values():
            np.clip(surface, None, 1, out=surface)
    if statistic == "r":
        for surface in surfaces.values():
            np.clip(surface, -1, 1, out=surface)
