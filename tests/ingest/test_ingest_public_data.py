"""The public sets go in whole, and their known flaws are found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gzeco_lib.ingest import ingest
from gzeco_lib.lake import Lake

pytestmark = pytest.mark.shared


def test_every_observation_of_guangzhou_is_stored_once(shared: Path, lake: Lake) -> None:
    path = shared / "guangzhou_air" / "hourly_2024-04_2024-12.parquet"
    source = pd.read_parquet(path)
    cells = source.drop(columns=["station", "time_local"]).notna().sum()
    report = ingest(path, "guangzhou_stations", lake)
    assert (report.read, report.stored, report.rejected) == (cells.sum(), cells.sum(), 0)
    assert report.sites == 21 and report.unknown_sites == []
    assert report.seconds < 60
    assert {"flat_line", "spike", "gap"} <= set(report.flags)
    again = ingest(path, "guangzhou_stations", lake)
    assert (again.stored, again.duplicates, again.flags) == (0, cells.sum(), report.flags)
    stored = lake.query("SELECT variable, count(*) AS n FROM observation GROUP BY variable")
    assert dict(zip(stored["variable"], stored["n"], strict=True)) == cells.to_dict()

    # Cell by cell for one station: local midnight is 16:00 UTC of the day before, the decimals are the printed ones.
    rows = lake.read("observation", where={"site": "1352A"}).pivot(
        index="time", columns="variable", values="value"
    )
    one = source[source["station"] == "1352A"].set_index("time_local")
    one.index = one.index.tz_localize("Asia/Shanghai").tz_convert("UTC")
    for code in cells.index:
        printed = one[code].dropna().map(lambda x: float(str(np.float32(x))))
        assert rows[code].dropna().to_dict() == printed.to_dict()
    assert lake.read("site").set_index("site").loc["1352A", "district"] == "440104"  # Yuexiu


def test_the_flaws_of_the_uci_set_are_flagged(shared: Path, lake: Lake) -> None:
    report = ingest(shared / "uci_pm25_guangzhou" / "hourly_2010_2014.parquet", "uci_pm25_guangzhou", lake)
    assert report.rejected == 0
    assert report.flags["sentinel"] == 8  # four in DEWP, four in HUMI
    rows = lake.read("observation", where={"flag": "sentinel"})
    assert set(rows["value"]) == {-9999.0}
    copied = lake.query(
        "SELECT site, count(*) AS n FROM observation WHERE flag LIKE '%copied_series%' GROUP BY site"
    )
    assert copied["n"].sum() >= 23_000


def test_daily_weather_starts_at_local_midnight(shared: Path, lake: Lake) -> None:
    path = shared / "guangzhou_weather_daily" / "daily_2024.csv"
    report = ingest(path, "guangzhou_weather_daily", lake)
    cells = pd.read_csv(path).drop(columns="date").notna().sum().sum()
    assert (report.read, report.stored) == (cells, cells)
    rows = lake.read("observation")
    assert set(rows["interval"]) == {"P1D"}
    assert set(rows["time"].dt.tz_convert("Asia/Shanghai").dt.hour) == {0}


def test_gases_of_london_are_mass_concentrations(shared: Path, lake: Lake) -> None:
    path = shared / "openair_mydata_london" / "mydata.parquet"
    source = pd.read_parquet(path)
    report = ingest(path, "openair_mydata_london", lake)
    assert report.stored == source.drop(columns="date").notna().sum().sum()
    mean = lake.query("SELECT avg(value) AS v FROM observation WHERE variable = 'NO2'")["v"].item()
    # 1 ppb of NO2 is 46.0055 / 24.465 = 1.880 ug m-3 at 298.15 K and 1013.25 hPa.
    assert mean == pytest.approx(source["no2"].mean() * 1.880, rel=1e-3)


def test_the_national_list_of_stations(shared: Path, lake: Lake) -> None:
    path = shared / "cn_national_stations" / "cn_national_stations.csv"
    report = ingest(path, "cn_national_stations", lake)
    assert (report.read, report.stored, report.rejected) == (2026, 2026, 0)
    rows = lake.read("site").set_index("site")
    assert np.isnan(rows.loc["1347A", "lon"])  # the list has no place for it
    assert rows.loc["1355A", "kind"] == "background"
    assert rows["district"].notna().sum() >= 20  # those of Guangzhou
