"""The wind as a vector: direction alone says nothing in a calm."""

from __future__ import annotations

from gzeco_lib.methods.forecast.panel import Array, Panel

SPEEDS = (
    "wind_speed",
    "ws",
    "WSPM",
)  # names of the speed: the dictionary's, openair's, that of the Beijing data


def components(panel: Panel) -> list[Array]:
    """Where the wind comes from, times its speed, eastward and northward part: two (T, S) [unit of the speed], NaN
    where either is missing; none unless the panel has one direction and one speed."""
    directions = [name.removesuffix(":sin") for name in panel.covariates if name.endswith(":sin")]
    speeds = [name for name in SPEEDS if name in panel.covariates]
    if len(directions) != 1 or len(speeds) != 1:
        return []
    speed = panel.z[speeds[0]] ** 2  # a panel holds square roots
    return [speed * panel.z[f"{directions[0]}:{part}"] for part in ("sin", "cos")]
