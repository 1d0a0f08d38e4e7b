"""What the views for Jupyter share: figures that ask nothing of the network, one clock, one set of axes."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest

from gzeco_lib.briefing import notebook
from gzeco_lib.views import jupyter

CELL = """
from gzeco_lib.views import jupyter
jupyter.start()
import holoviews as hv
hv.HoloMap({hour: hv.Curve([1, hour]) for hour in (2, 3)}, kdims="hour") + hv.Curve([1, 2])
"""
LOADED = re.compile(r"(?:src|href|url)\\?[\"']\s*[:=]\s*\\?[\"']https?://[^\"'\\]+")


@pytest.mark.slow
def test_a_notebook_carries_its_scripts_and_style_sheets(tmp_path: Path) -> None:
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    nbformat.write(made, tmp_path / "in.ipynb")
    assert notebook.execute(tmp_path / "in.ipynb", tmp_path / "out.ipynb", {}) is None
    shown = [o["data"] for o in notebook.read(tmp_path / "out.ipynb").cells[-1]["outputs"]]
    assert all(shown)  # an empty output is a warning of nbconvert
    scripts = "".join(data.get("application/javascript", "") for data in shown)
    assert "class GlyphRenderer" in scripts or len(scripts) > 1_000_000
    assert "cdn.bokeh.org/bokeh/release" not in scripts
    figures = "".join(data.get("text/html", "") for data in shown)
    assert "docs_json" in figures
    assert "cdn.holoviz.org" not in figures
    assert not LOADED.findall(figures)


def test_the_clock_is_that_of_beijing() -> None:
    assert jupyter.clock(np.datetime64("2024-12-31T18:30")) == pd.Timestamp("2025-01-01 02:30")


def test_axes_are_kilometres_in_either_language() -> None:
    assert [str(axis.pprint_label) for axis in jupyter.plane_axes("en")] == ["East (km)", "North (km)"]
    assert [axis.unit for axis in jupyter.plane_axes("zh")] == ["km", "km"]


def test_shades_run_from_pale_to_dark() -> None:
    shades = jupyter.shades(32)
    light = [sum(int(colour[k : k + 2], 16) for k in (1, 3, 5)) for colour in shades]
    assert light == sorted(light, reverse=True)


def test_a_slider_says_the_hour_and_runs_in_time() -> None:
    hv = jupyter.holoviews()
    late, early = pd.Timestamp("2025-01-01 00:00"), pd.Timestamp("2024-12-31 23:00")
    slider = jupyter.hours_slider({late: hv.Curve([1]), early: hv.Curve([2])}, "en")
    assert list(slider.keys()) == [early, late]
    assert slider.kdims[0].pprint_value(early) == "12-31 23:00"
