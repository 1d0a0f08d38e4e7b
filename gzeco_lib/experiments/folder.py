"""Where the public data sets lie that the methods are checked against."""

from __future__ import annotations

import os
from pathlib import Path

from gzeco_lib.errors import N_, InputError

VARIABLE = "GZECO_DATA"
BESIDE = Path(__file__).parents[2].parent / "shared" / "data"


def folder(name: str, root: Path | str | None = None) -> Path:
    """The folder of the data set ``name``.

    Args:
        name: such as ``prairie_grass_1956``.
        root: folder of all data sets; else what ``GZECO_DATA`` names, else ``../shared/data`` beside the checkout.

    Raises:
        InputError: it is not there.
    """
    found = Path(root or os.environ.get(VARIABLE) or BESIDE) / name
    if not found.is_dir():
        raise InputError(
            N_("the public data set {name} is not here"), str(found.parent),
            N_("docs/experiments.md says where it comes from; name its folder in GZECO_DATA"), name=name,
        )  # fmt: skip
    return found
