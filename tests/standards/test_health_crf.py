"""Long-term concentration-response functions against the public tables, and their form."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gzeco_lib.errors import InputError
from gzeco_lib.standards import gemm_hazard_ratio
from gzeco_lib.standards.crf import GEMM_CAUSES, addable, gemm, response, response_names


@pytest.mark.shared
def test_nitrogen_dioxide_equals_the_table_to_its_rounding(shared: Path) -> None:
    table = pd.read_csv(shared / "health_crf_tables" / "NO2_CR_MEAN.csv")
    found = response("China_NO2_all_spline").hazard_ratio(table["concentration"])
    assert np.abs(found - table["ALLCAUSE_ALL"]).max() < 6e-4  # the table has three decimals


@pytest.mark.shared
def test_ozone_follows_the_table_of_random_draws(shared: Path) -> None:
    table = pd.read_csv(shared / "health_crf_tables" / "O3_CR_MEAN.csv")
    function = response("GBD_O3_COPD")
    ppb = table["concentration"].to_numpy()
    error = np.abs(function.hazard_ratio(ppb / function.to_unit) / table["COPD_ALL"] - 1)
    assert error[ppb <= 100].max() < 7e-4 and error.max() < 5e-3


@pytest.mark.shared
@pytest.mark.parametrize("cause", GEMM_CAUSES)
def test_gemm_in_this_form_equals_the_table(shared: Path, cause: str) -> None:
    table = pd.read_csv(shared / "health_crf_tables" / "GEMM_MEAN.csv")
    function = gemm(cause)
    for age in function.ages:
        column = f"{cause}_{'ALL' if age == -1 else age}"
        np.testing.assert_allclose(
            function.hazard_ratio(table["concentration"], age), table[column], rtol=1e-9
        )


def test_log_linear_by_hand() -> None:
    assert float(response("WHO_PM25_all").hazard_ratio(25.0)) == pytest.approx(1.08**2)
    assert float(response("HRAPIE_PM25_all").hazard_ratio(10.0)) == pytest.approx(1.062)
    assert float(response("WHO_NO2_all").hazard_ratio(8.0)) == 1.0
    cohort = response("China_NO2_all")
    assert float(cohort.hazard_ratio(16.9)) == pytest.approx(1.127)
    # The published interval comes back from the standard error, to its rounding.
    assert np.exp(10 * (cohort.theta - 1.96 * cohort.se))[0] == pytest.approx(1.042, abs=2e-3)
    assert np.exp(10 * (cohort.theta + 1.96 * cohort.se))[0] == pytest.approx(1.219, abs=2e-3)


def test_ages() -> None:
    function = gemm("IHD")
    theta, se = function.theta_of([20, 25, 27, 80, 95, -1])
    assert theta[0] == 0 and theta[1] == theta[2] == 0.507 and theta[3] == theta[4] == 0.1536
    assert np.isnan(theta[5]) and np.isnan(se[5])
    assert gemm("IHD", by_age=False).theta_of(-1)[0] == 0.2969
    np.testing.assert_allclose(function.hazard_ratio(35.0, 45), gemm_hazard_ratio(35.0, "IHD", 45))


@pytest.mark.parametrize("name", response_names())
def test_every_function_has_its_source_its_range_and_rises(name: str) -> None:
    function = response(name)
    assert function.fact.document and function.fact.source and function.fact.certainty != "unsure"
    assert (function.se > 0).all() and (function.theta > function.se).all()
    c = np.linspace(0, 200, 400)
    shape = function.shape(c)
    assert (np.diff(shape) >= 0).all() and shape[0] == 0
    assert function.outside([1.0, 1000.0]).tolist() == [False, True]
    assert pickle.loads(pickle.dumps(function)).name == name


def test_what_may_be_added() -> None:
    assert addable(["GEMM IHD", "GEMM COPD", "GEMM LRI"]) and addable(["GEMM IHD"])
    assert not addable(["GEMM NCD+LRI", "GEMM IHD"])
    assert not addable(["GEMM COPD", "GBD_O3_COPD"])
    assert not addable(["WHO_PM25_all", "WHO_NO2_all"])


def test_unknown_functions_are_refused() -> None:
    with pytest.raises(InputError, match="WHO_PM25_all"):
        response("WHO_PM25")
    with pytest.raises(InputError):
        response("GEMM asthma")
