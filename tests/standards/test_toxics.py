"""Inhalation risk of air toxics by hand."""

from __future__ import annotations

import numpy as np
import pytest

from gzeco_lib.errors import InputError
from gzeco_lib.standards import toxics


def test_benzene_by_hand() -> None:
    found = toxics.risk(3.0, "benzene")
    assert float(found.ec) == pytest.approx(3.0)
    assert float(found.hq) == pytest.approx(0.1)
    assert float(found.ilcr) == pytest.approx(3 * 5.0e-6)  # middle of 2.2e-6 .. 7.8e-6
    assert 3 * 2.2e-6 <= float(found.ilcr_lo) < float(found.ilcr) < float(found.ilcr_hi) <= 3 * 7.8e-6
    # A uniform range: 95 % of it lies between the ends less 2.5 % of its width.
    assert float(found.ilcr_lo) == pytest.approx(3 * (2.2e-6 + 0.025 * 5.6e-6), rel=0.02)
    assert int(found.grade) == 3


def test_a_worker_breathes_less_of_a_year() -> None:
    worker, whole = toxics.risk(10.0, "Ni_air", "outdoor_worker"), toxics.risk(10.0, "Ni_air")
    part = 8 / 24 * 250 / 365
    assert float(worker.hq / whole.hq) == pytest.approx(part)
    assert float(worker.ilcr / whole.ilcr) == pytest.approx(part * 30 / 70)


def test_ages_share_a_lifetime() -> None:
    years = [float(toxics.risk(1.0, "butadiene_1_3", g).ilcr) for g in ("child_0_14", "adult_15_64")]
    assert years[0] / years[1] == pytest.approx(15 / 50)


def test_errors_widen_the_interval_and_unknown_stays_unknown() -> None:
    found = toxics.risk([1.0, 1.0, np.nan], "As_air", sd=[0.0, 0.3, 0.1])
    assert found.hq_lo[0] == found.hq[0] == found.hq_hi[0]
    assert found.hq_lo[1] == pytest.approx(found.hq[1] * (1 - 1.96 * 0.3), rel=0.05)
    assert found.hq_hi[1] == pytest.approx(found.hq[1] * (1 + 1.96 * 0.3), rel=0.05)
    assert np.isnan(found.hq[2]) and np.isnan(found.ilcr_hi[2]) and found.grade.tolist()[2] == 0


def test_what_is_unsure_is_named_and_not_used() -> None:
    found = toxics.risk(14.0, "formaldehyde")
    assert np.isnan(found.ilcr) and found.missing == ("formaldehyde IUR",)
    assert float(found.hq) == pytest.approx(2.0)  # RfC 7 ug m-3 is seen
    assert all(fact.certainty != "unsure" for fact in found.facts)


def test_bands() -> None:
    iur = 3.0e-5
    risks = toxics.risk(np.array([0.9e-6, 5e-6, 5e-5, 5e-4, 2e-3]) / iur, "butadiene_1_3")
    np.testing.assert_allclose(risks.ilcr, [0.9e-6, 5e-6, 5e-5, 5e-4, 2e-3])
    assert risks.grade.tolist()[0] == 1 and risks.grade.tolist() == [1, 2, 3, 4, 5]


def test_substances_together() -> None:
    parts = [toxics.risk([3.0, 6.0], "benzene", sd=0.5), toxics.risk([14.0, 7.0], "formaldehyde")]
    both = toxics.together(parts)
    np.testing.assert_allclose(both.hq, [0.1 + 2, 0.2 + 1])
    np.testing.assert_allclose(both.ilcr, parts[0].ilcr)
    assert both.missing == ("formaldehyde IUR",) and both.substances == ("benzene", "formaldehyde")
    with pytest.raises(InputError, match="different groups"):
        toxics.together([parts[0], toxics.risk([1.0, 1.0], "benzene", "elder_65")])
    with pytest.raises(InputError):
        toxics.together([])


def test_unknown_names_are_refused_with_the_near_one() -> None:
    with pytest.raises(InputError, match="benzene"):
        toxics.risk(1.0, "benzen")
    with pytest.raises(InputError, match="elder_65"):
        toxics.risk(1.0, "benzene", "elder")


def test_every_substance_is_a_variable_and_has_a_value() -> None:
    for code in toxics.substances():
        assert toxics.risk(1.0, code).grade > 0
    assert toxics.dose(20.0, 15.7) == pytest.approx(20 * 15.7 / 60.6)
