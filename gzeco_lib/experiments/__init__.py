"""Public field experiments and reference results, read into the types of ``methods``."""

from gzeco_lib.experiments.folder import folder

__all__ = ["folder"]
