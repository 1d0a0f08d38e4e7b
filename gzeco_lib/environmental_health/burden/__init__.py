"""Deaths that go with long-term air: Monte Carlo over concentration-response functions, districts, ages and causes."""

from gzeco_lib.environmental_health.burden.monte_carlo import Air, Estimate, People, burden

__all__ = ["Air", "Estimate", "People", "burden"]
