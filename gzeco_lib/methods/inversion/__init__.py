"""Which sources made what the monitors saw: quick screening, positions off the grid, and the full posterior."""

from gzeco_lib.methods.inversion.answer import UNKNOWN, Answer, Named, Rate
from gzeco_lib.methods.inversion.locate import Located, locate
from gzeco_lib.methods.inversion.noise import ModelError
from gzeco_lib.methods.inversion.response import PlumeResponse, along
from gzeco_lib.methods.inversion.screen import Screening, screen

__all__ = [
    "UNKNOWN",
    "Answer",
    "Located",
    "ModelError",
    "Named",
    "PlumeResponse",
    "Rate",
    "Screening",
    "along",
    "locate",
    "screen",
]
