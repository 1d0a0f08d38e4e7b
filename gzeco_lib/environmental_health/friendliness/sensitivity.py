"""What the weights do: how often each place would come at each rank, and which part a place gains or loses by."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health.friendliness.rules import PARTS, rules, weights_of

SEED = 20241215


def wide(parts: pd.DataFrame, scope: str, group: str = "all") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scores and their standard deviations, a row a key and a column a part, of ``friendliness_parts``."""
    rows = parts[(parts["scope"] == scope) & (parts["group"] == group)]
    return tuple(  # type: ignore[return-value]
        rows.pivot(index="key", columns="part", values=value).reindex(columns=list(PARTS))
        for value in ("score", "sd")
    )


def drawn_weights(
    weights: Mapping[str, float], group: str, draws: int, certainty: float | None = None
) -> np.ndarray:
    """Dirichlet draws about the weights of ``group`` (draw, part); parts of weight 0 stay at 0."""
    mean = np.array([weights_of(weights, group)[part] for part in PARTS])
    sure = float(rules()["certainty_of_weights"] if certainty is None else certainty)
    drawn = np.zeros((draws, len(PARTS)))
    on = mean > 0
    drawn[:, on] = np.random.default_rng(SEED).dirichlet(sure * mean[on], draws)
    return drawn


def indices(scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Index (draw, key) of ``scores`` (key, part) under ``weights`` (draw, part); missing parts left out."""
    known = np.isfinite(scores)
    total = weights @ known.T
    return np.where(total > 0, weights @ np.nan_to_num(scores).T / np.where(total > 0, total, 1.0), np.nan)


def rank_shares(
    parts: pd.DataFrame,
    scope: str,
    weights: Mapping[str, float],
    group: str = "all",
    draws: int = 2000,
    certainty: float | None = None,
    inputs: bool = True,
) -> pd.DataFrame:
    """Share of the draws in which each key comes at each rank, 1 the friendliest; rows sorted by mean rank.

    Args:
        parts: the table ``friendliness_parts``.
        scope: ``district``, ``place_kind`` or ``place``.
        inputs: draw the scores from their uncertainty too, not only the weights.
    """
    scores, sd = wide(parts, scope, group)
    drawn = drawn_weights(weights, group, draws, certainty)
    if inputs:
        rng = np.random.default_rng(SEED + 1)
        noise = rng.standard_normal((draws, *scores.shape)) * np.nan_to_num(sd.to_numpy(dtype=float))
        made = np.stack([indices(np.clip(scores + noise[k], 0, 100), drawn[[k]])[0] for k in range(draws)])
    else:
        made = indices(scores.to_numpy(dtype=float), drawn)
    ranks = (-made).argsort(axis=1).argsort(axis=1)
    share = np.stack([(ranks == rank).mean(axis=0) for rank in range(len(scores))], axis=1)
    found = pd.DataFrame(share, index=scores.index, columns=pd.RangeIndex(1, len(scores) + 1, name="rank"))
    return found.loc[(found * found.columns).sum(axis=1).sort_values(kind="stable").index]


def one_part_more(
    parts: pd.DataFrame, scope: str, weights: Mapping[str, float], group: str = "all", more: float = 0.1
) -> pd.DataFrame:
    """Change of the index where one part takes ``more`` of all weight from the others: a row a key, a column a part.

    Parts that are known for no key are left out; rows come with the friendliest first.
    """
    scores, _ = wide(parts, scope, group)
    mean = np.array([weights_of(weights, group)[part] for part in PARTS])
    base = indices(scores.to_numpy(dtype=float), mean[None])[0]
    changed = {}
    for k, part in enumerate(PARTS):
        if scores[part].isna().all():
            continue
        moved = mean * (1 - more)
        moved[k] += more
        changed[part] = indices(scores.to_numpy(dtype=float), moved[None])[0] - base
    return pd.DataFrame(changed, index=scores.index).iloc[np.argsort(-base, kind="stable")]
