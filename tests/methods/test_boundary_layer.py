"""The boundary layer against the weather of the AERMOD run, published figures, and its own laws."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gzeco_lib.errors import InputError
from gzeco_lib.methods.dispersion import BoundaryLayer, stability
from gzeco_lib.methods.dispersion import boundary_layer as bl
from gzeco_lib.methods.dispersion.profiles import HEIGHTS, Profiles, psi_m, sigma_v, sigma_w, wind


@pytest.fixture(scope="module")
def reference(shared):
    """Hours of the surface file."""
    path = shared / "aermod_reference" / "stack35_weather.csv"
    if not path.is_file():
        pytest.skip("aermod_reference is not here")
    return pd.read_csv(path).query("ustar_m_s > 0")


@pytest.mark.shared
def test_mechanical_height_is_that_of_the_reference(reference):
    alone = np.array([bl.mechanical_height([u])[0] for u in reference.ustar_m_s])
    assert np.allclose(alone, reference.zi_mechanical_m, rtol=0.02, atol=2)


@pytest.mark.shared
def test_convective_velocity_is_that_of_the_reference(reference):
    day = reference.query("wstar_m_s > 0")
    ours = bl.convective_velocity(day.sensible_heat_w_m2, day.zi_convective_m, day.temp_k)
    assert np.allclose(ours, day.wstar_m_s, rtol=0.03)


def test_friction_and_length_by_day_belong_to_wind_and_heat():
    """The profile of u* and L goes through the wind, and their heat flux is the one given."""
    speed, heat, warm = np.array([1.0, 3, 8]), np.array([150.0, 200, 300]), np.full(3, 300.0)
    friction, length = bl.convective(speed, heat, warm, 0.3, 10.0)
    told = -bl.density(warm) * bl.HEAT * friction**3 * warm / (bl.KARMAN * bl.GRAVITY * length)
    assert np.allclose(told, heat, rtol=0.01)
    assert np.allclose(
        friction / 0.4 * (np.log(10 / 0.3) - psi_m(10 / length) + psi_m(0.3 / length)), speed, rtol=0.01
    )
    assert (friction > 0.4 * speed / np.log(10 / 0.3)).all()


def test_sun_over_guangzhou_at_equinox_and_solstice():
    noon = pd.DatetimeIndex(["2024-03-20 04:34", "2024-06-21 04:28", "2024-12-21 04:25", "2024-06-21 16:00"])
    assert np.allclose(bl.solar_elevation(noon, 113.26, 23.13)[:3], [66.9, 89.7, 43.4], atol=0.7)
    assert bl.solar_elevation(noon, 113.26, 23.13)[3] < 0


def test_insolation_of_kasten_and_czeplak():
    assert bl.insolation(90, 0) == pytest.approx(960)
    assert bl.insolation(90, 1) == pytest.approx(240)
    assert bl.insolation(-5, 0) == 0


def test_stable_night_follows_venkatrams_law():
    """Venkatram (1980): L is about 1100 u*^2 over many nights with their clouds."""
    u = np.linspace(4, 8, 9)
    friction, length, heat = bl.stable(u, np.full(9, 0.7), np.full(9, 285.0), 0.1, 10.0)
    assert np.allclose(length / friction**2, 1100, rtol=0.15)
    assert (heat < 0).all() and (heat >= -64).all()


def test_night_heat_flux_belongs_to_friction_and_length():
    friction, length, heat = bl.stable(np.array([1.0, 3, 6]), np.zeros(3), np.full(3, 290.0), 0.1, 10.0)
    told = -bl.density(290.0) * bl.HEAT * friction**3 * 290.0 / (bl.KARMAN * bl.GRAVITY * length)
    assert np.allclose(told, heat, rtol=1e-6)


def test_convective_height_grows_with_the_root_of_the_heat_and_starts_anew_each_day():
    heat = np.r_[np.full(4, 100.0), -20, np.full(4, 100.0)]
    lid = bl.convective_height(heat, np.full(9, 290.0), 0.005)
    assert np.isnan(lid[4]) and np.allclose(lid[5:], lid[:4])
    assert lid[3] == pytest.approx(2 * lid[0])
    assert lid[0] == pytest.approx(np.sqrt(2.8 * 100 * 3600 / (bl.density(290.0) * 1005) / 0.005))


def test_lid_by_wind_rises_at_once_and_falls_slowly():
    """AERMET's delay z / (2 u*): minutes for a low lid, an hour for a high one after the wind has dropped."""
    found = bl.mechanical_height(np.r_[0.1, 0.4, np.full(30, 0.1)])
    low, high = 2300 * 0.1**1.5, 2300 * 0.4**1.5
    assert found[1] == pytest.approx(high, rel=0.01)
    assert found[2] == pytest.approx(low + (high - low) * np.exp(-3600 * 0.2 / high), rel=0.01)
    assert found[-1] == pytest.approx(low, rel=0.01)


def test_a_day_over_guangzhou_is_unstable_by_day_and_stable_by_night():
    times = pd.date_range("2024-10-01 16:00", periods=24, freq="h")  # midnight to midnight, local
    layer = bl.diagnose(
        times, 113.26, 23.13, np.full(24, 3.0), np.zeros(24), np.full(24, 298.0), np.full(24, 0.2)
    )
    local = (times + pd.Timedelta(hours=8)).hour
    day, night = (local >= 9) & (local <= 15), (local <= 4) | (local >= 20)
    assert (layer.obukhov_length[day] < 0).all() and (layer.obukhov_length[night] > 0).all()
    assert (layer.convective_velocity[day] > 0.5).all() and (layer.convective_velocity[night] == 0).all()
    assert layer.mixing_height[local == 14].item() > 3 * layer.mixing_height[local == 4].item()


def test_missing_weather_stays_missing():
    times = pd.date_range("2024-10-01", periods=3, freq="h")
    layer = bl.diagnose(times, 113.0, 23.0, [3, np.nan, 3], [0, 0, 0], [298, 298, 298], [0.2, 0.2, 0.2])
    assert np.isnan(layer.friction_velocity).tolist() == [False, True, False]


@pytest.mark.parametrize(("temperature", "cloud"), [(25.0, 0.2), (298.0, 8.0)])
def test_units_that_cannot_be_right_are_refused(temperature, cloud):
    with pytest.raises(InputError):
        bl.diagnose(
            pd.date_range("2024-10-01", periods=1, freq="h"), 113, 23, [3], [0], [temperature], [cloud]
        )


def test_wind_profile_goes_through_the_measured_wind_and_is_logarithmic_in_neutral_air():
    layer = BoundaryLayer([5.0, 5.0, 5.0], 0, 0.4, [np.inf, -20.0, 20.0], 800)
    assert np.allclose(wind(layer, [10.0])[:, 0], 5.0)
    z = np.array([2.0, 20, 50, 100])
    assert np.allclose(wind(layer, z)[0], 5.0 * np.log(z / 0.1) / np.log(100))
    above = wind(layer, [50.0])[:, 0]
    assert above[1] < above[0] < above[2]


def test_psi_of_paulson():
    """Paulson (1970): psi_m(-1) with 16 is 1.115 in its closed form, evaluated by hand."""
    x = 17**0.25
    assert psi_m(-1.0) == pytest.approx(
        2 * np.log((1 + x) / 2) + np.log((1 + x * x) / 2) - 2 * np.arctan(x) + np.pi / 2
    )
    assert psi_m(0.0) == 0
    assert psi_m(0.1) == pytest.approx(-0.486, abs=0.002)


def test_turbulence_of_the_convective_layer():
    """0.35 w*^2 in mid-layer for both, as measured in Minnesota and tanks (Weil 1988)."""
    layer = BoundaryLayer(2.0, 0, 0.01, -1.0, 1000, convective_velocity=2.0)
    assert sigma_w(layer, [500.0])[0, 0] == pytest.approx(0.592 * 2, rel=0.01)
    assert sigma_v(layer, [500.0])[0, 0] == pytest.approx(0.592 * 2, rel=0.01)


def test_tables_integrate_the_wind():
    layer = BoundaryLayer(5.0, 0, 0.4, np.inf, 800)
    z = np.linspace(1e-3, 200, 20_001)
    exact = np.trapezoid(wind(layer, z)[0], z) / 200
    assert Profiles.of(layer).mean_below(0, np.array([200.0]))[0] == pytest.approx(exact, rel=0.01)
    assert HEIGHTS[0] == 0


@pytest.mark.parametrize(
    ("wind_speed", "elevation", "cloud", "ceiling", "expected"),
    [
        (1.5, 65, 0, np.inf, 1),  # strong sun, light wind: A
        (4.0, 40, 0, np.inf, 3),
        (7.0, 65, 0, np.inf, 3),
        (2.0, -10, 0.2, np.inf, 6),  # clear night, light wind: F
        (4.0, -10, 0.8, np.inf, 4),
        (1.0, 50, 1.0, 1000, 4),  # low overcast is D by day
        (1.0, -10, 1.0, 1000, 4),  # and by night
        (12.0, 20, 0.3, np.inf, 4),
    ],
)
def test_turners_classes(wind_speed, elevation, cloud, ceiling, expected):
    assert stability.turner_class(wind_speed, elevation, cloud, ceiling) == expected


def test_golder_gives_back_his_classes():
    """Golder (1972) for z0 = 0.1 m, read off his figure 5: A about -8 m, C about -50 m, E about 45 m, F about 14 m."""
    classes = np.arange(1, 7)
    length = stability.obukhov_length(classes, 0.1)
    assert np.allclose(length[[0, 2, 4, 5]], [-8, -50, 45, 14], rtol=0.15)
    assert np.isinf(length[3])
    for roughness in (0.01, 0.1, 1.0):
        lengths = stability.obukhov_length(classes, roughness)
        assert (stability.class_of(lengths, np.full(6, roughness)) == classes).all()
