"""How friendly places are to people's health: an index, its parts and weights, and advice by rule."""

from gzeco_lib.environmental_health.friendliness import sensitivity
from gzeco_lib.environmental_health.friendliness.advice import advise
from gzeco_lib.environmental_health.friendliness.make import Friendliness, make
from gzeco_lib.environmental_health.friendliness.rules import GROUPS, PART_NAMES, PARTS, default_weights
from gzeco_lib.environmental_health.friendliness.warmth import by_district
from gzeco_lib.environmental_health.friendliness.weighing import field_index, reweighted

__all__ = [
    "GROUPS",
    "PARTS",
    "PART_NAMES",
    "Friendliness",
    "advise",
    "by_district",
    "default_weights",
    "field_index",
    "make",
    "reweighted",
    "sensitivity",
]
