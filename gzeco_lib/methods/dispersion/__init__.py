"""How pollutants spread: boundary layer, steady plume, puffs, particles. SI units; wind is where it comes from."""

from gzeco_lib.methods.dispersion.inputs import BoundaryLayer, Sources

__all__ = ["BoundaryLayer", "Sources"]
