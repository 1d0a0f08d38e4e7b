"""The steady plume: laws it must keep, rise formulas in their published forms, and what was measured."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gzeco_lib.errors import InputError
from gzeco_lib.methods.dispersion import BoundaryLayer, Sources, line_area, plume, rise, wake
from gzeco_lib.methods.dispersion.curves import centre_of_mass, reflected
from gzeco_lib.methods.dispersion.profiles import Profiles

DAY = BoundaryLayer(4.0, 270.0, 0.35, -40.0, 900.0, convective_velocity=1.7)
NIGHT = BoundaryLayer(3.0, 270.0, 0.18, 40.0, 150.0)
NEUTRAL = BoundaryLayer(6.0, 270.0, 0.5, np.inf, 800.0)
LOW = Sources([0], [0], [2.0])
TALL = Sources([0], [0], [80.0])
HOT = Sources([0], [0], [80.0], [3.0], [15.0], [420.0])


def section(source, layer, x, top, high=241, wide=401):
    """Concentration over a plane across the wind (height, y), and the axes."""
    y = np.linspace(-1, 1, wide) * max(3.0 * x, 200)
    z = np.linspace(0, top, high)
    spots = np.stack([np.full((high, wide), x), *np.meshgrid(y, z)], -1).reshape(-1, 3)
    return plume.dilution(source, spots, layer, meander=False)[0, 0].reshape(high, wide), y, z


@pytest.mark.parametrize(
    ("source", "layer", "x", "top"),
    [(LOW, DAY, 500, 900), (LOW, NIGHT, 1000, 150), (LOW, NEUTRAL, 300, 800), (LOW, NEUTRAL, 30_000, 800),
     (TALL, DAY, 300, 900), (TALL, DAY, 4000, 900), (TALL, DAY, 60_000, 900)],
)  # fmt: skip
def test_mass_is_conserved(source, layer, x, top):
    """What crosses a plane across the wind is the release.

    Over ground of no roughness to speak of the wind is the same at every height, to 2 % even with stability.
    """
    even = replace(layer, roughness_length=np.array([1e-300]))
    assert np.ptp(Profiles.of(even).values[0, 0, 1:20]) < 0.03 * layer.wind_speed[0]
    found, y, z = section(source, even, x, top)
    carried = layer.wind_speed[0] * np.trapezoid(np.trapezoid(found, y, axis=1), z)
    assert carried == pytest.approx(1.0, abs=0.02 if layer is not NIGHT else 0.03)


@pytest.mark.parametrize("lid", [100.0, 1e9])
@pytest.mark.parametrize(
    ("height", "sz"), [(0.0, 20.0), (60.0, 10.0), (60.0, 80.0), (90.0, 155.0), (90.0, 400.0)]
)
def test_vertical_distribution_holds_all_mass(lid, height, sz):
    z = np.linspace(0, min(lid, height + 8 * sz), 4001)
    total = np.trapezoid([reflected(v, height, sz, lid) for v in z], z)
    assert total == pytest.approx(1.0, abs=0.01)


def test_crosswind_integral_times_wind_is_one_over_the_depth_when_mixed():
    """Far downwind in a shallow convective layer everything is everywhere: C_y = 1 / (u zi)."""
    layer = replace(DAY, mixing_height=np.array([400.0]))
    found, y, _ = section(TALL, layer, 40_000.0, 400)
    column = np.trapezoid(found, y, axis=1)
    assert column.std() / column.mean() < 0.02
    mean_wind = Profiles.of(layer).mean_below(0, np.array([400.0]))[0]
    assert column.mean() == pytest.approx(1 / (mean_wind * 400.0), rel=0.08)


def test_nothing_is_above_the_lid_but_what_went_through():
    inside = plume.dilution(TALL, [[3000.0, 0, 950]], DAY, meander=False)
    assert inside.item() == 0
    shallow = replace(DAY, mixing_height=np.array([120.0]), lapse=np.array([0.01]))
    assert plume.dilution(HOT, [[3000.0, 0, 200]], shallow, meander=False).item() > 0


def test_plume_is_symmetric_and_turns_with_the_wind():
    spots = np.array([[800.0, 90, 0], [800, -90, 0]])
    left, right = plume.dilution(TALL, spots, DAY)[0, 0]
    assert left == pytest.approx(right, rel=1e-6)
    turned = plume.dilution(TALL, [[-90.0, 800, 0]], replace(DAY, wind_from=np.array([180.0])))
    assert turned.item() == pytest.approx(left, rel=1e-6)
    assert plume.dilution(TALL, [[-500.0, 0, 0]], DAY, meander=False).item() == 0


def test_sources_and_hours_are_independent():
    both = Sources([0, 100], [0, 50], [80, 2], [3, 0], [15, 0], [420, np.nan])
    hours = BoundaryLayer(
        [4.0, 3], [270.0, 300], [0.35, 0.18], [-40.0, 40], [900.0, 150], convective_velocity=[1.7, 0]
    )
    spots = [[900.0, 20, 0], [700, -300, 1.5], [2000, 10, 30]]
    joint = plume.dilution(both, spots, hours)
    assert joint.shape == (2, 2, 3)
    for s in range(2):
        one = Sources(**{n: getattr(both, n)[[s]] for n in both.__dataclass_fields__})
        for t in range(2):
            alone = plume.dilution(one, spots, hours.take([t]))[0, 0]
            assert np.allclose(alone, joint[t, s], rtol=0.03)


def test_rates_add_up_and_memory_does_not_matter(monkeypatch):
    many = Sources(np.linspace(-500, 500, 7), np.zeros(7), np.r_[2.0, 2, 2, 30, 30, 80, 80])
    spots, hours = (
        [[1500.0, 40, 1.5], [900, -200, 1.5]],
        BoundaryLayer([4.0, 5], [270.0, 250], 0.4, -50.0, 900.0),
    )
    rates = np.arange(14.0).reshape(2, 7)
    at_once = plume.concentration(many, rates, spots, hours)
    assert np.allclose(at_once, np.einsum("ts,tsr->tr", rates, plume.dilution(many, spots, hours)))
    monkeypatch.setattr(plume, "IN_MEMORY", 100.0)
    assert np.allclose(plume.concentration(many, rates, spots, hours), at_once, rtol=0.03)
    assert np.allclose(
        plume.concentration(many, 2.0, spots, hours), plume.concentration(many, np.full(7, 2.0), spots, hours)
    )
    with pytest.raises(InputError, match="rates"):
        plume.concentration(many, [1.0, 2], spots, hours)


def test_tables_are_fine_enough(monkeypatch):
    spots = np.column_stack([np.geomspace(120, 9000, 60), np.linspace(0, 300, 60), np.zeros(60)])
    for source, layer in ((LOW, DAY), (TALL, NIGHT), (HOT, DAY), (HOT, NEUTRAL)):
        usual = plume.dilution(source, spots, layer)[0, 0]
        with monkeypatch.context() as finer:
            finer.setattr(plume, "STEP", 0.02)
            exact = plume.dilution(source, spots, layer)[0, 0]
        weighty = exact > 0.01 * exact.max()
        assert np.allclose(usual[weighty], exact[weighty], rtol=0.05)


def test_meander_brings_a_little_everywhere_in_weak_wind_and_none_where_sigma_v_was_measured():
    weak = BoundaryLayer(0.8, 270.0, 0.08, 8.0, 60.0)
    upwind = [[-300.0, 0, 0]]
    assert plume.dilution(LOW, upwind, weak).item() > 0
    assert plume.dilution(LOW, upwind, replace(weak, sigma_v=np.array([0.4]))).item() == 0


def test_buoyancy_flux_of_the_reference_stack():
    """g w d^2 / 4 (Ts - Ta) / Ts of a stack of 432 K, 11.7 m/s, 2.4 m in air of 293 K: 53.1 m4 s-3, by hand."""
    buoyancy, momentum = rise.fluxes(np.array(2.4), np.array(11.7), np.array(432.0), np.array(293.0))
    assert buoyancy == pytest.approx(53.1, rel=0.003)
    assert momentum == pytest.approx(11.7**2 * 2.4**2 / 4 * 293 / 432, rel=1e-6)


@pytest.mark.parametrize(("flux", "published"), [(20.0, 21.425 * 20**0.75), (200.0, 38.71 * 200**0.6)])
def test_final_rise_of_briggs(flux, published):
    """EPA's ISC3 guide, equations 1-10 and 1-11: 21.425 F^(3/4) / u and 38.71 F^(3/5) / u."""
    u = np.array(5.0)
    x = rise.levelled(np.array(flux), np.array(2.0), np.array(10.0), u)
    assert rise.transitional(np.array(flux), np.array(0.0), u, x) == pytest.approx(published / 5.0, rel=0.01)


def test_stable_rise_of_briggs():
    """2.6 to 2.66 (F / (u s))^(1/3), Briggs (1975, 1984)."""
    found = rise.stable_final(np.array(50.0), np.array(4.0), np.sqrt(np.array(9.8 * 0.02 / 290)))
    assert found == pytest.approx(2.6 * (50 / (4 * 9.8 * 0.02 / 290)) ** (1 / 3), rel=0.03)


def test_tip_downwash_of_briggs():
    lowered = rise.tip_downwash(
        np.array([50.0, 50.0]), np.array([2.0, 2.0]), np.array([5.0, 16.0]), np.array([10.0, 10.0])
    )
    assert lowered.tolist() == [46.0, 50.0]


def test_penetration_grows_from_nothing_to_all():
    room = np.array([40.0, 150, 300, 1000])
    share, above = rise.penetration(np.full(4, 200.0), np.full(4, 5.0), np.full(4, 0.018), room)
    assert share[0] == 1 and share[-1] < 0.01 and np.all(np.diff(share) <= 0)
    assert (above[share > 0] > room[share > 0] * 0.9).all()


def test_mean_height_of_a_plume_on_the_ground():
    assert centre_of_mass(0.0, 10.0) == pytest.approx(10 * np.sqrt(2 / np.pi))
    assert centre_of_mass(100.0, 5.0) == pytest.approx(100.0)


def test_a_long_line_across_the_wind_gives_the_crosswind_integral():
    spot = [[200.0, 0, 1.5]]
    line = line_area.line([0, -2000], [0, 2000], spot, NEUTRAL, height=0.5)
    y = np.linspace(-1500, 1500, 6001)
    across = plume.dilution(
        Sources([0], [0], [0.5]), np.column_stack([np.full_like(y, 200), y, np.full_like(y, 1.5)]), NEUTRAL
    )
    assert line.item() * 4000 == pytest.approx(np.trapezoid(across[0, 0], y), rel=0.03)


def test_an_area_seen_from_afar_is_a_point_and_from_within_is_not():
    square = [[-50, -50], [50, -50], [50, 50], [-50, 50]]
    far, inside = [[5000.0, 0, 1.5]], [[0.0, 0, 1.5]]
    point = Sources([0], [0], [0.0])
    assert line_area.area(square, far, NEUTRAL).item() == pytest.approx(
        plume.dilution(point, far, NEUTRAL).item(), rel=0.05
    )
    assert line_area.area(square, inside, NEUTRAL).item() > 10 * line_area.area(square, far, NEUTRAL).item()


def test_a_building_brings_the_plume_to_the_ground():
    stack = Sources([0], [0], [25.0])
    behind = wake.behind_building(stack, 20.0, 40.0)
    spot = [[150.0, 0, 0]]
    assert plume.dilution(behind, spot, NEUTRAL).item() > 2 * plume.dilution(stack, spot, NEUTRAL).item()
    tall = wake.behind_building(Sources([0], [0], [60.0]), 20.0, 40.0)
    assert tall.sigma_z0[0] == 0
    with pytest.raises(InputError):
        wake.behind_building(stack, 0.0, 40.0)


@pytest.mark.parametrize(
    ("name", "value"),
    [("wind_speed", 0.0), ("friction_velocity", np.nan), ("mixing_height", -999.0), ("obukhov_length", 0.0),
     ("wind_from", np.nan)],
)  # fmt: skip
def test_impossible_weather_is_refused(name, value):
    with pytest.raises(InputError, match="hours"):
        plume.dilution(TALL, [[500.0, 0, 0]], replace(DAY, **{name: np.array([value])}))


@pytest.mark.parametrize("receptors", [[500.0, 0, 0], [[500.0, 0]], [[np.nan, 0, 0]]])
def test_receptors_without_three_numbers_are_refused(receptors):
    with pytest.raises(InputError, match="receptors"):
        plume.dilution(TALL, receptors, DAY)


@pytest.mark.parametrize("corners", [[[0, 0], [1, 1]], [[0, 0], [1, 1], [2, 2]]])
def test_an_area_without_area_is_refused(corners):
    with pytest.raises(InputError):
        line_area.area(corners, [[500.0, 0, 0]], DAY)
    with pytest.raises(InputError):
        line_area.line([0, 0], [0, 0], [[500.0, 0, 0]], DAY)
