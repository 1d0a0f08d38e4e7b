"""Wind fields: mass-consistent ones from stations, and those of weather models from NetCDF and GRIB."""

from gzeco_lib.methods.wind.diagnostic import diagnose
from gzeco_lib.methods.wind.grid import WindGrid
from gzeco_lib.methods.wind.gridded import read
from gzeco_lib.methods.wind.stations import components

__all__ = ["WindGrid", "components", "diagnose", "read"]
