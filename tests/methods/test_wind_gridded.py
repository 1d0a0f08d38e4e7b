"""Reading wind from NetCDF and GRIB files written here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyproj  # noqa: F401 (before ecCodes, see weather_file._open)
import pytest
import xarray as xr

from gzeco_lib.errors import InputError
from gzeco_lib.geo.coords import from_plane
from gzeco_lib.methods import wind
from gzeco_lib.methods.wind.gridded import at_heights

LON = np.arange(112.5, 114.76, 0.25)
LAT = np.arange(24.25, 22.0, -0.25)  # north first, as ERA5 has it
TIME = pd.date_range("2024-11-01T00:00", periods=3, freq="h")
X = np.arange(400e3, 460e3, 5e3)
Y = np.arange(2520e3, 2580e3, 5e3)


def field(slope: float) -> np.ndarray:
    """(time, lat, lon) [m s-1], linear in place and rising 1 m s-1 an hour."""
    hours = np.arange(len(TIME))[:, None, None]
    return hours + slope * (LON - 113)[None, None, :] + 0.5 * slope * (LAT - 23)[None, :, None]


def expected(slope: float) -> np.ndarray:
    """What ``field`` is on the plane grid (time, y, x)."""
    lon, lat = from_plane(*np.meshgrid(X, Y))
    return np.arange(len(TIME))[:, None, None] + slope * (lon - 113) + 0.5 * slope * (lat - 23)


def era5(**replaced: object) -> xr.Dataset:
    dims = ("time", "latitude", "longitude")
    data = {
        "u10": (dims, field(2.0), {"units": "m s**-1"}),
        "v10": (dims, field(-1.0), {"units": "m s**-1"}),
    }
    return xr.Dataset(
        {k: v for k, v in (data | replaced).items() if v is not None},
        coords={"time": TIME, "latitude": LAT, "longitude": LON},
    )


def turned(u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """True east and north along the plane's grid; its north leans where off the central meridian."""
    lon, lat = from_plane(*np.meshgrid(X, Y))
    # The lean, measured: where a small step north lands in the plane.
    from gzeco_lib.geo.coords import to_plane

    east0, north0 = to_plane(lon, lat)
    east1, north1 = to_plane(lon, lat + 1e-4)
    lean = np.arctan2(east1 - east0, north1 - north0)
    return u * np.cos(lean) + v * np.sin(lean), v * np.cos(lean) - u * np.sin(lean)


def test_a_cf_file_comes_back_on_the_plane_and_turned_to_its_north(tmp_path: Path) -> None:
    era5().to_netcdf(tmp_path / "era5.nc")
    got = wind.read(tmp_path / "era5.nc", X, Y)
    u, v = turned(expected(2.0), expected(-1.0))
    assert got["u"].dims == ("time", "level", "y", "x")
    assert got["level"].to_numpy().tolist() == [10.0]
    np.testing.assert_allclose(got["u"][:, 0], u, atol=0.01)
    np.testing.assert_allclose(got["v"][:, 0], v, atol=0.01)
    assert (got["time"].to_numpy() == TIME.to_numpy()).all()
    assert got["u"].attrs["units"] == "m s-1"


def test_only_the_cells_around_the_grid_are_read(tmp_path: Path) -> None:
    """A file of the whole globe, longitudes from 0, gives what its cut-out gives."""
    lon, lat = np.arange(0, 360, 0.25), np.arange(90, -90.1, -0.25)
    hours = np.arange(len(TIME))[:, None, None]
    u = hours + 2.0 * (lon - 113) + 1.0 * (lat - 23)[:, None]
    dims = ("time", "latitude", "longitude")
    data = {"u10": (dims, u.astype("float32")), "v10": (dims, (-0.5 * u).astype("float32"))}
    whole = xr.Dataset(data, coords={"time": TIME, "latitude": lat, "longitude": lon})
    whole["u10"].attrs["units"] = whole["v10"].attrs["units"] = "m s-1"
    whole.to_netcdf(tmp_path / "globe.nc")
    whole.sel(longitude=LON, latitude=LAT).to_netcdf(tmp_path / "cut.nc")
    globe, cut = wind.read(tmp_path / "globe.nc", X, Y), wind.read(tmp_path / "cut.nc", X, Y)
    np.testing.assert_allclose(globe["u"], cut["u"], atol=1e-4)


def test_knots_become_metres_a_second(tmp_path: Path) -> None:
    dims = ("time", "latitude", "longitude")
    data = era5(
        u10=(dims, np.full((3, len(LAT), len(LON)), 10.0), {"units": "knots"}),
        v10=(dims, np.zeros((3, len(LAT), len(LON))), {"units": "knots"}),
    )
    data.to_netcdf(tmp_path / "knots.nc")
    got = wind.read(tmp_path / "knots.nc", X, Y)
    np.testing.assert_allclose(np.hypot(got["u"], got["v"]), 5.14444, rtol=1e-4)


def test_wrf_names_curvilinear_places_text_times_and_grid_relative_wind(tmp_path: Path) -> None:
    lon, lat = np.meshgrid(LON, LAT[::-1])
    angle = np.radians(30.0)
    dims = ("Time", "south_north", "west_east")
    shape = (len(TIME), *lon.shape)
    text = np.array([t.strftime("%Y-%m-%d_%H:%M:%S") for t in TIME], dtype="S19")
    xr.Dataset(
        {
            "U10": (dims, np.full(shape, 3.0), {"units": "m s-1"}),
            "V10": (dims, np.full(shape, 0.0), {"units": "m s-1"}),
            "COSALPHA": (dims, np.full(shape, np.cos(angle))),
            "SINALPHA": (dims, np.full(shape, np.sin(angle))),
            "XLONG": (dims, np.broadcast_to(lon, shape)),
            "XLAT": (dims, np.broadcast_to(lat, shape)),
            "Times": (("Time",), text),
        }
    ).to_netcdf(tmp_path / "wrfout_d03")
    got = wind.read(tmp_path / "wrfout_d03", X, Y)
    u, v = turned(np.full((len(Y), len(X)), 3 * np.cos(angle)), np.full((len(Y), len(X)), 3 * np.sin(angle)))
    np.testing.assert_allclose(got["u"][1, 0], u, atol=1e-3)
    np.testing.assert_allclose(got["v"][1, 0], v, atol=1e-3)
    assert (got["time"].to_numpy() == TIME.to_numpy()).all()


def test_levels_in_metres_and_in_pressure_and_in_between(tmp_path: Path) -> None:
    dims = ("time", "level", "latitude", "longitude")
    shape = (3, 3, len(LAT), len(LON))
    speed = np.array([2.0, 4.0, 6.0])[None, :, None, None] * np.ones(shape)
    coords = {"time": TIME, "latitude": LAT, "longitude": LON}
    data = xr.Dataset(
        {"u": (dims, 0 * speed, {"units": "m s-1"}), "v": (dims, speed, {"units": "m s-1"})},
        {**coords, "level": ("level", [10.0, 100.0, 1000.0], {"units": "m"})},
    )
    data.to_netcdf(tmp_path / "metres.nc")
    got = wind.read(tmp_path / "metres.nc", X, Y, heights=np.array([5.0, 31.6228, 500.0, 3000.0]))
    expected_speed = [2.0, 3.0, 4 + 2 * np.log10(5), 6.0]
    np.testing.assert_allclose(
        np.hypot(got["u"], got["v"]).mean(["time", "y", "x"]), expected_speed, rtol=1e-4
    )
    data["level"] = ("level", [1000.0, 925.0, 850.0], {"units": "hPa"})
    data.to_netcdf(tmp_path / "pressure.nc")
    levels = wind.read(tmp_path / "pressure.nc", X, Y)["level"].to_numpy()
    np.testing.assert_allclose(levels, [110.9, 761.7, 1457.3], atol=1.0)  # ISO 2533, 1000, 925 and 850 hPa


def write_grib(path: Path, values: dict[str, np.ndarray]) -> None:
    """GRIB2 messages of wind at 10 m, an hour each, with eccodes."""
    import eccodes

    with path.open("wb") as file:
        for name, hours in values.items():
            for step, hour in enumerate(hours):
                message = eccodes.codes_grib_new_from_samples("regular_ll_sfc_grib2")
                keys = {
                    "Ni": len(LON), "Nj": len(LAT),
                    "latitudeOfFirstGridPointInDegrees": LAT[0], "latitudeOfLastGridPointInDegrees": LAT[-1],
                    "longitudeOfFirstGridPointInDegrees": LON[0], "longitudeOfLastGridPointInDegrees": LON[-1],
                    "iDirectionIncrementInDegrees": 0.25, "jDirectionIncrementInDegrees": 0.25,
                    "dataDate": 20241101, "dataTime": 0, "stepUnits": 1, "forecastTime": step, "shortName": name,
                }  # fmt: skip
                for key, value in keys.items():
                    eccodes.codes_set(message, key, value)
                eccodes.codes_set_values(message, hour.ravel())
                eccodes.codes_write(message, file)
                eccodes.codes_release(message)


def test_a_grib_file_gives_what_the_netcdf_gives(tmp_path: Path) -> None:
    write_grib(tmp_path / "wind.grib2", {"10u": field(2.0), "10v": field(-1.0)})
    era5().to_netcdf(tmp_path / "era5.nc")
    grib, netcdf = wind.read(tmp_path / "wind.grib2", X, Y), wind.read(tmp_path / "era5.nc", X, Y)
    np.testing.assert_allclose(grib["u"], netcdf["u"], atol=0.01)  # GRIB packs its numbers
    np.testing.assert_allclose(grib["v"], netcdf["v"], atol=0.01)
    assert (grib["time"].to_numpy() == netcdf["time"].to_numpy()).all()


def test_a_grib_file_without_v_is_refused_by_name(tmp_path: Path) -> None:
    write_grib(tmp_path / "half.grib2", {"10u": field(2.0)})
    with pytest.raises(InputError, match="u10 but no v10"):
        wind.read(tmp_path / "half.grib2", X, Y)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.drop_vars("v10"), "has u10 but no v10"),
        (lambda d: d[["u10"]].rename(u10="t2m"), "no wind; it has: t2m"),
        (lambda d: d.drop_vars(["latitude", "longitude"]), "where its cells are"),
        (lambda d: d.drop_vars("time"), "time of its wind"),
        (lambda d: d.isel(longitude=slice(0, 3)), "does not cover the grid"),
        (lambda d: d.where(d["longitude"] < 113.5), "missing values over the grid"),
        (lambda d: d.assign(u10=d["u10"].assign_attrs(units="K")), "no speed"),
    ],
)
def test_an_incomplete_file_says_what_is_missing(tmp_path: Path, change: object, said: str) -> None:
    change(era5()).to_netcdf(tmp_path / "broken.nc")  # type: ignore[operator]
    with pytest.raises(InputError, match=said):
        wind.read(tmp_path / "broken.nc", X, Y)


@pytest.mark.parametrize(
    "content", [b"", b"GRIB", b"CDF\x01", b"\x89HDF\r\n\x1a\n" + b"\0" * 100, b"u10,v10\n1,2\n"]
)
def test_a_broken_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.nc"
    path.write_bytes(content)
    with pytest.raises(InputError, match="cannot be read"):
        wind.read(path, X, Y)
    with pytest.raises(InputError, match="no file"):
        wind.read(tmp_path / "gone.nc", X, Y)


def test_one_level_is_held_at_every_height(tmp_path: Path) -> None:
    era5().to_netcdf(tmp_path / "era5.nc")
    one = wind.read(tmp_path / "era5.nc", X, Y)
    both = at_heights(one, np.array([2.0, 50.0]))
    np.testing.assert_allclose(both["u"].isel(level=1), one["u"].isel(level=0))
