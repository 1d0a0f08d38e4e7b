"""Exposure-response: how the city's own counts answer to air and temperature, beside what the literature says."""

from gzeco_lib.environmental_health.response.excess import Excess, excess_from

__all__ = ["Excess", "excess_from"]
