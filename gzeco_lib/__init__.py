"""gzeco: scenario models, dashboards and briefings for a city's ecological-environment bureau."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("gzeco")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0+unknown"
