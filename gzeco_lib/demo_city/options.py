"""What may be asked of the demo city: its seed, its scale, the end of its series."""

from __future__ import annotations

import pandas as pd

from gzeco_lib.demo_city.noise import EPOCH
from gzeco_lib.errors import N_, InputError, near

DAYS = {"small": 120, "full": 396}
RUN_IN = pd.Timedelta(days=40)  # the air's memory is days: what is kept does not depend on where this begins
YEAR = pd.Timedelta(days=365)


def last_hour(end: pd.Timestamp | str | None) -> pd.Timestamp:
    """``end`` as a whole UTC hour, by default the last full hour before now; local time where it has no zone.

    Raises:
        InputError: for a time that cannot be read, lies in the future or too far back.
    """
    now = pd.Timestamp.now(tz="UTC").floor("h")
    if end is None:
        return now
    try:
        moment = pd.Timestamp(end)
    except (ValueError, TypeError) as error:
        raise InputError(
            N_("{text} is no time"), "--end", N_("write it like 2026-11-01T08:00+08:00"), text=str(end)
        ) from error
    if moment is pd.NaT:
        raise InputError(
            N_("{text} is no time"), "--end", N_("write it like 2026-11-01T08:00+08:00"), text=str(end)
        )
    if moment.tzinfo is None:
        moment = moment.tz_localize("Asia/Shanghai")
    moment = moment.tz_convert("UTC").floor("h")
    if moment > now:
        raise InputError(
            N_("the time {text} lies in the future"), "--end", N_("give a time before now"), text=str(end)
        )
    if moment - RUN_IN - 2 * YEAR < EPOCH:
        raise InputError(
            N_("the time {text} is too long ago for the demo city"),
            "--end",
            N_("give a time after {first}"),
            text=str(end),
            first="2003-01-01",
        )
    return moment


def checked(seed: int, scale: str) -> None:
    """Refuse a scale that is none and a seed that cannot be one.

    Raises:
        InputError: naming the known scales, or the range of seeds.
    """
    if scale not in DAYS:
        raise InputError(
            N_("unknown scale {scale}"),
            "--scale",
            N_("use one of: {near}"),
            scale=scale,
            near=near(scale, DAYS),
        )
    if not 0 <= seed < 2**32:
        raise InputError(
            N_("the seed {seed} is no whole number from 0 to 4294967295"),
            "--seed",
            N_("give a number in that range, e.g. 2026"),
            seed=seed,
        )
