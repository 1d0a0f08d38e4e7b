"""The steady plume beside Prairie Grass and AERMOD, on whatever runs lie there."""

from __future__ import annotations

import numpy as np
import pytest

from gzeco_lib.errors import InputError
from gzeco_lib.experiments import aermod, prairie_grass
from gzeco_lib.methods.dispersion import plume
from gzeco_lib.methods.scores import fac2, fractional_bias, nmse

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def prairie(shared):
    if not (shared / prairie_grass.NAME).is_dir():
        pytest.skip("prairie_grass_1956 is not here")
    return prairie_grass.read(shared)


@pytest.fixture(scope="module")
def reference(shared):
    if not (shared / aermod.NAME).is_dir():
        pytest.skip("aermod_reference is not here")
    return aermod.read(shared)[0]


def test_prairie_grass_arc_maxima_and_spread(prairie):
    maximum, spread = prairie_grass.predict(prairie)
    assert fac2(prairie.maximum, maximum) >= 0.75
    assert abs(fractional_bias(prairie.maximum, maximum)) <= 0.20
    assert nmse(prairie.maximum, maximum) <= 0.6
    assert np.nanmedian(np.abs(spread / prairie.sigma_y - 1)) <= 0.25


def test_every_stability_is_within_a_factor_two_mostly(prairie):
    maximum, _ = prairie_grass.predict(prairie)
    stability = prairie.stability()
    for name in np.unique(stability):
        rows = stability == name
        assert fac2(prairie.maximum[rows], maximum[rows]) >= 0.6, name


def test_samples_hold_the_arc_maxima(prairie):
    largest = prairie.samples.groupby(["run", "arc_m"])["concentration"].max()
    run, arc = prairie.runs.index[0], prairie.arcs[0]
    assert largest[run, arc] == pytest.approx(prairie.maximum[0, 0], rel=0.02)
    assert (prairie.samples["concentration"] >= 0).all()
    assert np.allclose(np.hypot(prairie.samples["x"], prairie.samples["y"]), prairie.samples["arc_m"])


def test_aermods_hours_and_period_means(reference):
    ours = plume.dilution(reference.source, reference.receptors, reference.layer)[:, 0] * reference.rate * 1e6
    weighty = reference.concentration > 0.01 * reference.concentration.max()
    assert fac2(reference.concentration.mean(0), ours.mean(0)) >= 0.9
    assert fac2(reference.concentration[weighty], ours[weighty]) >= 0.6
    assert ours.max() == pytest.approx(reference.concentration.max(), rel=0.25)


def test_a_missing_data_set_says_where_it_was_sought(tmp_path):
    with pytest.raises(InputError, match="prairie_grass_1956"):
        prairie_grass.read(tmp_path)
    (tmp_path / aermod.NAME).mkdir()
    with pytest.raises(InputError, match="AERMOD"):
        aermod.read(tmp_path)
    (tmp_path / aermod.NAME / "a_source.txt").write_text("one number = 100.0;")
    with pytest.raises(InputError, match="five numbers"):
        aermod.read(tmp_path)
