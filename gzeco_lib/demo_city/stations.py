"""What the air and weather stations show, their planted faults and the factors of their instruments."""

from __future__ import annotations

import pandas as pd

from gzeco_lib.demo_city import faults as planting
from gzeco_lib.demo_city import setting
from gzeco_lib.demo_city import weather as sky
from gzeco_lib.demo_city.air import measured
from gzeco_lib.demo_city.columns import observations
from gzeco_lib.demo_city.places import WEATHER
from gzeco_lib.demo_city.world import World


def air(made: World) -> pd.DataFrame:
    """Hourly ``observation`` rows of the air stations, faults included."""
    hours, found = made.clock.hours, planted(made)
    shown = measured(made.seed, made.actual, made.clock, setting.offsets(made.seed))
    spoilt = planting.apply(found, hours, made.air, shown)
    spoilt = planting.drop_scattered(made.seed, found, hours, made.air, spoilt)
    return observations(hours[made.window], made.air, {code: t[made.window] for code, t in spoilt.items()})


def weather(made: World) -> pd.DataFrame:
    """Hourly ``observation`` rows of the weather stations."""
    blown = sky.observed(made.seed, made.sky, WEATHER)
    return observations(
        made.clock.hours[made.window],
        [p.site for p in WEATHER],
        {code: t[made.window] for code, t in blown.items()},
    )


def faults(made: World) -> pd.DataFrame:
    """The faults planted in the air stations."""
    return planting.table(planted(made), made.start, made.stop)


def offsets(made: World) -> pd.DataFrame:
    """The factor of each air instrument."""
    return pd.DataFrame({"site": made.air, **setting.offsets(made.seed)})


def planted(made: World) -> list[planting.Fault]:
    """The faults that touch the period."""
    return planting.faults(made.seed, made.air, made.start, made.stop)
