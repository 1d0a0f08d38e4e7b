"""The lake: contracted Delta tables, Zarr grids, the catalogue and the state database."""

from gzeco_lib.lake.delta import Written
from gzeco_lib.lake.lake import Lake
from gzeco_lib.lake.tables import TABLES

__all__ = ["TABLES", "Lake", "Written"]
