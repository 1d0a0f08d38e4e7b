"""The factorisation against made-up samples whose factors are known, and its rules against the guide's equations."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gzeco_lib.errors import InputError
from gzeco_lib.methods.factorisation import (
    Factors,
    bootstrap,
    categories,
    categorised,
    displace,
    equation_based,
    factorise,
    number_of_factors,
    replaced,
    rotated,
    rotations,
    signal_to_noise,
)
from gzeco_lib.methods.factorisation.bootstrap import block_length, block_rows
from gzeco_lib.methods.factorisation.factorise import matched

Made = tuple[pd.DataFrame, pd.DataFrame, np.ndarray, np.ndarray]


def made(samples: int = 300, species: int = 12, factors: int = 4, seed: int = 0) -> Made:
    """Values with 10 % and detection-limit errors, their uncertainties, true profiles (mean G one) and true G."""
    draw = np.random.default_rng(seed)
    F = draw.gamma(0.4, 1.0, (factors, species)) * 10 ** draw.uniform(-1, 2, species)
    G = draw.lognormal(0, 1, (samples, factors)) * (draw.uniform(size=(samples, factors)) > 0.15)
    truth = G @ F
    s = np.sqrt((0.1 * truth) ** 2 + (0.02 * truth.mean(axis=0)) ** 2)
    x = truth + s * draw.normal(size=truth.shape)
    time = pd.date_range("2026-01-01", periods=samples, freq="h")
    names = [f"s{j}" for j in range(species)]
    return pd.DataFrame(x, time, names), pd.DataFrame(s, time, names), F * G.mean(axis=0)[:, None], G


def cosines(found: Factors, truth: np.ndarray) -> np.ndarray:
    """Cosine of each true profile with its found one, species brought to one size."""
    scale = found.problem.scale
    return matched((truth / scale).T, (found.profiles.to_numpy() / scale).T)[1]


@pytest.fixture(scope="module")
def case() -> tuple[Made, Factors]:
    data = made()
    return data, factorise(data[0], data[1], 4, starts=5)


def test_known_profiles_come_back(case: tuple[Made, Factors]) -> None:
    (_, _, truth, G), found = case
    assert cosines(found, truth).min() >= 0.99
    order = matched((truth / found.problem.scale).T, (found.profiles.to_numpy() / found.problem.scale).T)[0]
    for column, own in zip(found.contributions.to_numpy()[:, order].T, G.T, strict=True):
        assert np.corrcoef(column, own)[0, 1] > 0.98
    assert found.q_robust / found.q_expected == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("seed", range(1, 6))
def test_known_profiles_come_back_with_other_samples(seed: int) -> None:
    x, s, truth, _ = made(seed=seed)
    assert cosines(factorise(x, s, 4, starts=4), truth).min() >= 0.985


def test_the_tables_hold_together(case: tuple[Made, Factors]) -> None:
    (x, s, *_), found = case
    np.testing.assert_allclose(found.contributions.mean(), 1.0)
    np.testing.assert_allclose((x - found.fitted()) / s, found.residuals, atol=1e-9)
    assert float((found.residuals**2).to_numpy().sum()) == pytest.approx(found.q)
    assert found.q_expected == 300 * 12 - 4 * (300 + 12)
    np.testing.assert_allclose(found.shares.sum(), 1.0)
    assert (found.profiles.to_numpy() >= 0).all()
    fit = found.species_fit()
    assert fit["q_ratio"].mean() == pytest.approx(found.q / found.q_expected, rel=0.01)
    assert (fit["r2"] > 0.9).all()


def test_it_is_the_weighted_fit_and_not_the_plain_one() -> None:
    """One species a hundred times as uncertain as stated by equal weights must not bend the others' factors."""
    x, s, truth, _ = made(seed=7)
    x["s0"] += np.random.default_rng(0).normal(0, 20 * x["s0"].std(), len(x))
    s["s0"] = 20 * x["s0"].std()
    rest = slice(1, None)
    scale = x.mean().to_numpy()[rest]
    weighted = factorise(x, s, 4, starts=4).profiles.to_numpy()[:, rest] / scale
    flat = factorise(x, s * 0 + x.std(), 4, starts=4).profiles.to_numpy()[:, rest] / scale
    aim = truth[:, rest] / scale
    assert matched(aim.T, weighted.T)[1].min() > 0.985
    assert matched(aim.T, weighted.T)[1].min() > matched(aim.T, flat.T)[1].min()


def test_robust_mode_forgives_single_wild_values() -> None:
    x, s, truth, _ = made(seed=4)
    draw = np.random.default_rng(1)
    wild = draw.uniform(size=x.shape) < 0.01
    broken = x.mask(wild, x * 10)
    robust = cosines(factorise(broken, s, 4, starts=4), truth).min()
    plain = cosines(factorise(broken, s, 4, starts=4, robust=False), truth).min()
    assert robust > 0.98
    assert plain < 0.9


def test_missing_values_carry_no_weight() -> None:
    x, s, truth, _ = made(seed=4)
    gone = np.random.default_rng(2).uniform(size=x.shape) < 0.15
    found = factorise(x.mask(gone), s, 4, starts=4)
    assert cosines(found, truth).min() > 0.98
    assert int(np.isnan(found.residuals.to_numpy()).sum()) == int(gone.sum())
    assert found.q_expected == (~gone).sum() - 4 * (300 + 12)


def test_a_sample_without_any_value_is_left_out(case: tuple[Made, Factors]) -> None:
    (x, s, *_), _ = case
    x = x.copy()
    x.iloc[5] = np.nan
    assert len(factorise(x, s, 3, starts=1).contributions) == 299


def test_the_seed_decides_and_units_do_not(case: tuple[Made, Factors]) -> None:
    (x, s, *_), found = case
    again = factorise(x, s, 4, starts=5)
    pd.testing.assert_frame_equal(again.profiles, found.profiles)
    scaled = factorise(x * 1000, s * 1000, 4, starts=5)
    np.testing.assert_allclose(scaled.profiles, found.profiles * 1000, rtol=1e-6)


def test_the_number_of_factors_is_suggested() -> None:
    x, s, *_ = made(samples=200, factors=3, seed=5)
    table = number_of_factors(x, s, tried=(2, 3, 4, 5), starts=4)
    assert table.index[table["suggested"]].tolist() == [3]
    assert table.loc[2, "q_ratio"] > 2 * table.loc[3, "q_ratio"]
    assert table.loc[3, "same_minimum"] >= 0.5


def test_the_bootstrap_maps_stable_factors_and_holds_them(case: tuple[Made, Factors]) -> None:
    _, found = case
    sure = bootstrap(found, 20)
    assert (sure.stable >= 0.8).all()
    assert int(sure.mapping.to_numpy().sum()) == 20 * 4
    inside = (sure.low <= found.profiles + 1e-9) & (found.profiles - 1e-9 <= sure.high)
    assert inside.to_numpy().mean() > 0.8
    again = bootstrap(found, 20)
    pd.testing.assert_frame_equal(again.low, sure.low)


def test_displacement_holds_the_base_and_widens_with_dq() -> None:
    x, s, truth, _ = made(samples=150, species=6, factors=2, seed=11)
    found = factorise(x, s, 2, starts=4)
    narrow, wide = displace(found, 4.0), displace(found, 25.0)
    assert narrow.swaps == 0
    assert narrow.lower_q < 0.1
    for sure in (narrow, wide):
        assert ((sure.low <= found.profiles + 1e-9) & (found.profiles <= sure.high + 1e-9)).all(axis=None)
    assert ((wide.high - wide.low) >= (narrow.high - narrow.low) - 1e-9).all(axis=None)
    order = matched((truth / found.problem.scale).T, (found.profiles.to_numpy() / found.problem.scale).T)[0]
    named = np.empty_like(truth)
    named[order] = truth
    assert ((wide.low <= named) & (named <= wide.high)).to_numpy().mean() > 0.9


def test_a_displaced_entry_costs_the_allowed_rise() -> None:
    """At the upper end of an entry the best fit with that entry held has Q four above the base."""
    from gzeco_lib.methods.factorisation.displacement import _settled

    x, s, *_ = made(samples=150, species=6, factors=2, seed=11)
    found = factorise(x, s, 2, starts=4)
    sure = displace(found, 4.0)
    scale = found.problem.scale
    F = (found.profiles.to_numpy() / scale).T
    F[3, 0] = sure.high.to_numpy()[0, 3] / scale[3]
    _, moved, q = _settled(found, F, found.contributions.to_numpy(), 3, 0, 500)
    assert moved[3, 0] == F[3, 0]
    assert 2.5 < q - found.q_robust <= 4.05


def test_rotations_cost_and_sharpen(case: tuple[Made, Factors]) -> None:
    _, found = case
    table = rotations(found, (-0.2, 0.05, 0.2))
    assert (table["dq"] > -0.01).all()
    assert table.loc[0.2, "dq"] > table.loc[0.05, "dq"]
    sharp = rotated(found, 0.5)

    def likeness(of: Factors) -> float:
        F = (of.profiles / of.profiles.sum()).to_numpy()
        F = F / np.linalg.norm(F, axis=1, keepdims=True)
        return float((F @ F.T)[np.triu_indices(4, 1)].mean())

    assert likeness(sharp) < likeness(found)


def test_block_rows_go_round_and_blocks_grow_with_memory() -> None:
    rows = block_rows(10, 4, np.random.default_rng(0))
    assert len(rows) == 10
    steps = np.diff(rows) % 10
    assert (steps[[0, 1, 2, 4, 5, 6, 8]] == 1).all()
    draw = np.random.default_rng(1)
    white = draw.normal(size=2000)
    slow = np.zeros(2000)
    for t in range(1, 2000):
        slow[t] = 0.9 * slow[t - 1] + white[t]
    assert block_length(white) <= 6
    assert block_length(slow) > 3 * block_length(white)


# --- rules of the guide ----------------------------------------------------------------------------------------------


def test_uncertainties_follow_the_guide() -> None:
    data = pd.DataFrame({"a": [1.0, 2.0, 10.0, np.nan]})
    s = equation_based(data, 2.0, 0.1)["a"]
    np.testing.assert_allclose(s[:3], [5 / 3, 5 / 3, np.sqrt(1.0 + 1.0)])
    assert np.isnan(s[3])
    with pytest.raises(InputError, match="detection limit"):
        equation_based(data, 0.0, 0.1)
    with pytest.raises(InputError, match="b"):
        equation_based(data.assign(b=1.0), pd.Series({"a": 1.0}), 0.1)


def test_substitutes_follow_the_guide() -> None:
    data = pd.DataFrame({"a": [1.0, 4.0, 10.0, np.nan]})
    s = equation_based(data, 2.0, 0.1)
    values, unsure = replaced(data, s, 2.0)
    np.testing.assert_allclose(values["a"], [1.0, 4.0, 10.0, 4.0])
    np.testing.assert_allclose(unsure["a"].iloc[[0, 3]], [5 / 3, 16.0])


def test_signal_to_noise_and_categories() -> None:
    """(x - s) / s where x exceeds s, else 0: (9 + 0) / 2, (0.75 + 0.75) / 2 and 0."""
    data = pd.DataFrame({"a": [10.0, 0.5], "b": [1.75, 1.75], "c": [0.1, 0.1]})
    s = pd.DataFrame(1.0, data.index, data.columns)
    np.testing.assert_allclose(signal_to_noise(data, s), [4.5, 0.75, 0.0])
    kinds = categories(data, s)
    assert kinds.tolist() == ["strong", "weak", "bad"]
    kept, unsure = categorised(data, s, kinds)
    assert list(kept) == ["a", "b"]
    np.testing.assert_allclose(unsure.iloc[0], [1.0, 3.0])


def test_bad_input_is_told(case: tuple[Made, Factors]) -> None:
    (x, s, *_), found = case
    with pytest.raises(InputError, match="different rows"):
        factorise(x, s.iloc[1:], 3)
    with pytest.raises(InputError, match="not above 0"):
        factorise(x, s * 0, 3)
    with pytest.raises(InputError, match="s3"):
        factorise(x.assign(s3=np.nan), s, 3)
    with pytest.raises(InputError, match="13 factors of 12"):
        factorise(x, s, 13)
    with pytest.raises(InputError, match="start"):
        factorise(x, s, 3, starts=0)
    with pytest.raises(InputError, match="rise of Q"):
        displace(found, 0.0)
    with pytest.raises(InputError, match="strength"):
        rotated(found, 0.0)
    with pytest.raises(InputError, match="resamples"):
        bootstrap(found, 0)
