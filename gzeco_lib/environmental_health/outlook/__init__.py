"""The next 24 hours: risk by district and group, probability of each band, alerts, heat and cold."""

from gzeco_lib.environmental_health.outlook.alerts import alerts
from gzeco_lib.environmental_health.outlook.make import Outlook, cell_errors, make

__all__ = ["Outlook", "alerts", "cell_errors", "make"]
