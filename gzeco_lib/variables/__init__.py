"""Variable dictionary, units and quality rules."""

from gzeco_lib.variables.dictionary import Variable, find, get, variables
from gzeco_lib.variables.quality import INVALID, check, count, data_capture, fired, report, title, usable
from gzeco_lib.variables.units import compatible, convert, unit_named

__all__ = [
    "INVALID", "Variable", "check", "compatible", "convert", "count", "data_capture", "find", "fired", "get", "report",
    "title", "unit_named", "usable", "variables",
]  # fmt: skip
