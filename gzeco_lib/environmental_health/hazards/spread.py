"""From readings at monitors to cells: kriging where it is shown to help, else only the cells beside a monitor.

A cell the monitors say nothing about is not known; it is never given a low grade for want of data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gzeco_lib.environmental_health.hazards.rules import rules
from gzeco_lib.geo.distance import nearest, planar
from gzeco_lib.methods.interpolation import Kriging
from gzeco_lib.methods.interpolation.covariance import choose, leave_one_out

INSIDE = (
    0.3826  # mean distance of a point of a square from its centre, in edges: a cell is more than its centre
)
CHANCE = 1.645  # standard errors: 5 % on one side
FEWEST = 4  # sites below which no error left out can be made
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Spread:
    """Values of the cells (cell,), NaN where not known.

    Attributes:
        value, sd: in the unit of the site values.
        method: ``kriging`` or ``nearest``.
        skill: 1 less the mean square error at sites left out over that of the other sites' mean; NaN with few sites.
    """

    value: Floats
    sd: Floats
    method: Literal["kriging", "nearest"]
    skill: float


def spread(
    sites_xy: Floats,
    value: Floats,
    error: Floats,
    cells_xy: Floats,
    history: Floats,
    reach: float,
    edge: float = 1000.0,
) -> Spread:
    """Values at the cells from period means at sites.

    With ``fewest_sites`` or more whose values foretell each other (errors at sites left out are smaller than those of
    the other sites' mean by more than chance allows), ordinary kriging:
    the correlation is learnt from ``history``, the sill from the errors left out of the period means themselves. Cells
    beyond ``reach`` of every site with a kriging variance over ``informed`` of the sill are not known. Otherwise a
    cell within ``reach`` of a site has that site's value, with the error of the mean and, growing with distance, the
    variance between sites. Under both ways a site does not know all of its own cell.

    Args:
        sites_xy: (site, 2) [m].
        value: mean of the period (site,), finite.
        error: its standard error (site,), NaN counts as 0.
        cells_xy: centres (cell, 2) [m].
        history: daily values (day, site), NaN where missing.
        reach: distance [m] a single site stands for.
        edge: of a cell [m].
    """
    error = np.nan_to_num(error)
    distance, index = nearest(cells_xy, sites_xy)
    between = planar(sites_xy, sites_xy)
    if len(value) >= max(rules()["spread"]["fewest_sites"], FEWEST):
        covariance = choose(history, between, FEWEST)
        missed, unit, _ = leave_one_out(value[None, :], between, covariance, FEWEST)
        skill = _skill(value, missed[0])
        if _helps(value, missed[0]):
            sill = float(np.mean(missed[0] ** 2 / unit[0]))
            weights, variance = Kriging(sites_xy, cells_xy, covariance, transform="none").weights(
                np.ones(len(value), dtype=bool)
            )
            known = (variance <= rules()["spread"]["informed"]) | (distance <= reach)
            own = float(covariance.correlation(np.array([[INSIDE * edge]]))[0, 0])
            variance = np.maximum(variance, 1.0 - own**2)
            sd = np.sqrt(sill * variance + np.square(weights) @ np.square(error))
            return Spread(
                np.where(known, weights @ value, np.nan), np.where(known, sd, np.nan), "kriging", skill
            )
    else:
        skill = float("nan")
    known = distance <= reach
    apart = float(np.var(value, ddof=1)) if len(value) > 1 else 0.0
    sd = np.sqrt(
        np.square(error[index]) + apart * np.clip(distance / reach, min(INSIDE * edge / reach, 1.0), 1.0)
    )
    return Spread(np.where(known, value[index], np.nan), np.where(known, sd, np.nan), "nearest", skill)


def _helps(value: Floats, missed: Floats) -> bool:
    """Whether the errors left out beat the mean of the other sites by more than chance: one-sided test, 5 %."""
    others = (value.sum() - value) / (len(value) - 1)
    gain = np.square(value - others) - np.square(missed)
    return bool(gain.mean() > CHANCE * gain.std(ddof=1) / np.sqrt(len(value)) > 0)


def _skill(value: Floats, missed: Floats) -> float:
    """Skill of the errors left out against the mean of the other sites."""
    others = (value.sum() - value) / (len(value) - 1)
    plain = float(np.mean(np.square(value - others)))
    return 1.0 - float(np.mean(np.square(missed))) / plain if plain > 0 else 0.0
