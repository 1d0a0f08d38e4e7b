"""The declaration of a scenario model, its outcome and provenance, parameter files and the registry."""

from gzeco_lib.scenario.declaration import Choice, Number, Scenario, Text, Toggle, Whole
from gzeco_lib.scenario.execute import execute
from gzeco_lib.scenario.outcome import Outcome, Provenance
from gzeco_lib.scenario.parameters import from_file, with_overrides
from gzeco_lib.scenario.registry import registered, scenario

__all__ = [
    "Choice", "Number", "Outcome", "Provenance", "Scenario", "Text", "Toggle", "Whole", "execute",
    "from_file", "registered", "scenario", "with_overrides",
]  # fmt: skip
