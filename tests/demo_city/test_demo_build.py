"""The generated city is the same for the same seed, keeps the lake's contracts, and is stored once."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pandas as pd
import pytest

import gzeco_lib.cli.catalogue
import gzeco_lib.cli.demo  # noqa: F401
from gzeco_lib import demo_city
from gzeco_lib.cli.app import app, command_line
from gzeco_lib.demo_city import City, build
from gzeco_lib.demo_city import city as generate
from gzeco_lib.demo_city.build import STEPS, last_hour
from gzeco_lib.errors import InputError
from gzeco_lib.lake import TABLES, Lake
from gzeco_lib.lake.contract import conform
from gzeco_lib.lake.frames import from_parquet, to_parquet

END = "2026-03-01T00:00+08:00"


def test_same_seed_gives_the_same_bytes(city: City) -> None:
    again = generate(2026, "small", END)
    for name, frame in (city.tables | city.truth).items():
        assert to_parquet(frame) == to_parquet((again.tables | again.truth)[name]), name


def test_another_seed_gives_another_city(city: City) -> None:
    other = generate(7, "small", END, check=False)
    assert not other.tables["enterprise"].equals(city.tables["enterprise"])
    ours, theirs = (c.tables["observation"]["value"].head(500) for c in (city, other))
    assert (ours.to_numpy() != theirs.to_numpy()).mean() > 0.5


def test_a_later_build_continues_an_earlier_one(city: City) -> None:
    """The same hour has the same value whatever window is built."""
    later = generate(2026, "small", "2026-03-20T07:00+08:00", check=False)
    key = ["time", "site", "variable"]
    first = city.tables["observation"].set_index(key)["value"]
    second = later.tables["observation"].set_index(key)["value"]
    common = first.index.intersection(second.index)
    overlap = (first.index.get_level_values("time") >= later.start).sum()
    assert len(common) == overlap > 400_000
    assert (first.loc[common] == second.loc[common]).all()


@pytest.mark.parametrize(
    "name", ["site", "enterprise", "exposure", "place", "cell", "demography", "event", "observation"]
)
def test_tables_keep_their_contract(city: City, name: str) -> None:
    table = conform(city.tables[name], TABLES[name])
    assert table.num_rows == len(city.tables[name]) > 0


def test_everything_says_that_it_is_generated(city: City) -> None:
    for name, frame in city.tables.items():
        assert (frame["source"] == "demo_city").all(), name
        if "generated" in TABLES[name].columns:
            assert frame["generated"].all(), name
    for name in ("site", "enterprise", "place"):
        assert city.tables[name]["name_zh"].str.startswith("示例").all()
        assert city.tables[name]["name_en"].str.startswith("Demo ").all()
    assert city.tables["enterprise"]["enterprise"].str.startswith("DEMO-").all()


def test_hourly_series_reach_the_asked_end(city: City) -> None:
    observed = city.tables["observation"]
    times = observed["time"]
    assert times.max() == pd.Timestamp("2026-02-28T23:00+08:00")
    assert times.min() == pd.Timestamp("2025-11-01T00:00+08:00")
    hourly = observed[observed["interval"] == "PT1H"]
    assert hourly.groupby("site")["time"].nunique().min() > 0.9 * 120 * 24


def test_stored_once_with_its_truth_beside(city: City, tmp_path: Path) -> None:
    lake = Lake.open(str(tmp_path / "lake"), create=True)
    told: list[tuple[str, int, int]] = []
    first = build(lake, 2026, "small", END, lambda *step: told.append(step))
    versions = lake.versions()
    second = build(lake, 2026, "small", END)
    assert first.stored == sum(len(frame) for frame in city.tables.values())
    assert (second.stored, second.duplicates) == (0, first.stored)
    assert second.rows == first.rows
    assert len(lake.read("observation")) == first.rows["observation"]
    assert set(versions) == set(city.tables)
    assert [step for step, _done, _all in told] == [*STEPS, STEPS[-1]]
    assert told[-1][1:] == (len(STEPS), len(STEPS))
    for name, frame in city.truth.items():
        pd.testing.assert_frame_equal(from_parquet(lake.get(f"truth/{name}.parquet")), frame)
        assert len(json.loads(lake.get(f"truth/{name}.json"))) == len(frame)
    assert json.loads(lake.get("truth/summary.json"))["rows"] == first.rows


@pytest.mark.parametrize(
    ("seed", "scale", "end", "problem"),
    [
        (2026, "big", END, "unknown scale big"),
        (-1, "small", END, "seed -1"),
        (2**32, "small", END, "seed 4294967296"),
        (2026, "small", "soon", "soon is no time"),
        (2026, "small", "NaT", "NaT is no time"),
        (2026, "small", "2100-01-01T00:00Z", "lies in the future"),
        (2026, "small", "1999-01-01T00:00Z", "too long ago"),
    ],
)
def test_bad_options_are_told(seed: int, scale: str, end: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem) as error:
        generate(seed, scale, end)
    assert error.value.told()["fix"]


def test_the_end_is_a_whole_hour_and_local_without_a_zone() -> None:
    assert last_hour("2026-03-01 08:59") == pd.Timestamp("2026-03-01T00:00Z")
    assert last_hour("2026-03-01T08:00+08:00") == pd.Timestamp("2026-03-01T00:00Z")
    now = pd.Timestamp.now(tz="UTC")
    assert pd.Timedelta(0) <= now - last_hour(None) < pd.Timedelta(hours=1, minutes=1)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lake = tmp_path / "lake"
    code = command_line(app, ["demo", "--lake", str(lake), "--end", END, "--json"])
    told = json.loads(capsys.readouterr().out)
    assert code == 0
    assert told["rows"]["site"] == 75
    assert told["stored"] == sum(told["rows"].values())
    assert told["end"] == "2026-02-28T16:00:00+00:00"
    assert Lake.open(str(lake)).has("truth/episodes.parquet")


def test_the_command_refuses_before_it_makes_a_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = command_line(app, ["demo", "--lake", str(tmp_path / "lake"), "--scale", "large", "--json"])
    assert code == 2
    assert json.loads(capsys.readouterr().err)["where"] == "--scale"
    assert not (tmp_path / "lake").exists()


# Norms say which hours make a valid day, ingestion how small counts and telephone numbers are kept out.
MAY_USE = {"demo_city", "geo", "lake", "variables", "standards", "ingest", "errors"}


def test_its_physics_is_its_own() -> None:
    """No module of the demo city takes anything from the models it is there to test."""
    modules = sorted(Path(str(demo_city.__file__)).parent.glob("*.py"))
    assert modules
    for module in modules:
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            ours = [name.split(".")[1] for name in names if name.startswith("gzeco_lib.")]
            assert set(ours) <= MAY_USE, module.name
