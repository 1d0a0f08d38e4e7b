"""Environmental health: the air people breathe now and in the next 24 hours, by station, cell and district."""

from gzeco_lib.environmental_health.answer import answer, findings
from gzeco_lib.environmental_health.model import EnvironmentalHealth

__all__ = ["EnvironmentalHealth", "answer", "findings"]
