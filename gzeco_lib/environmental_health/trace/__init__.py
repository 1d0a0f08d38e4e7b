"""Trace: from an alarm to its probable source, the people exposed and the path of the plume."""

from gzeco_lib.environmental_health.trace.alarms import alarms

__all__ = ["alarms"]
