"""The posterior of a trace as tables: candidates with their probabilities and rates, and how well they fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health.trace.attribution import RATES, Attribution, arrived
from gzeco_lib.environmental_health.trace.sources import POLLUTANTS
from gzeco_lib.methods.inversion import candidates as inversion
from gzeco_lib.methods.inversion.answer import alike, blind

if TYPE_CHECKING:
    from gzeco_lib.environmental_health.trace.background import Background

LISTED = 15  # candidates of a trace that are shown
QUANTILES = (0.5, 0.025, 0.975)


def probabilities(found: Attribution) -> tuple[pd.Series, float]:
    """Posterior probability by enterprise, highest first, and of a source nobody named."""
    summed = pd.Series(found.probability).groupby(found.candidates.enterprise).sum()
    unknown = float(summed.pop("")) if "" in summed.index else 0.0
    return summed.sort_values(ascending=False, kind="stable"), unknown


def table(
    found: Attribution, seen: inversion.Episode, variable: str, enterprises: pd.DataFrame
) -> pd.DataFrame:
    """Candidates with rates [kg h-1 of ``variable`` with 95 % interval], the smallest rate the monitors would see, and
    which other candidate they confuse it with."""
    chance, _unknown = probabilities(found)
    chance = chance.head(LISTED)
    p = POLLUTANTS.index(variable)
    before = pd.Series(found.candidates.prior).groupby(found.candidates.enterprise).sum()
    best = {name: _best(found, name) for name in chance.index}
    sd = seen.sd[..., p].reshape(-1)
    response = np.column_stack([
        found.response(k).reshape(-1) for k in best.values()
    ]) if best else np.zeros((len(sd), 0))  # fmt: skip
    likeness = alike(response, sd) if best else np.zeros((0, 0))
    np.fill_diagonal(likeness, -1.0)
    least = blind(response, sd)
    known = enterprises.set_index("enterprise")
    rows = []
    for i, (name, k) in enumerate(best.items()):
        middle, lo, hi = _quantiles(found.evidence.rate[k]) * (
            found.candidates.mix[k, p] * (1e3 if variable == "CO" else 1.0)
        )
        twin = int(likeness[i].argmax()) if len(best) > 1 else -1
        rows.append({
            "rank": i + 1, "enterprise": name,
            **{c: known.at[name, c] for c in ("name_zh", "name_en", "industry", "district", "lon", "lat")},
            "probability": float(chance.iloc[i]), "prior": float(before[name]), "rate": middle, "rate_lo": lo,
            "rate_hi": hi, "detectable": float(least[i]), "like": list(best)[twin] if twin >= 0 else "",
            "correlation": float(likeness[i, twin]) if twin >= 0 else np.nan,
        })  # fmt: skip
    columns = [
        "rank", "enterprise", "name_zh", "name_en", "industry", "district", "lon", "lat", "probability", "prior",
        "rate", "rate_lo", "rate_hi", "detectable", "like", "correlation",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _best(found: Attribution, name: str) -> int:
    """The likeliest hypothesis of an enterprise."""
    own = np.flatnonzero(found.candidates.enterprise == name)
    return int(own[found.probability[own].argmax()])


def _quantiles(rate: np.ndarray) -> np.ndarray:
    """Median and 95 % interval of a posterior of the rate [kg h-1]."""
    return np.asarray(np.exp(np.interp(QUANTILES, np.cumsum(rate) - 0.5 * rate, np.log(RATES))))


def fit(
    found: Attribution, seen: inversion.Episode, background: Background, rows: np.ndarray, monitors: np.ndarray,
    variable: str,
) -> pd.DataFrame:  # fmt: skip
    """Observed, background and fitted concentration of ``variable`` at the monitors by hour, over the posterior."""
    p = POLLUTANTS.index(variable)
    fitted = np.zeros(seen.excess.shape[:2])
    for k in np.flatnonzero(found.probability > 0.005):
        logs = found.spells(int(k))
        shape, begin, _last, g = np.unravel_index(int(logs.argmax()), logs.shape)
        weight = found.wind_errors(int(k), int(shape), int(begin), float(RATES[g]))
        load = np.einsum("tq,tqs->ts", weight, found.dilution[shape, found.spot[k]]) * RATES[g]
        load *= arrived(found.away[found.spot[k]], found.speed)[begin] * found.candidates.mix[k, p]
        load *= found.evidence.on[k][:, None]
        change = np.vectorize(inversion.added)(
            seen.kind[p], load, seen.nox, seen.oxidant, seen.photolysis[:, None]
        )
        fitted += found.probability[k] * change
    mean = background.mean[variable][np.ix_(rows, monitors)]
    observed = background.observed[variable][np.ix_(rows, monitors)]
    time = background.times[rows].tz_localize("UTC")
    count = len(monitors)
    return pd.DataFrame({
        "time": np.repeat(time, count), "site": [background.sites[m] for m in monitors] * len(rows),
        "variable": variable, "observed": observed.ravel(), "background": mean.ravel(),
        "fitted": (mean + fitted).ravel(),
    })  # fmt: skip
