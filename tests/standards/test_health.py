"""Health figures with their certainty, and GEMM against the table its users publish."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gzeco_lib.errors import InputError
from gzeco_lib.standards import gemm_hazard_ratio, health_fact
from gzeco_lib.standards.facts import load


def test_figures_carry_their_certainty() -> None:
    risk = health_fact("PM2.5_annual_all_cause_30plus")
    assert (
        risk.value == [1.062, 1.040, 1.083]
        and risk.unit == "per 10 ug m-3"
        and risk.certainty == "seen-secondary"
    )
    assert health_fact("body_weight").is_setting and health_fact("body_weight").unit == "kg"
    with pytest.raises(InputError, match="body_weight"):
        health_fact("bodyweight")


def test_what_is_unsure_is_not_handed_out() -> None:
    entries = load("health")["toxicity"]
    unsure = [name for name, entry in entries.items() if entry["certainty"] == "unsure"]
    assert len(unsure) == 3
    for name in unsure:
        with pytest.raises(InputError, match="not certain enough"):
            health_fact(name)


def test_gemm_of_one_value_and_of_none() -> None:
    assert gemm_hazard_ratio(35, "IHD") == pytest.approx(1.713076, abs=1e-6)  # published table, 35 ug m-3
    assert gemm_hazard_ratio([0, 2.4], "LRI").tolist() == [1, 1]
    for cause, age in [("asthma", None), ("COPD", 30), ("NCD+LRI", 33)]:
        with pytest.raises(InputError, match="no coefficients"):
            gemm_hazard_ratio(35, cause, age)


@pytest.mark.shared
def test_gemm_equals_the_published_table(shared: Path) -> None:
    table = pd.read_csv(shared / "health_crf_tables" / "GEMM_MEAN.csv")
    pm25 = table["concentration"].to_numpy()
    columns = [c for c in table.columns if c != "concentration"]
    assert len(columns) == 42
    for column in columns:
        cause, _, age = column.rpartition("_")
        own = None if age == "ALL" else int(age)
        np.testing.assert_allclose(
            gemm_hazard_ratio(pm25, cause, own), table[column], rtol=1e-9, err_msg=column
        )
