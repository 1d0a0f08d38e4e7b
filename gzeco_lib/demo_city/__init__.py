"""A generated Guangzhou with planted truths, for demos and for tests that need to know what is true."""

from gzeco_lib.demo_city.build import City, Summary, build, city

__all__ = ["City", "Summary", "build", "city"]
