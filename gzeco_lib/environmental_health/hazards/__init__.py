"""Hazards of the city graded on one map: air, air toxics, surface water and noise."""

from gzeco_lib.environmental_health.hazards.assemble import Hazards, grade
from gzeco_lib.environmental_health.hazards.explain import Reason, explain
from gzeco_lib.environmental_health.hazards.rules import GRADES, HAZARDS, OVERALL

__all__ = ["GRADES", "HAZARDS", "OVERALL", "Hazards", "Reason", "explain", "grade"]
