"""The lake: contracted Delta tables, Zarr grids, the catalogue and the state database."""
