"""The rules on real series: faults known to be there, faults planted, and how often they cry wolf."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gzeco_lib.variables import check, count, fired

SEED = 20240401


@pytest.fixture(scope="module")
def found(guangzhou: pd.DataFrame) -> pd.Series:
    return check(guangzhou)


def _at(frame: pd.DataFrame, site: str, code: str, local: str, hours: int = 1) -> pd.Series:
    start = pd.Timestamp(local, tz="Asia/Shanghai")
    inside = (frame["time"] >= start) & (frame["time"] < start + pd.Timedelta(hours=hours))
    return inside & (frame["site"] == site) & (frame["variable"] == code)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("site", "code", "local"),
    [
        ("1345A", "SO2", "2024-05-17 22:00"),  # 5 5 5 183 6 6
        ("1349A", "SO2", "2024-04-02 13:00"),
        ("1352A", "CO", "2024-08-20 10:00"),  # 0.8 2.7 0.6
        ("2846A", "PM2.5", "2024-10-27 10:00"),  # 13 74 14
        ("3446A", "PM10", "2024-05-12 16:00"),  # 10 121 4
        ("3298A", "NO2", "2024-09-12 11:00"),
    ],
)
def test_lone_peaks_of_guangzhou(
    guangzhou: pd.DataFrame, found: pd.Series, site: str, code: str, local: str
) -> None:
    assert found[_at(guangzhou, site, code, local)].tolist() == ["spike"]


@pytest.mark.shared
@pytest.mark.parametrize(
    ("site", "code", "local", "hours", "rule"),
    [
        ("3303A", "NO2", "2024-04-08 01:00", 8, "flat_line"),  # at 36
        ("3298A", "NO2", "2024-12-14 10:00", 14, "flat_line"),
        ("1351A", "PM2.5", "2024-05-14 12:00", 7, "flat_line"),  # at 29
        ("3445A", "PM2.5", "2024-05-20 14:00", 53, "flat_low"),  # at 3, the floor of the instrument
        ("1353A", "SO2", "2024-04-29 15:00", 207, "flat_low"),
    ],
)
def test_frozen_runs_of_guangzhou(
    guangzhou: pd.DataFrame, found: pd.Series, site: str, code: str, local: str, hours: int, rule: str
) -> None:
    flags = found[_at(guangzhou, site, code, local, hours)]
    assert len(flags) == hours and fired(flags, [rule]).all()


@pytest.mark.shared
def test_real_air_is_left_alone(guangzhou: pd.DataFrame, found: pd.Series) -> None:
    # Sharp but real: an ozone noon of the sea breeze, an evening of traffic with the whole city up.
    for site, code, local in [
        ("3443A", "O3", "2024-08-12 15:00"),
        ("1346A", "O3", "2024-08-07 13:00"),
        ("1351A", "NO2", "2024-12-30 21:00"),
    ]:
        assert found[_at(guangzhou, site, code, local)].tolist() == [""]
    counts = count(found)
    assert set(counts) == {"flat_line", "flat_low", "spike", "gap"}
    assert counts["flat_line"] + counts["spike"] < 0.0005 * len(guangzhou)
    assert counts["flat_low"] < 0.01 * len(guangzhou)


@pytest.mark.shared
def test_faults_of_the_older_guangzhou_file(shared: Path) -> None:
    wide = pd.read_parquet(shared / "uci_pm25_guangzhou" / "hourly_2010_2014.parquet")
    time = (wide["time_local"] - pd.Timedelta(hours=8)).dt.tz_localize("UTC")
    names = {
        "PM_City Station": "PM2.5",
        "PM_5th Middle School": "PM2.5",
        "PM_US Post": "PM2.5",
        "DEWP": "dew_point",
        "HUMI": "relative_humidity",
    }
    frame = pd.concat(
        [
            pd.DataFrame({"time": time, "site": c, "variable": v, "value": wide[c].astype(float)})
            for c, v in names.items()
        ],
        ignore_index=True,
    ).dropna()
    flags = check(frame)
    copied = frame[fired(flags, ["copied_series"])]
    # The two columns are the same in all their 23,836 hours: which one was copied cannot be told from them.
    assert copied.groupby("site").size().to_dict() == {"PM_City Station": 23836, "PM_US Post": 23836}
    coded = frame[fired(flags, ["sentinel"])]
    assert coded["value"].unique().tolist() == [-9999.0]
    assert coded.groupby("variable").size().to_dict() == {"dew_point": 4, "relative_humidity": 4}


@pytest.mark.shared
@pytest.mark.slow
def test_faults_of_beijing(shared: Path) -> None:
    wide = pd.read_parquet(shared / "beijing_prsa" / "hourly_2013-03_2016-08.parquet")
    wide = wide[wide["time_local"] < "2014-03-01"]
    frame = wide.melt(["station", "time_local"], ["O3", "PM10", "PM2.5"], "variable", "value").dropna()
    frame = frame.rename(columns={"station": "site"}).astype({"site": str, "variable": str, "value": float})
    frame["time"] = (frame["time_local"] - pd.Timedelta(hours=8)).dt.tz_localize("UTC")
    flags = check(frame)
    # All twelve stations repeat one ozone value for days in the first half of March 2013.
    march = (frame["variable"] == "O3") & (frame["time_local"] < "2013-03-19")
    frozen = frame[march.to_numpy() & fired(flags, ["flat_line"])]
    assert frozen["site"].nunique() == 12 and len(frozen) > 2500
    assert len(frame[march]) < len(frozen) * 1.8
    # An analyser of Dongsi at the end of its scale, 1071.
    assert set(frame[fired(flags, ["range"])]["site"]) == {"Dongsi"}
    lone = frame[fired(flags, ["sentinel"])]
    assert lone["value"].tolist() == [999.0, 999.0] and set(lone["variable"]) == {"PM10"}
    assert fired(flags, ["pm25_gt_pm10"]).mean() > 0.02


def _plant(frame: pd.DataFrame, flags: pd.Series) -> tuple[pd.DataFrame, dict[str, np.ndarray], np.ndarray]:
    """``frame`` with faults planted in places no rule had fired, the rows of each kind, and all rows touched."""
    rng = np.random.default_rng(SEED)
    value = frame["value"].to_numpy().copy()
    key = pd.factorize(frame["site"].astype(str) + frame["variable"].astype(str))[0]
    hour = frame["time"].dt.tz_localize(None).to_numpy().astype("datetime64[h]").astype(np.int64)
    order = np.lexsort((hour, key))
    code = frame["variable"].to_numpy()
    clean = (flags == "").to_numpy()
    taken = np.zeros(len(frame), dtype=bool)
    planted: dict[str, list[np.ndarray]] = {name: [] for name in ("flat_line", "spike", "sentinel")}
    scale = {"PM2.5": 25, "PM10": 40, "NO2": 40, "O3": 60, "SO2": 15, "CO": 0.8}

    def place(length: int, codes: list[str]) -> np.ndarray:
        while True:
            at = int(rng.integers(3, len(order) - length - 3))
            around = order[at - 3 : at + length + 3]
            whole = np.all(np.diff(hour[around]) == 1) and key[around[0]] == key[around[-1]]
            if whole and code[around[0]] in codes and clean[around].all() and not taken[around].any():
                taken[around] = True
                return around[3:-3]

    for _ in range(100):
        rows = place(24, ["PM2.5", "PM10", "NO2", "O3"])
        value[rows] = max(value[rows[0]], 15.0)
        planted["flat_line"].append(rows)
        rows = place(1, list(scale))
        value[rows] += scale[code[rows[0]]] * 2 + value[rows] * 0.5
        planted["spike"].append(rows)
        rows = place(2, list(scale))
        value[rows] = rng.choice([-9999.0, -999.0, 9999.0])
        planted["sentinel"].append(rows)
    return frame.assign(value=value), {k: np.concatenate(v) for k, v in planted.items()}, taken


@pytest.mark.shared
@pytest.mark.slow
def test_planted_faults_are_found_and_little_else(guangzhou: pd.DataFrame, found: pd.Series) -> None:
    broken, planted, touched = _plant(guangzhou, found)
    flags = check(broken)
    caught = {name: float(fired(flags[rows], [name]).mean()) for name, rows in planted.items()}
    assert caught["sentinel"] == 1.0
    assert caught["flat_line"] >= 0.99
    assert caught["spike"] >= 0.9  # the rest stand where the hours around them are unsettled, too
    wolf = fired(flags, ["flat_line", "spike", "sentinel", "range"]) & ~touched & (found == "").to_numpy()
    assert wolf.sum() <= 5, wolf.sum()
    # A 48-hour stretch of one station sold as another's.
    site, other = (
        (broken["site"] == "1345A") & (broken["variable"] == "NO2"),
        (broken["site"] == "1346A") & (broken["variable"] == "NO2"),
    )
    window = broken["time"].between("2024-07-10T00:00Z", "2024-07-11T23:00Z")
    given = broken[other & window].set_index("time")["value"]
    rows = broken.index[site & window & broken["time"].isin(given.index)]
    broken.loc[rows, "value"] = given.loc[broken.loc[rows, "time"]].to_numpy()
    copies = broken[fired(check(broken), ["copied_series"])]
    # Both stations are nearly complete: nothing tells which is the copy, so both are flagged.
    assert set(copies["site"]) == {"1345A", "1346A"}
    assert len(rows) > 40 and 2 * len(rows) <= len(copies) <= 2 * (len(rows) + 3)
