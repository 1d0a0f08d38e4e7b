"""The Beijing stations' wind: places, hours and copies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gzeco_lib.experiments import station_wind


@pytest.mark.shared
def test_stations_have_places_and_winds_of_their_own(shared: Path) -> None:
    data = station_wind.read(shared)
    assert data.sizes["site"] == 8  # twelve air stations share eight anemometers
    apart = np.hypot(
        data["x"].to_numpy()[:, None] - data["x"].to_numpy(),
        data["y"].to_numpy()[:, None] - data["y"].to_numpy(),
    )
    assert 3e3 < apart[apart > 0].min() < apart.max() < 80e3
    north = data["y"].to_series()
    assert north.idxmax() == "Huairou"  # the northernmost of them
    assert float(data["wind_speed"].min()) >= 0
    assert set(np.unique(data["wind_direction"].to_numpy()[np.isfinite(data["wind_direction"])]) % 22.5) == {
        0.0
    }


@pytest.mark.shared
def test_local_hours_become_utc(shared: Path) -> None:
    data = station_wind.read(shared, hours=5)
    assert data.sizes["time"] == 5
    assert (
        str(data["time"].to_numpy()[0])[:13] == "2013-02-28T16"
    )  # midnight of the first of March in Beijing
    assert float(data["wind_speed"].sel(site="Aotizhongxin")[0]) == pytest.approx(4.4)
    assert float(data["wind_direction"].sel(site="Aotizhongxin")[0]) == 337.5
