"""Lakes for the model: a small generated one with everything in it, and the stations of Guangzhou."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from eh_lakes import CODES, END, enterprises, exposure, observations, sites

from gzeco_lib.environmental_health import EnvironmentalHealth
from gzeco_lib.lake.lake import Lake
from gzeco_lib.scenario import Outcome


def _made(folder: Path, rows: pd.DataFrame | None, people: bool, works: bool) -> Lake:
    lake = Lake.open(str(folder / "lake"), create=True)
    lake.write("site", sites())
    if rows is not None and len(rows):
        lake.write("observation", rows)
    if people:
        lake.write("exposure", exposure())
    if works:
        lake.write("enterprise", enterprises())
    return lake


@pytest.fixture
def lake_of(tmp_path: Path) -> Callable[..., Lake]:
    """A factory of small lakes: ``lake_of(rows, works=True)``; without people and works unless asked for."""

    def make(rows: pd.DataFrame | None = None, *, people: bool = False, works: bool = False) -> Lake:
        return _made(tmp_path, rows, people, works)

    return make


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A small lake with everything in it, for tests that only read it."""
    return _made(tmp_path_factory.mktemp("whole"), observations(), people=True, works=True)


@pytest.fixture(scope="session")
def outcome(whole: Lake) -> Outcome:
    """What the model, its forecasts fitted the quick way, makes of ``whole``."""
    return EnvironmentalHealth(effort="quick").run(whole, END)


@pytest.fixture(scope="session")
def guangzhou(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """The national stations of Guangzhou, September to December 2024, in a lake."""
    lake = Lake.open(str(tmp_path_factory.mktemp("guangzhou") / "lake"), create=True)
    frame = pd.read_parquet(next((shared / "guangzhou_air").glob("*.parquet")))
    frame = frame[frame["time_local"] >= "2024-09-01"]
    places = pd.read_csv(shared / "cn_national_stations" / "cn_national_stations.csv")
    places = places[places["监测点编码"].isin(frame["station"].unique())]
    lake.write(
        "site",
        pd.DataFrame(
            {
                "site": places["监测点编码"], "name_zh": places["监测点名称"], "name_en": None, "kind": "air",
                "lon": places["经度"].astype(float), "lat": places["纬度"].astype(float), "district": None,
                "generated": False, "source": "test",
            }
        ),
    )  # fmt: skip
    rows = frame.melt(["station", "time_local"], list(CODES), "variable", "value").dropna()
    rows["time"] = rows.pop("time_local").dt.tz_localize("Asia/Shanghai").dt.tz_convert("UTC")
    rows = rows.rename(columns={"station": "site"}).assign(flag="", interval="PT1H", source="test")
    lake.write("observation", rows.astype({"value": float}))
    return lake
