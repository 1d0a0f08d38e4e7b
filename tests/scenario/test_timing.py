"""The stopwatch of a run."""

from __future__ import annotations

import time
from pathlib import Path

import pandas as pd
import pytest

from gzeco_lib.errors import InputError
from gzeco_lib.lake import Lake
from gzeco_lib.scenario import execute, registered
from gzeco_lib.scenario.timing import Steps, response


def test_steps_keep_their_order_and_add_up() -> None:
    steps = Steps()
    with steps("read"):
        time.sleep(0.02)
    with steps("map"):
        pass
    with steps("read"):
        time.sleep(0.02)
    table = steps.table()
    assert list(table["step"]) == ["read", "map"]
    assert table["seconds"][0] >= 0.04 and steps.seconds >= table["seconds"].sum()


def test_a_step_that_fails_is_timed_too() -> None:
    steps = Steps()
    with pytest.raises(ValueError, match="no"), steps("read"):
        raise ValueError("no")
    assert list(steps.table()["step"]) == ["read"]


def test_without_data_nobody_knows_when_they_arrived(tmp_path: Path) -> None:
    row = response(Lake.open(str(tmp_path / "lake"), create=True), pd.Timestamp("2026-01-01T00:00Z")).iloc[0]
    assert pd.isna(row["arrived"]) and pd.isna(row["minutes"])


def test_a_model_without_heavy_steps_refuses_a_cluster(tmp_path: Path) -> None:
    lake = Lake.open(str(tmp_path / "lake"), create=True)
    with pytest.raises(InputError, match="--cluster"):
        execute(registered("environmental_health").of({}), lake, pd.Timestamp.now("UTC"), "local")
