"""The command ``gzeco``: every module of this package adds one command to the app."""

from __future__ import annotations

import importlib
import pkgutil
import sys

from gzeco_lib.cli.app import app as application
from gzeco_lib.cli.app import command_line


def main() -> None:
    """Entry point of the console script."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    sys.exit(command_line(application, sys.argv[1:]))
