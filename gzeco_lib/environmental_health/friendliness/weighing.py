"""The index again under other weights, from what an outcome stored: no model is run."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from gzeco_lib.environmental_health.friendliness.rules import GROUPS, PARTS, rules, weights_of
from gzeco_lib.environmental_health.friendliness.scores import Index, index


def field_index(dataset: xr.Dataset, weights: Mapping[str, float], group: str = "all") -> Index:
    """The index of every cell (y, x) of the field ``friendliness`` for ``group`` under ``weights``."""
    scores = np.stack([dataset[f"score_{part}"].to_numpy().astype(float) for part in PARTS])
    sd = np.stack([dataset[f"score_sd_{part}"].to_numpy().astype(float) for part in PARTS])
    weight = weights_of(weights, group)
    return index(
        scores, sd, np.array([weight[part] for part in PARTS]), float(rules()["certainty_of_weights"])
    )


def reweighted(
    table: pd.DataFrame, parts: pd.DataFrame, weights: Mapping[str, float], certainty: float | None = None
) -> pd.DataFrame:
    """The table ``friendliness`` under ``weights``.

    Args:
        table, parts: ``friendliness`` and ``friendliness_parts`` of an outcome; a place's parts are those of everybody.
        weights: of the parts for everybody, of any sum.
        certainty: of the weights; that of the rules where None.

    Raises:
        InputError: for weights that cannot be used.
    """
    sure = float(rules()["certainty_of_weights"] if certainty is None else certainty)
    wide = parts.pivot_table(
        index=["scope", "key", "group"], columns="part", values=["score", "sd"], dropna=False
    )
    result = table.copy()
    for group in (name for name in GROUPS if (table["group"] == name).any()):
        rows = (table["group"] == group).to_numpy()
        of = table.loc[rows]
        own = np.where(of["scope"] == "place", "all", group)
        found = wide.reindex(pd.MultiIndex.from_arrays([of["scope"], of["key"], own]))
        scores, sd = (
            found.reindex(columns=pd.MultiIndex.from_product([[name], PARTS])).to_numpy(dtype=float).T
            for name in ("score", "sd")
        )
        weight = weights_of(weights, group)
        made = index(scores, sd, np.array([weight[part] for part in PARTS]), sure)
        result.loc[rows, ["index", "lo", "hi"]] = np.column_stack([made.value, made.lo, made.hi])
    return result
