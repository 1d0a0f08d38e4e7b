"""The public hourly sets as read: hours complete, clocks moved to UTC, wind as an angle."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gzeco_lib.errors import InputError
from gzeco_lib.experiments.hourly_air import observations


@pytest.mark.shared
def test_beijing_is_utc_with_wind_as_an_angle(shared: Path) -> None:
    data = observations("beijing", shared)
    rows = pd.concat(pd.read_parquet(path) for path in sorted((shared / "beijing_prsa").glob("*.parquet")))
    row = rows[(rows["station"] == "Dingling") & (rows["wd"] == "NNW")].iloc[100]
    here = data.sel(site="Dingling", time=pd.Timestamp(row["time_local"]) - pd.Timedelta(hours=8))
    assert float(here["wd"]) == 337.5
    np.testing.assert_allclose(here["TEMP"], row["TEMP"])
    assert data["wd"].attrs["units"] == "degree"
    assert (np.diff(data["time"].to_numpy()) == np.timedelta64(1, "h")).all()


@pytest.mark.shared
def test_london_is_one_station(shared: Path) -> None:
    data = observations("london", shared)
    assert data.sizes["site"] == 1
    assert str(data["time"].to_numpy()[0])[:13] == "1998-01-01T00"


def test_another_name_is_refused() -> None:
    with pytest.raises(InputError, match="no hourly set"):
        observations("beijng")
