"""What weather files call wind, its levels, its time and its place."""

from __future__ import annotations

import numpy as np
import xarray as xr

from gzeco_lib.errors import N_, InputError

# Wind at a fixed height, by height [m]: names of the eastward and the northward part, lower case.
AT_HEIGHT = {
    10.0: (("u10", "v10"), ("10u", "10v"), ("u10m", "v10m"), ("uas", "vas")),
    100.0: (("u100", "v100"), ("100u", "100v"), ("u100m", "v100m")),
}
ON_LEVELS = (
    ("u", "v"),
    ("ugrd", "vgrd"),
    ("ua", "va"),
    ("umet", "vmet"),
    ("eastward_wind", "northward_wind"),
)
VERTICAL = ("w", "wz", "wa", "upward_air_velocity")
PLACE = (("longitude", "latitude"), ("lon", "lat"), ("xlong", "xlat"), ("x", "y"), ("easting", "northing"))
TIME = ("time", "valid_time", "xtime", "times")
LEVEL = (
    "heightaboveground",
    "height",
    "level",
    "lev",
    "altitude",
    "z",
    "isobaricinhpa",
    "pressure_level",
    "plev",
    "pressure",
)
PRESSURE = ("isobaricinhpa", "pressure_level", "plev", "pressure")
ROTATION = ("cosalpha", "sinalpha")

# Metres a second in one of each unit.
SPEED_UNITS = {
    "m s-1": 1.0, "m s**-1": 1.0, "m/s": 1.0, "ms-1": 1.0, "meter second-1": 1.0, "metre second-1": 1.0, "": 1.0,
    "kt": 0.514444, "kts": 0.514444, "knot": 0.514444, "knots": 0.514444,
    "km/h": 1 / 3.6, "km h-1": 1 / 3.6, "km h**-1": 1 / 3.6,
}  # fmt: skip


def find(data: xr.Dataset, name: str) -> str | None:
    """The variable of ``data`` called ``name`` in any case, or that has it as its CF standard name."""
    for key in data.variables:
        if str(key).lower() == name:
            return str(key)
    for key, variable in data.variables.items():
        if str(variable.attrs.get("standard_name", "")).lower() == name:
            return str(key)
    return None


def find_pair(data: xr.Dataset, pairs: tuple[tuple[str, str], ...], where: str) -> tuple[str, str] | None:
    """The first of ``pairs`` that is there.

    Raises:
        InputError: of a pair only one is there.
    """
    for pair in pairs:
        found = tuple(find(data, name) for name in pair)
        if found[0] and found[1]:
            return found[0], found[1]
        if found[0] or found[1]:
            gone = pair[0] if found[0] is None else pair[1]
            raise InputError(
                N_("the file has {there} but no {gone}"), where, N_("give both parts of the wind"),
                there=found[0] or found[1], gone=gone,
            )  # fmt: skip
    return None


def speed_factor(variable: xr.DataArray, where: str) -> float:
    """What brings ``variable`` to m s-1.

    Raises:
        InputError: a unit that is no speed.
    """
    unit = str(variable.attrs.get("units", variable.attrs.get("GRIB_units", ""))).strip().lower()
    if unit not in SPEED_UNITS:
        raise InputError(
            N_("{name} is in {unit}, which is no speed"), where, N_("give m s-1, km/h or knots"),
            name=str(variable.name), unit=unit,
        )  # fmt: skip
    return SPEED_UNITS[unit]


def standard_height(pressure: np.ndarray) -> np.ndarray:
    """Height of pressure [hPa] in the ICAO standard atmosphere (ISO 2533), troposphere [m]."""
    return 44330.77 * (1 - (np.asarray(pressure, float) / 1013.25) ** 0.190263)


def level_heights(levels: xr.DataArray) -> np.ndarray:
    """Heights above ground [m] of levels in metres or, by the standard atmosphere, in hPa or Pa."""
    values = levels.to_numpy().astype(float)
    unit = str(levels.attrs.get("units", "")).lower()
    if str(levels.name).lower() not in PRESSURE and unit not in ("hpa", "pa", "millibars", "mbar"):
        return values
    return standard_height(values / 100 if unit == "pa" else values)
