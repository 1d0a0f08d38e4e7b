"""Particles: a mixed tracer stays mixed, Taylor's spread, the plume, the balance, numbers whoever runs them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import xarray as xr

from gzeco_lib.errors import InputError
from gzeco_lib.methods.dispersion import BoundaryLayer, Sources, ensemble, footprint
from gzeco_lib.methods.dispersion.particle_random import normals, seeds
from gzeco_lib.methods.dispersion.particle_run import Losses, Start, Steps, cells_of, run
from gzeco_lib.methods.dispersion.particles import Air, release
from gzeco_lib.methods.dispersion.turbulence import Turbulence, halves

T0 = np.datetime64("2026-01-01T00:00")
HOUR = np.timedelta64(1, "h")


def weather(
    speed: float, friction: float, length: float, lid: float, rough: float, hours: int = 3
) -> BoundaryLayer:
    row = np.ones(hours)
    return BoundaryLayer(row * speed, row * 270.0, row * friction, row * length, row * lid, row * rough)


CONVECTIVE = weather(3.0, 0.3, -30.0, 1000.0, 0.1)
NEUTRAL = weather(8.0, 0.5, np.inf, 800.0, 0.1)
STABLE = weather(3.0, 0.2, 60.0, 150.0, 0.1)


def steady(sigma: float, scale: float, top: float, lid: float = np.inf) -> Turbulence:
    """The same turbulence at every height, three rows."""
    height = np.array([0.0, top / 2, top])
    return Turbulence(height, sigma, sigma, sigma, scale, scale, np.full(3, lid), 0.0)


def cloud(place: np.ndarray) -> Start:
    n = len(place)
    return Start(place, np.zeros(n), np.full(n, 1 / n), np.zeros(n, int), np.zeros((n, 3)), np.zeros((n, 3)))


def test_deviates_are_normal_and_own_to_their_particle() -> None:
    drawn = np.empty((4000, 250))
    normals(seeds(3, 0, 4000), drawn)
    n = drawn.size
    assert abs(drawn.mean()) < 4 / np.sqrt(n)
    assert abs((drawn**2).mean() - 1) < 4 * np.sqrt(2 / n)
    assert abs((drawn**4).mean() - 3) < 4 * np.sqrt(96 / n)
    late = np.empty((1000, 250))
    normals(seeds(3, 3000, 1000), late)
    np.testing.assert_array_equal(late, drawn[3000:])
    assert np.abs(np.corrcoef(drawn[:40])[np.triu_indices(40, 1)]).max() < 5 / np.sqrt(250)


@pytest.mark.parametrize(
    ("layer", "skewed", "backward"),
    [
        (CONVECTIVE, False, False), (NEUTRAL, False, True), (STABLE, False, False), (CONVECTIVE, True, False),
        (CONVECTIVE, True, True),
    ],
    ids=["convective", "neutral-backward", "stable", "skewed", "skewed-backward"],
)  # fmt: skip
def test_a_well_mixed_tracer_stays_well_mixed(layer: BoundaryLayer, skewed: bool, backward: bool) -> None:
    """Thomson 1987: evenly spread particles stay so, down to the lowest half per cent of the layer."""
    air = Air.over(layer, T0, skewed=skewed)
    lid, n = float(layer.mixing_height[0]), 4000
    place = np.column_stack([np.zeros(n), np.zeros(n), (np.arange(n) + 0.5) / n * lid])
    start = cloud(place)
    if backward:
        start.time[:] = 2 * 3600.0
    edges = np.array([0.0, 3600.0, 7200.0])
    share = np.array([0, 0.005, 0.02, 0.05, 0.1, 0.3, 0.6, 0.9, 1.0])
    cells = cells_of([-1e6, 1e6], [-1e6, 1e6], share * lid)
    done = run(start, air, edges[::-1] if backward else edges, cells, Losses(), Steps(), seed=5)
    held = done.counts[1].sum(axis=(0, 2, 3)) / 3600.0 / np.diff(share)
    # Standard error: a particle visits its layers in about hour / (lid / sigma_w) independent spells.
    spells = max(3600.0 * float(air.turbulence.sigma_w[0].mean()) / lid, 1.0)
    error = np.sqrt((1 - np.diff(share)) / (np.diff(share) * n * spells))
    bias = 0.03 if skewed else 0.015
    assert (np.abs(held - 1) < bias + 4 * error).all(), held


def test_taylors_spread_in_homogeneous_turbulence() -> None:
    """Taylor 1921: sigma^2 = 2 s^2 T (t - T (1 - exp(-t/T))): (s t)^2 at first, 2 s^2 T t in the end."""
    s, scale, n = 0.8, 100.0, 8_000
    air = Air.uniform(steady(s, scale, 40_000.0), u=5.0, start=T0)
    place = np.tile([0.0, 0.0, 20_000.0], (n, 1))
    times = np.array([10.0, 100.0, 1000.0, 5000.0])
    cells = cells_of([-1e6, 1e6], [-1e6, 1e6], [0, 4e4])
    done = run(
        cloud(place), air, np.append(0, times), cells, Losses(), Steps(share=0.05), seed=1, frames=True
    )
    assert done.frames is not None
    expected = np.sqrt(2 * s**2 * scale * (times - scale * -np.expm1(-times / scale)))
    for axis in range(3):
        spread = done.frames[:, :, axis].std(axis=1)
        np.testing.assert_allclose(spread, expected, rtol=4 / np.sqrt(2 * n))
    assert expected[0] == pytest.approx(s * times[0], rel=0.02)
    assert expected[-1] == pytest.approx(np.sqrt(2 * s**2 * scale * times[-1]), rel=0.02)
    np.testing.assert_allclose(
        done.frames[:, :, 0].mean(axis=1), 5.0 * times, atol=4 * expected[-1] / np.sqrt(n)
    )


def test_it_meets_the_gaussian_plume_in_homogeneous_turbulence() -> None:
    """Elevated source, reflecting ground, Taylor's spread: the analytic plume through a column of cells downwind."""
    u, s, scale, height = 5.0, 0.5, 40.0, 60.0
    air = Air.uniform(steady(s, scale, 5_000.0), u=u, start=T0)
    x, y, layers = np.arange(50.0, 1600, 100), np.arange(-200.0, 201, 20), np.arange(0.0, 241, 20)
    source = Sources([0.0], [0.0], [height])
    stop = T0 + np.timedelta64(600, "s")
    steps = Steps(share=0.1, longest=4.0)
    found = [
        release(
            source, 1.0, air, T0, T0 + HOUR, 12_000, seed, x=x, y=y, layers=layers, stop=stop, steps=steps
        )
        for seed in range(3)
    ]
    dose = np.stack([each["concentration"][0].sel(x=1050.0).to_numpy() * 3600.0 / 600.0 for each in found])
    t = 1050.0 / u
    sigma = np.sqrt(2 * s**2 * scale * (t - scale * -np.expm1(-t / scale)))
    z, across = np.meshgrid((layers[1:] + layers[:-1]) / 2, y, indexing="ij")
    vertical = np.exp(-0.5 * ((z - height) / sigma) ** 2) + np.exp(-0.5 * ((z + height) / sigma) ** 2)
    plume = np.exp(-0.5 * (across / sigma) ** 2) * vertical / (2 * np.pi * u * sigma**2)
    core = plume > 0.1 * plume.max()
    error = dose.std(axis=0, ddof=1).mean() / np.sqrt(3)
    # Spread along the wind and the width of a cell make 2 %.
    assert np.abs(dose.mean(axis=0) - plume)[core].max() < 5 * error + 0.03 * plume.max()
    assert dose.mean(axis=0)[core].sum() == pytest.approx(plume[core].sum(), rel=0.03)


def test_the_balance_closes_and_losses_follow_their_laws() -> None:
    sources = Sources([0.0, 500.0], [0.0, 300.0], [10.0, 80.0])
    air = Air.over(NEUTRAL, T0)
    losses = Losses(decay=2e-4, deposition=0.01, depth=20.0, rain=[0.0, 4.0, 1.0])
    rates = [[1.0, 2.0], [0.5, 0.0], [1.0, 1.0]]
    x = np.arange(-5e4, 2e5, 5000.0)
    made = release(sources, rates, air, T0, T0 + 3 * HOUR, 3000, 1, x=x, y=x, losses=losses)
    parts = ["airborne", "left", "deposited_dry", "deposited_wet", "decayed"]
    np.testing.assert_allclose(sum(made[name] for name in parts), made["emitted"], rtol=1e-10)
    np.testing.assert_allclose(made["emitted"], 3600 * np.cumsum(np.sum(rates, axis=1)), rtol=1e-9)
    assert float(made["deposited_wet"][0]) == 0 < float(made["deposited_wet"][1])
    area = 5000.0**2
    fallen = made[["deposition_dry", "deposition_wet"]].sum().to_array().to_numpy() * area
    expected = [float(made["deposited_dry"][-1]), float(made["deposited_wet"][-1])]
    np.testing.assert_allclose(fallen, expected, rtol=1e-9)  # all of it fell within the grid
    alone = release(
        Sources([0.0], [0.0], [50.0]), 1.0, air, T0, T0 + 2 * HOUR, 200, 1, x=x, y=x,
        stop=T0 + np.timedelta64(1, "s"), losses=Losses(decay=1e-4),
    )  # fmt: skip
    assert float(alone["airborne"][-1]) == pytest.approx(np.exp(-1e-4 * 7200.0), rel=1e-3)


def test_dry_deposition_empties_a_mixed_layer_at_its_velocity() -> None:
    """A well-mixed layer of depth h loses mass at vd / h while vd is small beside mixing."""
    air, n, velocity = Air.over(CONVECTIVE, T0), 3000, 0.02
    place = np.column_stack([np.zeros(n), np.zeros(n), (np.arange(n) + 0.5) / n * 1000.0])
    cells = cells_of([-1e6, 1e6], [-1e6, 1e6], [0, 1000.0])
    losses = Losses(deposition=velocity, depth=30.0)
    done = run(cloud(place), air, np.array([0.0, 7200.0]), cells, losses, Steps(), 3)
    assert done.airborne[0] == pytest.approx(np.exp(-velocity / 1000 * 7200), abs=0.012)


def test_heavy_particles_fall() -> None:
    air = Air.uniform(steady(0.05, 20.0, 2000.0), u=0.0, start=T0)
    place = np.tile([0.0, 0.0, 1000.0], (500, 1))
    cells = cells_of([-1e5, 1e5], [-1e5, 1e5], [0, 2000.0])
    done = run(
        cloud(place), air, np.array([0.0, 1800.0]), cells, Losses(settling=0.3), Steps(), 3, frames=True
    )
    assert done.frames is not None
    assert done.frames[0, :, 2].mean() == pytest.approx(
        1000 - 0.3 * 1800, abs=4 * 0.05 * np.sqrt(2 * 20 * 1800 / 500)
    )


def test_paths_depend_on_seed_and_number_only() -> None:
    sources = Sources([0.0, 100.0], [0.0, 0.0], [20.0, 20.0])
    air = Air.over(CONVECTIVE, T0)
    options = {"x": np.arange(-2e3, 2e4, 500), "y": np.arange(-5e3, 5e3, 500), "positions": True}
    whole = release(sources, 1.0, air, T0, T0 + 2 * HOUR, 400, 9, **options)
    cut = release(sources, 1.0, air, T0, T0 + 2 * HOUR, 400, 9, chunks=7, **options)
    for name in ("particle_x", "particle_z", "particle_mass"):
        np.testing.assert_array_equal(whole[name], cut[name])
    np.testing.assert_allclose(whole["concentration"], cut["concentration"], rtol=1e-10)
    other = release(sources, 1.0, air, T0, T0 + 2 * HOUR, 400, 10, **options)
    assert not np.array_equal(whole["particle_x"], other["particle_x"], equal_nan=True)


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """Address of a scheduler with one worker."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as started:
        yield started.scheduler_address


@pytest.mark.slow
def test_an_ensemble_gives_equal_numbers_on_a_cluster(cluster: str) -> None:
    options = {
        "sources": Sources([0.0], [0.0], [20.0]), "rates": 1.0, "start": T0, "end": T0 + HOUR, "n": 50,
        "x": np.arange(-2e3, 2e4, 1000.0), "y": np.arange(-5e3, 5e3, 1000.0), "turn": 8.0, "stretch": 0.1,
    }  # fmt: skip
    air = Air.over(NEUTRAL, T0)
    here = ensemble.members(air, [4, 5, 6], **options)
    there = ensemble.members(air, [4, 5, 6], cluster=cluster, **options)
    xr.testing.assert_identical(here, there)
    assert here["turn"].std() > 0
    spread = ensemble.summary(here)
    assert (spread["q95"] >= spread["q05"]).all() and float(spread["sd"].max()) > 0


@pytest.mark.slow
def test_chunks_and_receptor_hours_give_equal_numbers_on_a_cluster(cluster: str) -> None:
    air, x, y = Air.over(NEUTRAL, T0), np.arange(-1, 12) * 100.0, np.arange(-3, 4) * 100.0
    when, places = T0 + np.array([1, 2]) * HOUR, [[500.0, 0.0, 10.0], [800.0, 100.0, 10.0]]
    seen = [
        footprint.backward(places, when, air, 1, 60, 3, x=x, y=y, cluster=name) for name in (None, cluster)
    ]
    xr.testing.assert_identical(*seen)
    source = Sources([0.0], [0.0], [20.0])
    made = [
        release(source, 1.0, air, T0, T0 + HOUR, 90, 1, x=x, y=y, chunks=3, cluster=name)
        for name in (None, cluster)
    ]
    xr.testing.assert_identical(*made)


def gridded(u: np.ndarray, time: np.ndarray, level: np.ndarray, y: np.ndarray, x: np.ndarray) -> xr.Dataset:
    data = {"u": u, "v": np.zeros_like(u), "w": np.zeros_like(u)}
    return xr.Dataset(
        {name: (("time", "level", "y", "x"), values) for name, values in data.items()},
        {"time": time, "level": level, "y": y, "x": x},
    )


def test_wind_between_grid_points_and_times_is_linear() -> None:
    """With next to no turbulence a particle follows dx/dt = (a + b t): exact in closed form."""
    x, y, level = np.arange(-1e4, 1e5, 5e3), np.arange(-1e4, 1.1e4, 5e3), np.array([10.0, 50.0, 400.0])
    time = T0 + np.arange(3) * HOUR
    u = np.broadcast_to(np.array([2.0, 6.0, 4.0])[:, None, None, None], (3, 3, len(y), len(x)))
    calm = weather(0.02, 1e-3, 1e6, 400.0, 0.1)
    calm = BoundaryLayer(**{**vars(calm), "sigma_v": np.full(3, 0.02)})
    air = Air.over(calm, T0, wind=gridded(u, time, level, y, x))
    cells = cells_of(x, y, [0, 400.0])
    place = np.tile([0.0, 0.0, 200.0], (20, 1))
    done = run(
        cloud(place),
        air,
        np.array([0.0, 3600.0, 7200.0]),
        cells,
        Losses(),
        Steps(longest=20.0),
        1,
        frames=True,
    )
    assert done.frames is not None
    np.testing.assert_allclose(
        done.frames[:, :, 0].mean(axis=1), [4.0 * 3600, 4.0 * 3600 + 5.0 * 3600], rtol=0.005
    )


def test_a_grid_of_the_same_wind_everywhere_is_the_uniform_wind() -> None:
    level = np.array([10.0, 30.0, 80.0, 200.0, 500.0, 1000.0])
    x = y = np.arange(-4e4, 4.1e4, 1e4)
    from gzeco_lib.methods.dispersion.turbulence import speed

    profile = speed(NEUTRAL, level)[0]
    u = np.broadcast_to(profile[None, :, None, None], (4, 6, len(y), len(x)))
    field = gridded(u, T0 + np.arange(4) * HOUR, level, y, x)
    outcome = []
    for air in (Air.over(NEUTRAL, T0), Air.over(NEUTRAL, T0, wind=field)):
        made = release(Sources([0.0], [0.0], [50.0]), 1.0, air, T0, T0 + HOUR, 2000, 2,
                       x=np.arange(500.0, 1.5e4, 1e3), y=np.array([-2e3, 2e3]))  # fmt: skip
        outcome.append(made["concentration"].sum(["layer", "y"])[0].to_numpy())
    np.testing.assert_allclose(outcome[0], outcome[1], rtol=0.1)


def test_particles_leave_the_field() -> None:
    x = y = np.arange(-2e3, 2.1e3, 500.0)
    u = np.full((2, 2, len(y), len(x)), 8.0)
    air = Air.over(NEUTRAL, T0, wind=gridded(u, T0 + np.arange(2) * HOUR, np.array([10.0, 800.0]), y, x))
    made = release(Sources([0.0], [0.0], [100.0]), 1.0, air, T0, T0 + HOUR, 200, 2, x=x, y=y,
                   stop=T0 + np.timedelta64(30, "m"))  # fmt: skip
    assert float(made["left"][0]) == pytest.approx(1800.0)
    assert float(made["airborne"][0]) == 0


def test_hot_gas_rises_as_the_plume_says() -> None:
    """Fresh particles are at the source's height plus Briggs's rise; a low lid lets some of a hot plume through."""
    from gzeco_lib.methods.dispersion import rise
    from gzeco_lib.methods.dispersion.particles import _risen
    from gzeco_lib.methods.dispersion.profiles import Profiles

    hot = Sources([0.0, 0.0], [0.0, 0.0], [80.0, 80.0], [3.0, 0.0], [15.0, 0.0], [420.0, np.nan])
    air = Air.over(CONVECTIVE, T0)
    found = _risen(None, air, hot)
    expected = rise.follow(np.array([[80.0, 3.0, 15.0, 420.0]]), CONVECTIVE, Profiles.of(CONVECTIVE))
    np.testing.assert_allclose(found[:, 0, 0], (expected.height + expected.final)[:, 0] - 80.0)
    assert found[0, 0, 0] > 100 and (found[:, 1] == 0).all()
    grid = {"x": np.arange(-2e4, 5e4, 1e3), "y": np.arange(-2e4, 2e4, 1e3), "positions": True, "every": 60.0}
    cloud = release(hot, 1.0, air, T0, T0 + np.timedelta64(60, "s"), 800, 1, **grid)
    height = cloud["particle_z"][-1].to_numpy()
    assert height[:400].mean() - height[400:].mean() == pytest.approx(found[0, 0, 0], rel=0.1)
    low = Air.over(weather(3.0, 0.3, -30.0, 250.0, 0.1), T0)
    through = _risen(None, low, hot)[0, 0]
    assert 0 < through[2] <= 1 and 80 + through[1] > 250 * 0.9


def test_two_gaussians_hold_their_moments() -> None:
    up, m1, s1, m2, s2 = halves(np.array([1.3]), np.array([0.6]))[0]
    moments = [up * (m1 if k == 1 else v1) + (1 - up) * (m2 if k == 1 else v2)
               for k, v1, v2 in ((1, 0, 0), (2, m1**2 + s1**2, m2**2 + s2**2),
                                 (3, m1**3 + 3 * m1 * s1**2, m2**3 + 3 * m2 * s2**2))]  # fmt: skip
    np.testing.assert_allclose(moments, [0, 1.3**2, 0.6 * 1.3**3], atol=1e-12)


def test_what_is_wrong_is_told() -> None:
    air = Air.over(NEUTRAL, T0)
    source = Sources([0.0], [0.0], [20.0])
    grid = {"x": np.arange(3) * 100.0, "y": np.arange(3) * 100.0}
    with pytest.raises(InputError, match=r"beyond the 3\.0 h of weather"):
        release(source, 1.0, air, T0, T0 + 5 * HOUR, 10, 1, **grid)
    with pytest.raises(InputError, match="not evenly spaced"):
        release(source, 1.0, air, T0, T0 + HOUR, 10, 1, x=[0, 1, 5], y=[0, 1])
    with pytest.raises(InputError, match="negative or missing"):
        release(source, -1.0, air, T0, T0 + HOUR, 10, 1, **grid)
    with pytest.raises(InputError, match="does not go forward"):
        release(source, 1.0, air, T0 + HOUR, T0, 10, 1, **grid)
    with pytest.raises(InputError, match="too few"):
        release(Sources(np.zeros(20), 0.0, 20.0), 1.0, air, T0, T0 + HOUR, 10, 1, **grid)
    with pytest.raises(InputError, match="mixing_height is missing or impossible in hour 1"):
        Air.over(BoundaryLayer([3, 3], 270.0, 0.3, -30.0, [900, np.nan]), T0)
    with pytest.raises(InputError, match="the wind has no w"):
        u = np.ones((2, 2, 3, 3))
        Air.over(
            NEUTRAL,
            T0,
            wind=gridded(
                u, T0 + np.arange(2) * HOUR, np.array([10.0, 80.0]), *[np.arange(3.0)] * 2
            ).drop_vars("w"),
        )
    with pytest.raises(InputError, match="repeated"):
        ensemble.members(air, [1, 1])
