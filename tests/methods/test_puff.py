"""Puffs against the plume, against a brute-force sum, and against the mass that was released."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gzeco_lib.errors import InputError
from gzeco_lib.methods.dispersion import BoundaryLayer, Sources, plume, puff
from gzeco_lib.methods.dispersion.profiles import wind as speed_at
from gzeco_lib.methods.dispersion.puff_growth import growth, nodes

ANGLES = np.radians(np.arange(-90, 91, 3.0))


def steady(hours: int = 5, **changed: object) -> BoundaryLayer:
    given = {"wind_speed": np.full(hours, 4.0), "wind_from": 270.0, "friction_velocity": 0.4, "obukhov_length": np.inf,
             "mixing_height": 800.0}  # fmt: skip
    return BoundaryLayer(**(given | changed))  # type: ignore[arg-type]


def arcs(distances: list[float], height: float = 1.5) -> np.ndarray:
    return np.concatenate(
        [np.column_stack([d * np.cos(ANGLES), d * np.sin(ANGLES), 0 * ANGLES + height]) for d in distances]
    )


def grid(half: float, step: float) -> np.ndarray:
    return np.arange(-half, half, step) + step / 2


@pytest.mark.parametrize(
    ("length", "lid", "friction", "height", "nearest"),
    [(np.inf, 800, 0.4, 0.5, 100), (np.inf, 800, 0.4, 30.0, 200), (-50, 1000, 0.4, 2.0, 200),
     (-30, 1200, 0.4, 40.0, 400), (40, 250, 0.25, 20.0, 100), (30, 200, 0.2, 1.0, 100)],
)  # fmt: skip
def test_puffs_in_steady_wind_are_the_plume(
    length: float, lid: float, friction: float, height: float, nearest: float
) -> None:
    layer = steady(obukhov_length=length, mixing_height=lid, friction_velocity=friction)
    points = arcs([d for d in (100.0, 200, 400, 800, 1500, 3000, 6000) if d >= nearest])
    source = Sources([0.0], [0.0], [height])
    straight = plume.dilution(source, points, layer, meander=False)[-1, 0]
    puffs = puff.at_receptors(source, [1.0], points, layer)["concentration"][-1, 0].to_numpy()
    counted = straight > 0.01 * straight.max()
    assert counted.sum() > 20
    np.testing.assert_allclose(puffs[counted], straight[counted], rtol=0.05)


def test_a_hot_stack_rises_as_the_plume_does() -> None:
    source = Sources([0.0], [0.0], [35.0], [2.4], [11.7], [432.0])
    layer = steady()
    points = arcs([1500.0, 3000, 6000])
    straight = plume.dilution(source, points, layer, meander=False)[-1, 0]
    puffs = puff.at_receptors(source, [1.0], points, layer)["concentration"][-1, 0].to_numpy()
    counted = straight > 0.01 * straight.max()
    np.testing.assert_allclose(puffs[counted], straight[counted], rtol=0.05)


def test_cell_means_are_the_mean_of_the_plume_over_the_cell() -> None:
    source = Sources([0.0], [0.0], [2.0])
    x, y = np.arange(1000.0, 4000, 200), grid(1000, 200)
    layer = steady()
    field = puff.fields(source, [1.0], layer, x, y)["concentration"][-1]
    inside = np.arange(-95.0, 100, 10)
    xx, yy = np.meshgrid(x[5] + inside, y[4] + inside)
    points = np.column_stack([xx.ravel(), yy.ravel(), np.full(xx.size, 1.5)])
    straight = plume.dilution(source, points, layer, meander=False)[-1, 0].mean()
    assert float(field[4, 5]) == pytest.approx(straight, rel=0.03)


def test_mass_is_conserved_in_turning_wind_and_changing_stability() -> None:
    hours = 8
    layer = steady(
        hours, wind_speed=np.full(hours, 3.0), wind_from=90 + np.linspace(0, 200, hours),
        obukhov_length=np.repeat([-50.0, 50.0], 4), mixing_height=np.repeat([1000.0, 250.0], 4),
    )  # fmt: skip
    sources, rates = Sources([0.0, 300], [0.0, 100], [20.0, 1.0]), np.array([1.0, 2.0])
    axis = grid(150e3, 1000)
    column = puff.fields(sources, rates, layer, axis, axis, height=None)["column"].sum(["y", "x"]) * 1e6
    airborne = rates.sum() * 3600 * (np.arange(hours) + 0.5)  # mean over each hour, as nothing left the grid
    np.testing.assert_allclose(column, airborne, rtol=0.01)


def test_what_was_lost_left_and_is_there_is_what_was_emitted() -> None:
    layer = steady(6, wind_from=90 + np.linspace(0, 120, 6))
    rates = np.array([[5.0, 0, 1, 2, 0, 3]])
    removal = puff.Removal(decay=2e-5, washout=[0, 0, 1e-4, 1e-4, 0, 0], deposition=0.01)
    axis = grid(20e3, 500)
    budget = puff.fields(Sources([0.0], [0.0], [10.0]), rates, layer, axis, axis, removal=removal)["budget"][
        0
    ]
    assert float(budget.sel(fate="emitted")) == pytest.approx(11 * 3600)
    assert float(budget[1:].sum()) == pytest.approx(11 * 3600, rel=1e-9)
    assert (budget > 0).all()


def test_decay_is_exponential_in_the_time_since_release() -> None:
    layer, rate = steady(4), 1e-4
    column = puff.fields(
        Sources([0.0], [0.0], [10.0]), [1.0], layer, grid(100e3, 1000), grid(100e3, 1000), height=None,
        removal=puff.Removal(decay=rate),
    )["column"].sum(["y", "x"]) * 1e6  # fmt: skip
    edges = np.arange(5) * 3600.0
    analytic = (np.diff(edges) + np.diff(np.exp(-rate * edges)) / rate) / rate / 3600
    np.testing.assert_allclose(column, analytic, rtol=0.01)


def test_deposition_takes_what_the_ground_sees() -> None:
    """Source depletion: mass left at x is exp(-v int D dx), D the plume's crosswind integral at the ground."""
    layer, velocity = steady(3), 0.02
    source = Sources([0.0], [0.0], [5.0])
    tables, _ = growth(source, layer, np.array([0.0]), True)
    x = nodes()
    share = np.exp(tables.ground[0, 0]) / tables.speed[0, 0]
    lost = np.concatenate([[0], np.cumsum(0.5 * (share[1:] + share[:-1]) * np.diff(x))]) * velocity
    points = np.array([[2000.0, 0, 1.5]])
    kept = puff.at_receptors(source, [1.0], points, layer, removal=puff.Removal(deposition=velocity))
    full = puff.at_receptors(source, [1.0], points, layer)
    ratio = float(kept["concentration"][-1, 0, 0] / full["concentration"][-1, 0, 0])
    assert ratio == pytest.approx(np.exp(-np.interp(2000, x, lost)), rel=0.02)
    assert ratio < 0.9


def brute_force(source: Sources, layer: BoundaryLayer, points: np.ndarray, every: float) -> np.ndarray:
    """Round puffs released and moved every few seconds; wind linear between the middles of the hours."""
    tables, _ = growth(source, layer, np.array([points[0, 2]]), False)
    x, hours = np.log(nodes()), len(layer)
    angle = np.radians(layer.wind_from)
    times = (np.arange(hours) + 0.5) * 3600
    out = np.zeros((hours, len(points)))
    place, travelled = np.zeros((0, 2)), np.zeros(0)
    for n in range(int(hours * 3600 / every)):
        now, hour = (n + 0.5) * every, int((n + 0.5) * every / 3600)
        place, travelled = np.vstack([place, [[source.x[0], source.y[0]]]]), np.append(travelled, 0.0)
        at = np.log(np.maximum(travelled, 1.0))
        pace = np.interp(at, x, tables.speed[hour, 0])
        unit = [-np.interp(now, times, part(angle)) for part in (np.sin, np.cos)]
        half = (
            np.where(travelled == 0, 0.5, 1.0) * every
        )  # a new puff was released half a step ago on average
        place = place + (pace * half)[:, None] * np.array(unit)
        travelled = travelled + np.maximum(np.hypot(*unit), 0.5) * pace * half
        at = np.log(np.maximum(travelled, 1.0))
        sigma = np.exp(np.interp(at, x, tables.width[hour, 0]))
        share = np.exp(np.interp(at, x, tables.vertical[hour, 0, 0]))
        away = ((points[None, :, :2] - place[:, None]) ** 2).sum(-1)
        bells = np.exp(-0.5 * away / sigma[:, None] ** 2) / (2 * np.pi * sigma[:, None] ** 2)
        out[hour] += (bells * share[:, None]).sum(0) * every * every / 3600
    return out


def test_a_wind_shift_is_what_many_small_puffs_make_of_it() -> None:
    layer = steady(3, wind_from=[270.0, 270, 200])
    source = Sources([0.0], [0.0], [10.0])
    xx, yy = np.meshgrid(np.arange(-1000.0, 9001, 1000), np.arange(-2000.0, 9001, 1000))
    points = np.column_stack([xx.ravel(), yy.ravel(), np.full(xx.size, 1.5)])
    points = points[np.hypot(points[:, 0], points[:, 1]) > 900]
    reference = brute_force(source, layer, points, every=15.0)
    puffs = puff.at_receptors(source, [1.0], points, layer)["concentration"][:, 0].to_numpy()
    turning = reference[2] > 0.05 * reference[2].max()
    assert turning.sum() > 15
    assert np.abs(puffs[2] / reference[2] - 1)[turning].mean() < 0.02
    np.testing.assert_allclose(puffs[2][turning], reference[2][turning], rtol=0.15)
    assert puffs[2].sum() == pytest.approx(reference[2].sum(), rel=0.02)


def test_the_releases_are_close_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four times the releases change nothing that matters."""
    layer = steady(3, wind_from=[270.0, 250, 180])
    source, axis = Sources([0.0], [0.0], [10.0]), grid(15e3, 500)
    usual = puff.fields(source, [1.0], layer, axis, axis)["concentration"].to_numpy()
    given = puff.releases
    monkeypatch.setattr(puff, "releases", lambda *arguments: 4 * given(*arguments))
    fine = puff.fields(source, [1.0], layer, axis, axis)["concentration"].to_numpy()
    counted = fine > 0.01 * fine.max()
    assert np.abs(usual / np.maximum(fine, 1e-30) - 1)[counted].mean() < 0.05
    assert usual.sum() == pytest.approx(fine.sum(), rel=0.01)


def wind_field(layer: BoundaryLayer, turn: float = 0.0) -> xr.Dataset:
    """The wind of ``layer`` as a field; with ``turn`` [s-1] solid rotation about the origin instead."""
    axis, levels = np.arange(-30e3, 30.1e3, 2e3), np.geomspace(1, 1000, 20)
    xx, yy = np.meshgrid(axis, axis)
    angle = np.radians(layer.wind_from)[:, None, None, None]
    shape = speed_at(layer, levels)[:, :, None, None] * np.ones_like(xx)
    u, v = (
        (-turn * yy + 0 * shape, turn * xx + 0 * shape)
        if turn
        else (-shape * np.sin(angle), -shape * np.cos(angle))
    )
    dims = ("time", "level", "y", "x")
    about = {"units": "m s-1", "cell_methods": "time: mean"}
    time = pd.date_range("2024-11-01", periods=len(layer), freq="h")
    return xr.Dataset(
        {"u": (dims, u, about), "v": (dims, v, about)}, {"time": time, "level": levels, "y": axis, "x": axis}
    )


def test_a_uniform_field_carries_puffs_as_the_layer_does() -> None:
    layer = steady(4, wind_from=[270.0, 260, 240, 220])
    source, points = Sources([0.0], [0.0], [60.0]), arcs([2000.0, 5000])
    own = puff.at_receptors(source, [1.0], points, layer)["concentration"][2:, 0]
    field = puff.at_receptors(source, [1.0], points, layer, wind=wind_field(layer))
    assert str(field["time"].to_numpy()[1])[:16] == "2024-11-01T01:00"
    counted = own.to_numpy() > 0.05 * own.to_numpy().max()
    np.testing.assert_allclose(
        field["concentration"][2:, 0].to_numpy()[counted], own.to_numpy()[counted], rtol=0.1
    )


def test_puffs_go_round_in_a_rotating_wind() -> None:
    layer = steady(3)
    turn = 2 * np.pi / (12 * 3600)  # once in twelve hours
    source, axis = Sources([10e3], [0.0], [10.0]), grid(25e3, 500)
    rates = np.array([[1.0, 0, 0]])
    column = puff.fields(
        source, rates, layer, axis, axis, wind=wind_field(layer, turn), height=None, frames=12
    )["column"][-1]
    total = float(column.sum())
    east, north = float((column * column["x"]).sum() / total), float((column * column["y"]).sum() / total)
    age = (3 * 3600 - 150) - 1800  # of the release's middle in the last frame
    assert np.hypot(east, north) == pytest.approx(10e3, rel=0.05)
    assert np.arctan2(north, east) == pytest.approx(turn * age, abs=0.03)


def test_frames_average_to_the_hour_and_sources_add_up() -> None:
    layer = steady(2, wind_from=[270.0, 240])
    sources, axis = Sources([0.0, 1000], [0.0, -500], [5.0, 40]), grid(10e3, 500)
    hourly = puff.fields(sources, [1.0, 3.0], layer, axis, axis)["concentration"]
    frames = puff.fields(sources, [1.0, 3.0], layer, axis, axis, frames=4)["concentration"]
    apart = puff.fields(sources, [1.0, 3.0], layer, axis, axis, by_source=True)["concentration"]
    np.testing.assert_allclose(apart.sum("source"), hourly, rtol=1e-9)
    means = frames.to_numpy().reshape(2, 4, len(axis), len(axis)).mean(axis=1)
    assert frames.sizes["time"] == 8
    assert abs(means - hourly.to_numpy()).max() < 0.02 * float(hourly.max())


def test_fields_and_receptors_tell_the_same() -> None:
    layer = steady(2, wind_from=[270.0, 240])
    source = Sources([0.0], [0.0], [5.0])
    x, y = np.arange(3000.0, 5000, 50), grid(400, 50)
    field = puff.fields(source, [2.0], layer, x, y)["concentration"]
    points = np.array([[x[10], y[6], 1.5], [x[30], y[10], 1.5]])
    values = puff.at_receptors(source, [2.0], points, layer)["concentration"]
    np.testing.assert_allclose(values[0, 0], [field[0, 6, 10], field[0, 10, 30]], rtol=0.03)


def test_two_threads_and_pickled_tasks_give_equal_numbers() -> None:
    rng = np.random.default_rng(3)
    sources = Sources(*rng.uniform(-5e3, 5e3, (2, 40)), rng.uniform(2, 60, 40))
    layer, axis = steady(3, wind_from=[270.0, 200, 100]), grid(10e3, 500)
    one = puff.fields(sources, np.ones(40), layer, axis, axis)
    with ThreadPoolExecutor(2) as pool:
        two = puff.fields(sources, np.ones(40), layer, axis, axis, run=pool.map)

    def mailed(function: object, *sequences: object) -> list:
        tasks = zip(*pickle.loads(pickle.dumps(sequences)), strict=True)
        return [pickle.loads(pickle.dumps(function))(*arguments) for arguments in tasks]

    three = puff.fields(sources, np.ones(40), layer, axis, axis, run=mailed)
    xr.testing.assert_identical(one, two)
    xr.testing.assert_identical(one, three)


def test_a_puff_keeps_its_mixing_when_the_lid_comes_down() -> None:
    """What the day mixed through 1000 m stays as thin in the night's 150 m layer."""
    layer = steady(6, wind_speed=np.full(6, 2.0), obukhov_length=[-30, -30, -30, 30, 30, 30],
                   mixing_height=[1000, 1000, 1000, 150, 150, 150], friction_velocity=0.25)  # fmt: skip
    rates = np.array([[1.0, 0, 0, 0, 0, 0]])
    axis = grid(120e3, 1000)
    source = Sources([0.0], [0.0], [10.0])
    at_ground = puff.fields(source, rates, layer, axis, axis)["concentration"].sum(["y", "x"])
    column = puff.fields(source, rates, layer, axis, axis, height=None)["column"].sum(["y", "x"])
    thickness = (column / at_ground).to_numpy()
    assert thickness[2] == pytest.approx(1000, rel=0.1)
    np.testing.assert_allclose(thickness[3:], thickness[2], rtol=0.1)


def test_calm_hours_do_not_pile_up_to_infinity() -> None:
    layer = steady(3, wind_speed=[3.0, 0.3, 3.0], friction_velocity=[0.3, 0.05, 0.3],
                   obukhov_length=[np.inf, 10, np.inf], mixing_height=[500, 50, 500])  # fmt: skip
    axis = grid(10e3, 250)
    field = puff.fields(Sources([0.0], [0.0], [5.0]), [1.0], layer, axis, axis)["concentration"]
    assert np.isfinite(field).all()
    assert float(field[1].max()) > float(field[0].max())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rates": [1.0, 2.0]}, "rates have shape"),
        ({"rates": [-1.0]}, "negative or missing"),
        ({"x": np.array([0.0, 100, 300])}, "x of the grid is not evenly spaced"),
        ({"frames": 5}, "5 frames do not divide"),
        ({"removal": puff.Removal(decay=-1)}, "decay is negative"),
        ({"removal": puff.Removal(washout=[1, 2, 3])}, "washout is negative, missing, or not one"),
    ],
)
def test_what_does_not_fit_is_refused(change: dict, said: str) -> None:
    given = {"rates": [1.0], "x": grid(1e3, 100), "y": grid(1e3, 100)} | change
    rates, x, y = (given.pop(name) for name in ("rates", "x", "y"))
    with pytest.raises(InputError, match=said):
        puff.fields(Sources([0.0], [0.0], [5.0]), rates, steady(2), x, y, **given)


def test_wind_that_does_not_fit_is_refused() -> None:
    layer, axis = steady(2), grid(1e3, 100)
    source, field = Sources([0.0], [0.0], [5.0]), wind_field(steady(2))
    for wrong, said in (
        (field.drop_vars("v"), "no v"),
        (field.isel(time=[0]), "does not cover 2 hours"),
        (field.where(field["x"] > 0), "missing values"),
        (field.isel(x=[0]), "at least two each way"),
    ):
        with pytest.raises(InputError, match=said):
            puff.fields(source, [1.0], layer, axis, axis, wind=wrong)
    with pytest.raises(InputError, match="1 missing values"):
        puff.fields(source, [1.0], steady(2, wind_from=[270.0, np.nan]), axis, axis)
    with pytest.raises(InputError, match="1 sources have no place"):
        puff.fields(Sources([np.nan, 0.0], [0.0, 0.0], [5.0]), 1.0, layer, axis, axis)
    with pytest.raises(InputError, match="no rows of x, y and height"):
        puff.at_receptors(source, [1.0], np.zeros((3, 2)), replace(layer))
