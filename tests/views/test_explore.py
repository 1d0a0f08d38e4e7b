"""Views for scientists: they hold the numbers they were given, and the explore notebook runs from end to end."""

from __future__ import annotations

from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from nbclient import NotebookClient

from gzeco_lib.demo_city import build
from gzeco_lib.environmental_health.model import EnvironmentalHealth
from gzeco_lib.errors import InputError
from gzeco_lib.lake import Lake
from gzeco_lib.scenario import Outcome, execute
from gzeco_lib.views.explore import field_map, forecast_bands

ROOT = Path(__file__).parents[2]
END = pd.Timestamp("2026-06-01T00:00Z")


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    made = Lake.open(str(tmp_path_factory.mktemp("explore") / "lake"), create=True)
    build(made, scale="small", end=END)
    return made


@pytest.fixture(scope="module")
def outcome(lake: Lake) -> Outcome:
    return execute(EnvironmentalHealth(effort="quick", resolution=2000), lake, END)


def test_the_map_holds_the_field_and_the_districts(outcome: Outcome) -> None:
    field = outcome.fields["risk"].isel(lead_h=[0, 24])
    view = field_map(field, "excess_risk", "en")
    assert list(view.keys()) == [0, 24]
    layers = view[24].values()
    image = next(layer for layer in layers if layer.name != "" and hasattr(layer, "bounds"))
    np.testing.assert_allclose(
        np.sort(image.dimension_values("excess_risk")[~np.isnan(image.dimension_values("excess_risk"))]),
        np.sort(
            field["excess_risk"].sel(lead_h=24).values[~np.isnan(field["excess_risk"].sel(lead_h=24).values)]
        ),
    )
    names = {
        name for layer in layers if "name" in layer for name in layer.dimension_values("name", expanded=False)
    }
    assert len(names) == 11 and "Tianhe" in names
    with pytest.raises(InputError, match="excess_risk"):
        field_map(field, "exces_risk")


def test_the_band_holds_the_forecast(outcome: Outcome) -> None:
    table = outcome.tables["concentration"]
    view = forecast_bands(table, "O3", "en")
    site = view.keys()[0]
    ahead = table[(table["variable"] == "O3") & (table["site"] == site) & (table["lead_h"] >= 0)]
    band = view[site].Area.I
    assert band.dimension_values("hi").max() == pytest.approx(ahead["hi"].max())
    assert band.dimension_values("value").min() == pytest.approx(ahead["lo"].min())
    with pytest.raises(InputError, match=r"PM2\.5"):
        forecast_bands(table, "PM25")


@pytest.mark.slow
def test_the_explore_notebook_runs(lake: Lake, outcome: Outcome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GZECO_LAKE", lake.url)
    folder = ROOT / "notebooks/explore"
    notebook = nbformat.read(folder / "health_risk.ipynb", as_version=4)
    done = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}}).execute()
    shown = [cell for cell in done.cells if cell.cell_type == "code"]
    assert all(cell.outputs for cell in shown)
    assert outcome.at.strftime("%Y-%m-%d %H:%M") in str(shown[1].outputs)
