"""Uncertainties of the values, and what is done with missing values and those below detection.

Rules of the EPA PMF 5.0 Fundamentals and User Guide (Norris et al. 2014, EPA/600/R-14/108), sections 2.2 to
2.5.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from gzeco_lib.errors import N_, InputError

WEAK = 3.0  # a weak species' uncertainties are multiplied by this
STRONG_ABOVE, BAD_BELOW = 1.0, 0.5  # signal to noise


def equation_based(
    data: pd.DataFrame, detection_limit: pd.Series | float, error_fraction: pd.Series | float
) -> pd.DataFrame:
    """Uncertainties in the unit of ``data`` from a detection limit and a relative error (guide, equations 5-1
    and 5-2).

    ``5/6 MDL`` at or below the detection limit, ``sqrt((error_fraction x)^2 + (0.5 MDL)^2)`` above it. NaN
    stays NaN.

    Args:
        data: samples by species.
        detection_limit: of each species, in its unit.
        error_fraction: relative error of each species [1].

    Raises:
        InputError: a limit or fraction is not above 0.
    """
    limit = _each(detection_limit, data)
    fraction = _each(error_fraction, data)
    if (limit <= 0).any() or (fraction < 0).any():
        raise InputError(
            N_("a detection limit or error fraction is not above 0"),
            "uncertainty",
            N_("give what the laboratory states"),
        )
    above = ((fraction * data) ** 2 + (0.5 * limit) ** 2) ** 0.5
    return above.mask(data <= limit, 5.0 / 6.0 * limit, axis=1)


def replaced(
    data: pd.DataFrame, uncertainty: pd.DataFrame, detection_limit: pd.Series | float | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Values and uncertainties with the guide's substitutes (after Polissar et al. 1998,
    doi:10.1029/98JD01212).

    A missing value becomes the species' median with four times the median as uncertainty; a value below
    detection half the limit with 5/6 of it. `factorise` itself leaves missing values out, which uses no
    made-up number; this is for comparison with results of EPA PMF.
    """
    values, unsure = data.copy(), uncertainty.copy()
    if detection_limit is not None:
        limit = _each(detection_limit, data)
        below = data.le(limit)
        values = values.mask(below, 0.5 * limit, axis=1)
        unsure = unsure.mask(below, 5.0 / 6.0 * limit, axis=1)
    median, missing = data.median(), data.isna()
    return values.mask(missing, median, axis=1), unsure.mask(missing, 4.0 * median, axis=1)


def signal_to_noise(data: pd.DataFrame, uncertainty: pd.DataFrame) -> pd.Series:
    """Mean of ``(x - s) / s`` over samples, nought where x is below s (guide, equations 5-3 and 5-4) [1]."""
    known = data.notna() & uncertainty.notna()
    excess = ((data - uncertainty) / uncertainty).clip(lower=0.0).where(known)
    return excess.mean()


def categories(data: pd.DataFrame, uncertainty: pd.DataFrame) -> pd.Series:
    """``strong``, ``weak`` or ``bad`` by signal to noise: above 1, from 0.5, below."""
    ratio = signal_to_noise(data, uncertainty)
    named = np.where(ratio > STRONG_ABOVE, "strong", np.where(ratio >= BAD_BELOW, "weak", "bad"))
    return pd.Series(named, ratio.index)


def categorised(
    data: pd.DataFrame, uncertainty: pd.DataFrame, category: pd.Series
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Bad species left out, uncertainties of weak ones tripled."""
    kept = [name for name in data.columns if category[name] != "bad"]
    factor = pd.Series({name: WEAK if category[name] == "weak" else 1.0 for name in kept})
    return data[kept], uncertainty[kept] * factor


def _each(value: pd.Series | float, data: pd.DataFrame) -> pd.Series:
    if isinstance(value, pd.Series):
        missing = [str(name) for name in data.columns if name not in value.index]
        if missing:
            raise InputError(
                N_("no value is given for {names}"),
                "uncertainty",
                N_("give one for each species"),
                names=", ".join(missing),
            )
        return value.reindex(data.columns).astype(float)
    return pd.Series(float(value), data.columns)
