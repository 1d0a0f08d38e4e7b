"""Scores on numbers worked by hand from their definitions (Chang and Hanna 2004)."""

from __future__ import annotations

import numpy as np
import pytest

from gzeco_lib.methods import scores

OBSERVED = [1.0, 2.0, 4.0, np.nan]
PREDICTED = [2.0, 2.0, 1.0, 5.0]


def test_by_hand() -> None:
    assert scores.fac2(OBSERVED, PREDICTED) == pytest.approx(2 / 3)
    assert scores.fractional_bias(OBSERVED, PREDICTED) == pytest.approx(2 * (7 / 3 - 5 / 3) / 4)
    assert scores.nmse(OBSERVED, PREDICTED) == pytest.approx((10 / 3) / (7 / 3 * 5 / 3))
    logs = np.log([1 / 2, 1.0, 4.0])
    assert scores.geometric_mean_bias(OBSERVED, PREDICTED) == pytest.approx(np.exp(logs.mean()))
    assert scores.geometric_variance(OBSERVED, PREDICTED) == pytest.approx(np.exp((logs**2).mean()))


def test_without_pairs_there_is_no_score() -> None:
    for name in ("fac2", "fractional_bias", "nmse", "geometric_mean_bias", "geometric_variance"):
        assert np.isnan(getattr(scores, name)([np.nan], [1.0]))
