"""Receptor methods beside the numbers of R openair 2.18.2 on its own data set (``openair_reference``)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gzeco_lib.experiments import openair
from gzeco_lib.methods import receptor

pytestmark = pytest.mark.shared
EQUAL = 1e-9  # relative, where openair's result holds no chance


@pytest.fixture(scope="module")
def london(shared: Path) -> pd.DataFrame:
    return openair.series(shared)


def test_wind_rose(london: pd.DataFrame, shared: Path) -> None:
    made, theirs = receptor.wind_rose(london), openair.rose(root=shared)
    np.testing.assert_allclose(made.iloc[:, :4], theirs.iloc[:, :4], rtol=EQUAL)
    np.testing.assert_array_equal(made["hours"], theirs["hours"])
    assert round(made.attrs["calm"], 1) == theirs.attrs["calm"]
    assert made.attrs["mean"] == pytest.approx(theirs.attrs["mean"], abs=5e-5)


def test_pollution_rose_with_openairs_classes(london: pd.DataFrame, shared: Path) -> None:
    made, theirs = receptor.pollution_rose(london, "nox"), openair.rose("nox", shared)
    classes = theirs.shape[1] - 1
    np.testing.assert_allclose(made.iloc[:, :classes], theirs.iloc[:, :classes], rtol=EQUAL)
    assert made.attrs["mean"] == pytest.approx(theirs.attrs["mean"], abs=5e-3)


@pytest.mark.parametrize(("statistic", "name", "near"), [("mean", "mean", 1e-3), ("cpf", "cpf90", 1e-6)])
def test_polar_surface(london: pd.DataFrame, shared: Path, statistic: str, name: str, near: float) -> None:
    """With openair's sector for a direction of 0 the surfaces are equal; with 0 as north they hardly differ."""
    theirs = openair.surface(name, "nox", shared).to_numpy()
    same = receptor.polar_plot(london, "nox", statistic, zero_is_north=False)["z"].to_numpy()
    np.testing.assert_array_equal(np.isnan(same), np.isnan(theirs))
    assert np.nanmax(np.abs(same - theirs)) < near
    north = receptor.polar_plot(london, "nox", statistic)["z"].to_numpy()
    shown = np.isfinite(theirs)
    assert np.corrcoef(north[shown], theirs[shown])[0, 1] > 0.9999


@pytest.mark.parametrize("panel", ["hour", "day", "month", "day_hour"])
def test_time_variation(london: pd.DataFrame, shared: Path, panel: str) -> None:
    """Means are equal; widths of bootstrap intervals agree within what 100 draws leave to chance."""
    made, theirs = (
        receptor.time_variation(london, "nox")[panel],
        openair.variation(panel, "nox", shared),
    )
    np.testing.assert_array_equal(made[panel.split("_")], theirs[panel.split("_")])
    np.testing.assert_allclose(made["mean"], theirs["mean"], rtol=EQUAL)
    width = ((theirs["upper"] - theirs["lower"]) / (made["upper"] - made["lower"])).mean()
    assert width == pytest.approx(1, abs=0.15)
    assert made["capture"].between(80, 100).all()


def test_theil_sen(london: pd.DataFrame, shared: Path) -> None:
    """Slope and intercept are equal; ends of the interval differ by a tenth of its width at most."""
    made, (theirs, months) = receptor.theil_sen(london, "nox"), openair.trend("nox", False, shared)
    np.testing.assert_allclose(made.data["conc"], months, rtol=EQUAL)
    assert made.slope == pytest.approx(theirs["slope"], rel=EQUAL)
    assert made.intercept == pytest.approx(theirs["intercept"], rel=EQUAL)
    assert made.slope_percent == pytest.approx(theirs["slope.percent"], rel=EQUAL)
    tenth = 0.1 * (theirs["upper"] - theirs["lower"])
    assert made.lower == pytest.approx(theirs["lower"], abs=tenth)
    assert made.upper == pytest.approx(theirs["upper"], abs=tenth)
    assert made.intercept_lower == pytest.approx(theirs["intercept.lower"], rel=0.05)
    assert made.stars == theirs["p.stars"]


def test_theil_sen_without_the_seasons(london: pd.DataFrame, shared: Path) -> None:
    """R takes the residuals' median from an incomplete sort (docs/methods/receptor.md): up to 4 ppb a month."""
    made, (theirs, months) = (
        receptor.theil_sen(london, "nox", deseason=True),
        openair.trend("nox", True, shared),
    )
    assert np.abs(made.data["conc"] - months).max() < 4
    assert np.sqrt(np.mean((made.data["conc"] - months) ** 2)) < 1
    tenth = 0.1 * (theirs["upper"] - theirs["lower"])
    assert made.slope == pytest.approx(theirs["slope"], abs=tenth / 2)
    assert made.lower == pytest.approx(theirs["lower"], abs=tenth)
    assert made.upper == pytest.approx(theirs["upper"], abs=tenth)


def test_monthly_means_with_capture(london: pd.DataFrame, shared: Path) -> None:
    theirs = openair.monthly(shared)
    made = receptor.time_average(london, list(theirs.columns), "month", threshold=75)
    np.testing.assert_allclose(made, theirs, rtol=EQUAL, equal_nan=True)
    assert made.attrs["capture"].loc["1998-09-01", "ws"] < 75


def test_yearly_statistics(london: pd.DataFrame, shared: Path) -> None:
    theirs = openair.statistics(shared)
    made = receptor.aq_stats(london, ["no2", "o3", "pm10"])
    assert set(theirs.columns) <= set(made.columns)
    np.testing.assert_allclose(
        made.loc[theirs.index, theirs.columns], theirs.astype(float), rtol=EQUAL, equal_nan=True
    )


def test_number_of_clusters_is_chosen(london: pd.DataFrame) -> None:
    made = receptor.polar_cluster(london, "nox")
    assert made.number == made.silhouette.idxmax()
    assert made.summary["hours"].sum() == (made.members > 0).sum()
    assert made.summary["contribution"].sum() == pytest.approx(100)
    # south-westerly winds across the street canyon hold most of the nitrogen oxides of Marylebone Road
    dominant = made.summary.loc[made.summary["contribution"].idxmax()]
    assert 180 < dominant["wd"] < 260 and dominant["contribution"] > 50
