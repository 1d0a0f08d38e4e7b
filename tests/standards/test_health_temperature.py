"""The curve of heat and cold gives back the published figures it is made of."""

from __future__ import annotations

import numpy as np
import pytest

from gzeco_lib.standards.temperature import age_modifier, literature_curve, relative_risk


def test_published_contrasts_come_back() -> None:
    """Chen et al. 2018 Table 3 (subtropical monsoon) and Yang et al. 2012 (Guangzhou)."""
    rr, lo, hi = relative_risk([8.78, 30.28])
    np.testing.assert_allclose(rr, [1.33, 1.27], rtol=2e-3)
    np.testing.assert_allclose(lo, [1.25, 1.17], atol=0.015)
    np.testing.assert_allclose(hi, [1.41, 1.38], atol=0.015)
    first, tenth, ninetieth, last = relative_risk([7.05, 12.24, 28.86, 31.03])[0]
    assert first / tenth == pytest.approx(1.2039, abs=2e-3)
    assert last / ninetieth == pytest.approx(1.1546, abs=2e-3)


def test_the_curve_has_one_least_risk_and_says_how_unsure_it_is() -> None:
    curve = literature_curve()
    middle, low, high = curve.optimum
    assert low < middle < high and float(curve.temperature[curve.rr.argmin()]) == pytest.approx(
        middle, abs=0.1
    )
    assert (curve.lo <= curve.rr).all() and (curve.rr <= curve.hi).all() and (curve.error >= 0).all()
    # Between the ends of what the least-risk temperature may be, no risk at all cannot be ruled out.
    between = (curve.temperature > low + 0.5) & (curve.temperature < high - 0.5)
    assert (curve.lo[between] < 1.001).all() and (curve.hi[between] > 1.0).all()
    assert "bmj" in curve.source and "1476-069X-11-63" in curve.source


def test_beyond_what_was_seen_the_end_holds_and_gaps_stay() -> None:
    rr = relative_risk([32.2, 40.0, np.nan, -5.0, 4.9])[0]
    assert rr[0] == rr[1] and np.isnan(rr[2]) and rr[3] == rr[4]


def test_older_people_bear_more() -> None:
    """Ratios of Bell et al. 2013 and 2014: 0.64 against 0.34 %, and 1.27 against 0.60 %."""
    for code, ratio in (("PM2.5", 0.64 / 0.34), ("PM10", 0.64 / 0.34), ("O3", 1.27 / 0.60)):
        old, young = age_modifier(code, "elder_65"), age_modifier(code, "adult_15_64")
        assert old is not None and young is not None
        assert old.value / young.value == pytest.approx(ratio)
        assert young.lo < young.value < young.hi < 1 < old.lo < old.value < old.hi
        assert old.fact.certainty == "seen-secondary" and "doi" in old.fact.document
    assert age_modifier("NO2", "elder_65") is None and age_modifier("O3", "child_0_14") is None
