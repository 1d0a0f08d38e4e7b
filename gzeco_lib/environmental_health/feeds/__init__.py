"""Feeds: what each brought, what stands in for one that is late, who is where, and what people complain of."""

from gzeco_lib.environmental_health.feeds.opinion import opinion
from gzeco_lib.environmental_health.feeds.people import People, people
from gzeco_lib.environmental_health.feeds.status import status

__all__ = ["People", "opinion", "people", "status"]
