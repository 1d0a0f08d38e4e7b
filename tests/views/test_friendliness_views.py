"""Views of the index: every place, part and rank they are given is shown, in both languages."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gzeco_lib.views import friendliness as views
from gzeco_lib.views.words import words

LABELS = {
    "air": "Air",
    "heat": "Heat",
    "noise": "Noise",
    "water": "Water",
    "green": "Green",
    "access": "Access",
}


def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "key": ["1", "2", "3"],
            "name_zh": ["越秀区", "天河区", "未知区"],
            "name_en": ["Yuexiu", "Tianhe", "Nowhere"],
            "index": [60.0, 75.0, np.nan], "lo": [50.0, 70.0, np.nan], "hi": [70.0, 80.0, np.nan],
        }
    )  # fmt: skip


def parts() -> pd.DataFrame:
    rows = [
        {"key": key, "part": part, "score": score, "weight": weight}
        for key in ("1", "2")
        for part, score, weight in (("air", 80.0, 0.5), ("green", 40.0, 0.5), ("water", np.nan, 0.0))
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_ranking_has_the_friendliest_on_top_and_leaves_out_the_unknown(lang: str) -> None:
    shown = views.ranking(table(), "title", lang)
    names = list(shown.get(1).dimension_values("name"))
    assert names == (["越秀区", "天河区"] if lang == "zh" else ["Yuexiu", "Tianhe"])
    np.testing.assert_allclose(shown.get(0).dimension_values("lo"), [50, 70])


def test_contributions_are_score_times_weight_of_what_is_known() -> None:
    shown = views.contributions(parts(), {"2": "Tianhe", "1": "Yuexiu"}, LABELS, "title", "en")
    frame = shown.dframe()
    assert set(frame["part"]) == {"Air", "Green"}
    np.testing.assert_allclose(frame.loc[frame["part"] == "Air", "points"], 40.0)
    assert list(dict.fromkeys(frame["name"])) == ["Tianhe", "Yuexiu"]


def test_rank_shares_and_changes_show_every_cell() -> None:
    shares = pd.DataFrame([[0.7, 0.3], [0.3, 0.7]], index=["1", "2"], columns=[1, 2])
    assert len(views.rank_shares(shares, {"1": "A", "2": "B"}, "title", "zh").dframe()) == 4
    changed = pd.DataFrame({"air": [1.0, -2.0], "green": [0.5, 0.0]}, index=["1", "2"])
    overlay = views.changes(changed, {"1": "A", "2": "B"}, LABELS, "title", "zh")
    assert len(overlay.get(0).dframe()) == 4


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_figure_for_paper_is_a_whole_picture(lang: str) -> None:
    svg = views.figure(table(), parts(), LABELS, words(lang), lang)
    assert svg.lstrip().startswith(("<svg", "<?xml"))
    assert "NaN" not in svg
    assert svg == views.figure(table(), parts(), LABELS, words(lang), lang)
