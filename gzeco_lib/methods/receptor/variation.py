"""How a concentration varies over the hours of the day, the days of the week and the months, with bootstrap
intervals.

openair's ``timeVariation``: the mean (or median) of each group and the percentile bootstrap interval of the
mean (Efron 1979, doi:10.1214/aos/1176344552). The bootstrap takes hours as independent, as openair does;
hours are not, so intervals are too narrow. ``block`` draws whole days instead.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.receptor.frame import WHERE, one_of, prepare, share_between

PANELS = ("day_hour", "hour", "day", "month")
KEYS = {"day_hour": ["day", "hour"], "hour": ["hour"], "day": ["day"], "month": ["month"]}


def time_variation(
    frame: pd.DataFrame,
    pollutants: str | list[str],
    *,
    statistic: str = "mean",
    interval: float = 0.95,
    samples: int = 100,
    normalise: bool = False,
    zone: str | None = None,
    block: bool = False,
    seed: int = 0,
) -> dict[str, pd.DataFrame]:
    """The four panels of a time variation plot.

    Args:
        frame: series on a time axis.
        pollutants: columns.
        statistic: ``mean`` with the bootstrap interval of the mean, or ``median`` with the quantiles ``1 -
            interval`` and ``interval``.
        interval: confidence of the interval (0..1).
        samples: of the bootstrap.
        normalise: divide by the panel's mean over groups.
        zone: put times, taken as UTC where they carry no zone, to the clock of this zone before grouping.
        block: draw whole days rather than hours.
        seed: of the random draws.

    Returns:
        ``day_hour`` (day 1 Monday .. 7, hour 0..23), ``hour``, ``day`` and ``month`` (1..12): rows of groups
        with ``variable``, ``mean``, ``lower``, ``upper``, ``hours`` and ``capture`` [%] of the group's rows.

    Raises:
        InputError: bad column or argument.
    """
    names = [pollutants] if isinstance(pollutants, str) else list(pollutants)
    one_of("statistic", statistic, ("mean", "median"))
    share_between("interval", interval, 0.5, 0.999)
    if samples < 20:
        raise InputError(
            N_("{samples} bootstrap samples are too few"), WHERE, N_("take at least 20"), samples=samples
        )
    data = prepare(frame, names)
    for name in names:
        if not data[name].notna().any():
            raise InputError(
                N_("column {column} holds no number"), WHERE, N_("take a longer period"), column=name
            )
    index = pd.DatetimeIndex(data.index)
    if zone is not None:
        index = index.tz_localize("UTC").tz_convert(zone)
    keys = {
        "hour": index.hour.to_numpy(),
        "day": index.dayofweek.to_numpy() + 1,
        "month": index.month.to_numpy(),
    }
    rng = np.random.Generator(np.random.SFC64(seed))
    date = index.normalize().asi8 if block else None
    made = {}
    for panel in PANELS:
        tables = [
            _panel(data[name].to_numpy(), [keys[k] for k in KEYS[panel]], KEYS[panel], statistic, interval, samples,
                   date, rng).assign(variable=name)
            for name in names
        ]  # fmt: skip
        table = pd.concat(tables, ignore_index=True)
        if normalise:
            level = table.groupby("variable")["mean"].transform("mean")
            table[["mean", "lower", "upper"]] = table[["mean", "lower", "upper"]].div(level, axis=0)
        made[panel] = table
    return made


def _panel(
    values: np.ndarray, keys: list[np.ndarray], names: list[str], statistic: str, interval: float, samples: int,
    date: np.ndarray | None, rng: np.random.Generator,
) -> pd.DataFrame:  # fmt: skip
    """Rows of groups: their keys, the middle, its interval, hours and data capture [%]."""
    code = keys[0] * (24 if len(keys) == 2 else 1) + (keys[1] if len(keys) == 2 else 0)
    kept = np.isfinite(values)
    order = np.argsort(code[kept], kind="stable")
    ranked, groups = values[kept][order], code[kept][order]
    days = date[kept][order] if date is not None else None
    found, first = np.unique(groups, return_index=True)
    last = np.append(first[1:], len(groups))
    rows = np.empty((len(found), 3))
    tail = [(1 - interval) / 2, (1 + interval) / 2]
    for at, (start, stop) in enumerate(zip(first, last, strict=True)):
        part = ranked[start:stop]
        if statistic == "median":
            rows[at] = np.quantile(part, [0.5, 1 - interval, interval])
            continue
        drawn = (
            block_means(part, days[start:stop], samples, rng)
            if days is not None
            else means(part, samples, rng)
        )
        rows[at] = part.mean(), *(np.quantile(drawn, tail) if len(part) > 1 else (np.nan, np.nan))
    total = np.bincount(code, minlength=int(found[-1]) + 1)[found] if len(found) else np.zeros(0)
    columns = {names[0]: found // 24, names[1]: found % 24} if len(keys) == 2 else {names[0]: found}
    return pd.DataFrame(
        columns | {"mean": rows[:, 0], "lower": rows[:, 1], "upper": rows[:, 2], "hours": last - first,
                   "capture": 100 * (last - first) / np.maximum(total, 1)}
    )  # fmt: skip


def means(values: np.ndarray, samples: int, rng: np.random.Generator) -> np.ndarray:
    """Means of ``samples`` draws with replacement from ``values`` (n,): shape (samples,)."""
    n = len(values)
    return values[rng.integers(0, n, size=(samples, n))].sum(axis=1) / n


def block_means(values: np.ndarray, blocks: np.ndarray, samples: int, rng: np.random.Generator) -> np.ndarray:
    """The same, drawing whole blocks (equal entries of ``blocks``); the mean is of the values drawn."""
    _, member = np.unique(blocks, return_inverse=True)
    total, count = np.bincount(member, weights=values), np.bincount(member)
    drawn = rng.integers(0, len(total), size=(samples, len(total)))
    return total[drawn].sum(axis=1) / count[drawn].sum(axis=1)
