"""The lake keeps its contracts: once, whole, and what was stored stays."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gzeco_lib.errors import FailureError, InputError
from gzeco_lib.lake import Lake
from gzeco_lib.lake import delta as delta_module

UTC = "UTC"


def rows(n: int = 48, site: str = "A", start: str = "2024-01-30T00:00Z", value: float = 1.0) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "time": pd.date_range(start, periods=n, freq="1h"),
            "site": site,
            "variable": "PM2.5",
            "value": value + np.arange(n),
            "flag": "",
            "interval": "PT1H",
            "source": "test",
        }
    )


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake.open(str(tmp_path / "lake"), create=True)


def test_the_same_batch_twice_is_stored_once(lake: Lake) -> None:
    assert lake.write("observation", rows()).stored == 48
    again = lake.write("observation", rows())
    assert (again.stored, again.duplicates) == (0, 48)
    assert len(lake.read("observation")) == 48


def test_a_revised_value_replaces_the_old_one_and_the_old_version_can_still_be_read(lake: Lake) -> None:
    lake.write("observation", rows())
    before = lake.versions()["observation"]
    revised = rows()
    revised.loc[3, "value"] = 99.0
    done = lake.write("observation", revised)
    assert (done.stored, done.duplicates, done.revised) == (1, 47, 1)
    assert 99.0 in set(lake.read("observation")["value"])
    from deltalake import DeltaTable

    old = DeltaTable(lake.store.uri("tables/observation"), version=before)
    assert old.version() == before and old.version() < lake.versions()["observation"]


def test_another_source_bringing_the_same_values_is_a_duplicate(lake: Lake) -> None:
    lake.write("observation", rows())
    assert lake.write("observation", rows().assign(source="other")).duplicates == 48


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (lambda f: f.drop(columns="flag"), "flag"),
        (lambda f: f.assign(extra=1), "extra"),
        (lambda f: f.assign(value="high"), "wrong type"),
        (lambda f: f.assign(value=np.nan), "empty"),
        (lambda f: f.assign(value=np.inf), "infinite"),
        (lambda f: f.assign(time=f["time"].dt.tz_localize(None)), "no time zone"),
        (lambda f: f.assign(interval="1h"), "PT1H"),
        (lambda f: pd.concat([f, f]), "twice"),
    ],
)
def test_a_batch_that_breaks_the_contract_is_refused_whole(lake: Lake, broken, said: str) -> None:
    lake.write("observation", rows(4))
    with pytest.raises(InputError) as refused:
        lake.write("observation", broken(rows(10, site="B")))
    assert said in str(refused.value)
    assert len(lake.read("observation")) == 4


def test_an_unknown_table_or_column_names_the_near_one(lake: Lake) -> None:
    with pytest.raises(InputError, match="observation"):
        lake.write("observations", rows())
    with pytest.raises(InputError, match="value"):
        lake.read("observation", columns=["values"])


def test_reading_is_half_open_and_filters(lake: Lake) -> None:
    lake.write("observation", pd.concat([rows(site="A"), rows(site="B")]))
    start, end = pd.Timestamp("2024-01-31T00:00Z"), pd.Timestamp("2024-01-31T06:00Z")
    found = lake.read("observation", start=start, end=end, where={"site": ["B"]})
    assert len(found) == 6 and set(found["site"]) == {"B"}
    assert found["time"].min() == start and str(found["time"].dt.tz) == UTC


def test_observations_become_complete_arrays_without_invalid_values(lake: Lake) -> None:
    frame = rows(5, start="2024-01-30T00:00Z").drop(index=2)
    frame.loc[3, ["value", "flag"]] = [-9999.0, "sentinel"]
    lake.write("observation", frame)
    window = pd.Timestamp("2024-01-30T00:00Z"), pd.Timestamp("2024-01-30T05:00Z")
    wide = lake.observations(["PM2.5", "O3"], *window)
    assert wide.sizes == {"time": 5, "site": 1}
    np.testing.assert_array_equal(wide["PM2.5"].values[:, 0], [1, 2, np.nan, np.nan, 5])
    assert np.isnan(wide["O3"].values).all() and wide["PM2.5"].attrs["units"]
    raw = lake.observations(["PM2.5"], *window, usable=False)
    assert raw["PM2.5"].values[3, 0] == -9999.0


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE observation",
        "SELECT 1; SELECT 2",
        "COPY observation TO 'x.csv'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('{lake}/lake.json')",
        "SELECT * FROM read_text('{lake}/tables/../lake.json')",
        "ATTACH 'x.db'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "SELECT * FROM sql",
    ],
)
def test_sql_can_only_select_from_the_lake(lake: Lake, sql: str) -> None:
    lake.write("observation", rows())
    with pytest.raises(InputError):
        lake.query(sql.format(lake=lake.url))
    assert len(lake.read("observation")) == 48


def test_sql_takes_parameters_and_answers_in_utc(lake: Lake) -> None:
    lake.write("observation", rows())
    found = lake.query("SELECT min(time) AS t, count(*) AS n FROM observation WHERE site = $site", site="A")
    assert found["n"][0] == 48 and found["t"][0] == pd.Timestamp("2024-01-30T00:00Z")
    assert lake.query("SELECT count(*) AS n FROM site")["n"][0] == 0


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", "", "a b", "a\x00b"])
def test_names_cannot_leave_the_lake(lake: Lake, name: str) -> None:
    with pytest.raises(InputError):
        lake.put(name, b"x")
    with pytest.raises(InputError):
        lake.write_grid(name, xr.Dataset())


def test_artifacts_and_grids_are_replaced_whole(lake: Lake) -> None:
    lake.put("models/a.json", b"1")
    lake.put("models/a.json", b"2")
    assert lake.get("models/a.json") == b"2" and lake.has("models/a.json")
    with pytest.raises(InputError):
        lake.get("models/b.json")
    for value in (1.0, 2.0):
        lake.write_grid("city/risk", xr.Dataset({"v": (("y", "x"), np.full((2, 3), value))}))
    assert lake.grids() == ["city/risk"]
    assert float(lake.read_grid("city/risk")["v"].sum()) == 12.0
    assert len(list(Path(lake.url, "grids/city/risk").glob("*.zarr"))) == 1


def test_a_folder_that_is_not_a_lake_is_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "photos"
    other.mkdir()
    (other / "a.jpg").write_bytes(b"x")
    for create in (False, True):
        with pytest.raises(InputError, match="not a lake"):
            Lake.open(str(other), create=create)
    assert [p.name for p in other.iterdir()] == ["a.jpg"]
    with pytest.raises(InputError, match="no lake here"):
        Lake.open(str(tmp_path / "missing"))
    assert not (tmp_path / "missing").exists()
    with pytest.raises(InputError, match="not a folder"):
        Lake.open(str(other / "a.jpg"), create=True)


def test_a_newer_or_damaged_lake_is_said(lake: Lake) -> None:
    Path(lake.url, "lake.json").write_text(json.dumps({"format": "gzeco-lake", "version": 99}))
    with pytest.raises(InputError, match="newer"):
        Lake.open(lake.url)
    Path(lake.url, "lake.json").write_text("{")
    with pytest.raises(InputError, match="damaged"):
        Lake.open(lake.url)


def test_a_damaged_table_is_said_and_the_check_up_finds_it(lake: Lake) -> None:
    lake.write("observation", rows())
    log = Path(lake.url, "tables/observation/_delta_log")
    for file in log.glob("*.json"):
        file.write_text("not json")
    with pytest.raises(FailureError):
        lake.read("observation")
    assert {f.subject: f.status for f in lake.health()}["observation"] == "bad"


def test_a_full_disk_leaves_what_was_there(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    lake.write("observation", rows())
    lake.put("models/a.json", b"old")

    def full(*_args: object, **_kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        lake.put("models/a.json", b"new")
    monkeypatch.undo()
    assert lake.get("models/a.json") == b"old"
    assert not list(Path(lake.url).rglob(".part-*"))

    from deltalake.exceptions import DeltaError

    monkeypatch.setattr(
        delta_module,
        "_merge",
        lambda *_: (_ for _ in ()).throw(DeltaError("Generic: No space left on device (os error 28)")),
    )
    with pytest.raises(OSError, match="No space left"):
        lake.write("observation", rows(site="B"))
    monkeypatch.undo()
    assert len(lake.read("observation")) == 48


def _write(url: str, part: int) -> None:
    opened = Lake.open(url)
    for step in range(4):
        opened.write("observation", pd.concat([rows(24, site="same"), rows(24, site=f"own-{part}-{step}")]))


@pytest.mark.slow
def test_writers_at_the_same_time_lose_and_double_nothing(lake: Lake) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(lake.url, part)) for part in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
        assert writer.exitcode == 0
    found = lake.read("observation")
    assert not found.duplicated(["time", "site", "variable", "interval"]).any()
    assert len(found) == 24 + 3 * 4 * 24


@pytest.mark.slow
def test_a_writer_killed_in_the_middle_leaves_whole_batches(lake: Lake) -> None:
    lake.write("observation", rows())
    script = textwrap.dedent("""
        import sys
        import pandas as pd
        from gzeco_lib.lake import Lake
        lake = Lake.open(sys.argv[1])
        for step in range(10_000):
            frame = pd.DataFrame({"time": pd.date_range("2024-03-01T00:00Z", periods=500, freq="1h"),
                "site": f"k{step}", "variable": "O3", "value": 1.0, "flag": "", "interval": "PT1H", "source": "t"})
            lake.write("observation", frame)
            print(step, flush=True)
    """)
    writer = subprocess.Popen([sys.executable, "-c", script, lake.url], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    writer.stdout.readline()
    time.sleep(0.3)
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    counts = lake.query("SELECT site, count(*) AS n FROM observation GROUP BY site").set_index("site")["n"]
    assert counts["A"] == 48 and counts["k0"] == 500
    assert set(counts.drop("A")) == {500}
    assert lake.write("observation", rows(site="later")).stored == 48
    lake.compact()
    assert lake.query("SELECT count(*) AS n FROM observation")["n"][0] == counts.sum() + 48


def test_compaction_keeps_every_row(lake: Lake) -> None:
    for day in range(6):
        lake.write("observation", rows(24, start=f"2024-01-{day + 1:02d}T00:00Z"))
    done = lake.compact()["observation"]
    assert done["before"] > done["after"] == 1
    assert len(lake.read("observation")) == 6 * 24


def test_data_arrive_when_rows_come_in_and_not_when_they_are_tidied(lake: Lake) -> None:
    assert lake.arrived("observation") is None
    before = pd.Timestamp.now("UTC").floor("ms")
    lake.write("observation", rows())
    first = lake.arrived("observation")
    assert first is not None and before <= first <= pd.Timestamp.now("UTC")
    lake.write("observation", rows())  # nothing new
    lake.compact()
    assert lake.arrived("observation") == first
    lake.write("observation", rows(site="B"))
    second = lake.arrived("observation")
    assert second is not None and second > first


def test_the_catalogue_says_what_from_where_when_and_how_complete(lake: Lake) -> None:
    assert lake.catalogue().empty
    lake.write("observation", rows(48).drop(index=range(10, 22)))
    lake.write_grid("city/risk", xr.Dataset({"v": (("y", "x"), np.zeros((2, 3)))}))
    found = lake.catalogue().set_index("table")
    row = found.loc["observation"]
    assert (row["source"], row["rows"], row["sites"]) == ("test", 36, 1)
    assert row["completeness"] == pytest.approx(36 / 48)
    assert found.loc["grid", "what"] == "city/risk"


@pytest.mark.slow
def test_the_lake_lives_on_an_object_store_too(monkeypatch: pytest.MonkeyPatch) -> None:
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        for name, value in {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_REGION": "us-east-1",
        }.items():
            monkeypatch.setenv(name, value)
        boto3.client("s3", endpoint_url=endpoint).create_bucket(Bucket="gzeco")
        with pytest.raises(InputError, match="no lake here"):
            Lake.open("s3://gzeco/lake")
        lake = Lake.open("s3://gzeco/lake", create=True)
        assert lake.write("observation", rows()).stored == 48
        assert lake.write("observation", rows()).duplicates == 48
        assert len(Lake.open("s3://gzeco/lake").read("observation", where={"site": "A"})) == 48
        lake.put("models/a.json", b"x")
        assert lake.get("models/a.json") == b"x"
        lake.write_grid("city/risk", xr.Dataset({"v": (("y", "x"), np.ones((2, 3)))}))
        assert float(lake.read_grid("city/risk")["v"].sum()) == 6.0 and lake.grids() == ["city/risk"]
        with pytest.raises(InputError, match="GZECO_STATE"):
            _ = lake.state
    finally:
        server.stop()
