"""Days of the generated city: what people breathed and felt, and the daily values kept of earlier years.

Health counts go back further than hourly rows do. For these years the lake holds only daily values, as an archive
would: 24-h means, of O3 the maximum of the 8-h means, by the same stations, from the same air.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gzeco_lib.demo_city import weather
from gzeco_lib.demo_city.air import POLLUTANTS, air, concentrations, measured
from gzeco_lib.demo_city.clock import clock
from gzeco_lib.demo_city.columns import text
from gzeco_lib.demo_city.enterprises import enterprises
from gzeco_lib.demo_city.noise import EPOCH
from gzeco_lib.demo_city.options import DAYS, RUN_IN
from gzeco_lib.demo_city.places import AIR, SOURCE, WEATHER
from gzeco_lib.demo_city.population import CENSUS, people
from gzeco_lib.demo_city.setting import offsets, setting
from gzeco_lib.demo_city.world import World
from gzeco_lib.standards import validity

Array = NDArray[np.float64]

HISTORY = {"small": DAYS["small"], "full": 1096}  # days of health counts; models need a year and more
LAGS = 15  # days, today and the two weeks before it, that a count may depend on
KEPT = ("temperature", "relative_humidity")  # weather of the archive
DECIMALS = {"CO": 2}
LOCAL = "Asia/Shanghai"
DAY = pd.Timedelta(days=1)


@dataclass(frozen=True, eq=False)
class Days:
    """Consecutive local days.

    Attributes:
        starts: (D,) starts of the days (UTC).
        felt: true exposure (D, district of ``CENSUS``) by PM2.5, O3, NO2 [ug m-3] and temperature [degC]: the mean of
            the district's stations without the releases, whose plumes are narrower than a district.
        shown: what the stations' daily values are (D, station), by variable [its unit]; pollutants of `AIR`, weather of
            `WEATHER`.
    """

    starts: pd.DatetimeIndex
    felt: dict[str, Array]
    shown: dict[str, Array]


def local_day(moment: pd.Timestamp) -> pd.Timestamp:
    """The start (UTC) of the local day that ``moment`` lies in."""
    return moment.tz_convert(LOCAL).floor("D").tz_convert("UTC").as_unit("us")


def span(made: World) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First day of the health counts and the end of the last whole day."""
    last = local_day(made.stop)
    first = max(last - HISTORY[made.scale] * DAY, local_day(EPOCH + 3 * RUN_IN + LAGS * DAY))
    return first, last


def days_of(made: World) -> Days:
    """The days of the health counts and those before them that these depend on."""
    return _days(made.seed, *span(made))


@lru_cache(maxsize=1)
def _days(seed: int, first: pd.Timestamp, last: pd.Timestamp) -> Days:
    """Values belong to (seed, hour), so that these are the same hours as those of the hourly rows."""
    begin = first - LAGS * DAY
    hours = pd.date_range(begin - RUN_IN, last, freq="h", inclusive="left", unit="us")
    when = clock(hours)
    sky = weather.weather(seed, when)
    actual = concentrations(air(seed, sky, setting(people(seed), enterprises(seed))))
    known = hours >= begin
    times = hours[known].tz_localize(None).to_numpy()
    seen = measured(seed, actual, when, offsets(seed))
    blown = weather.observed(seed, sky, WEATHER)
    felt = {code: _by_district(_daily(code, actual[code][known], times)) for code in ("PM2.5", "O3", "NO2")}
    warm = validity.daily_mean(sky.temperature[known], times).value
    felt["temperature"] = np.repeat(warm[:, None], len(CENSUS), axis=1)
    shown = {code: _daily(code, seen[code][known], times) for code in POLLUTANTS}
    shown |= {code: validity.daily_mean(blown[code][known], times).value for code in KEPT}
    starts = pd.date_range(begin, last, freq="D", inclusive="left", unit="us")
    return Days(starts, felt, shown)


def _daily(code: str, values: Array, times: NDArray[np.datetime64]) -> Array:
    rule = validity.mda8 if code == "O3" else validity.daily_mean
    return np.asarray(rule(values, times).value)


def _by_district(values: Array) -> Array:
    """Mean of each district's stations (D, district), the background station apart: nobody lives there."""
    columns = [[i for i, p in enumerate(AIR) if p.district == d and p.kind == "air"] for d in CENSUS]
    return np.column_stack([values[:, part].mean(axis=1) for part in columns])


def archive(made: World) -> pd.DataFrame:
    """Daily ``observation`` rows (P1D) of the days before the hourly rows; none where the hours cover all counts."""
    days = days_of(made)
    before = np.asarray(days.starts < made.start) & (HISTORY[made.scale] > DAYS[made.scale])
    parts = [
        _rows(code, days.starts[before], values[before], [p.site for p in (WEATHER if code in KEPT else AIR)])
        for code, values in days.shown.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _rows(code: str, starts: pd.DatetimeIndex, values: Array, sites: list[str]) -> pd.DataFrame:
    n, zero = values.size, np.zeros(values.size, dtype=np.int64)
    return pd.DataFrame(
        {
            "time": starts.repeat(len(sites)),
            "site": text(sites, np.tile(np.arange(len(sites)), len(starts))),
            "variable": text([code], zero),
            "value": np.round(values, DECIMALS.get(code, 1)).ravel() if n else np.empty(0),
            "interval": text(["P1D"], zero),
            "source": text([SOURCE], zero),
        }
    )
