"""Cells to numbers: which are observations at all, which are numbers, and what number was meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Numbers:
    """Cells of one series: the numbers [unit of the source], whether a cell holds anything, and what is wrong."""

    value: np.ndarray  # float64, NaN where absent or wrong
    present: np.ndarray  # bool
    reason: np.ndarray  # object, "" where the number is sound or absent


def read_numbers(
    cells: pd.Series, missing: Iterable[str] = (), words: Mapping[str, float | None] | None = None
) -> Numbers:
    """The numbers in ``cells``.

    Args:
        cells: one column of the source, of any type.
        missing: texts that stand for an empty cell, whatever their case.
        words: texts of the source and the number each means; None for no observation.
    """
    if pd.api.types.is_bool_dtype(cells.dtype) or pd.api.types.is_datetime64_any_dtype(cells.dtype):
        value = np.full(len(cells), np.nan)
        present = cells.notna().to_numpy()
    elif pd.api.types.is_numeric_dtype(cells.dtype) and not words:
        value = shortest(cells)
        present = ~np.isnan(value)
    else:
        value, present = _from_text(cells, missing, words or {})
    reason = np.full(len(cells), "", dtype=object)
    reason[present & np.isnan(value)] = "not_number"
    reason[present & np.isinf(value)] = "not_finite"
    return Numbers(np.where(reason == "", value, np.nan), present, reason)


def shortest(cells: pd.Series) -> np.ndarray:
    """float64 of a numeric column; of float32 the shortest decimal that was meant: 0.9, not 0.8999999762.

    Seven significant digits name every float32 that was written with at most six; where they do not give the
    same float32 back, the plain conversion stays.
    """
    if cells.dtype not in (np.float32, np.float16):
        return cells.to_numpy(dtype=np.float64, na_value=np.nan)
    narrow = cells.to_numpy(dtype=np.float32)
    wide = narrow.astype(np.float64)
    sound = np.isfinite(wide) & (np.abs(wide) > 1e-30)
    scale = np.ones_like(wide)
    digits = 6 - np.floor(np.log10(np.abs(wide[sound])))
    scale[sound] = digits
    with np.errstate(over="ignore", invalid="ignore"):
        power = 10.0 ** np.abs(scale)
        meant = np.where(scale >= 0, np.rint(wide * power) / power, np.rint(wide / power) * power)
    return np.where(sound & (meant.astype(np.float32) == narrow), meant, wide)


def _from_text(
    cells: pd.Series, missing: Iterable[str], words: Mapping[str, float | None]
) -> tuple[np.ndarray, np.ndarray]:
    empty = {word.casefold() for word in (*missing, "")}
    # A cell that is a boolean is no number, though Python would count it as 0 or 1.
    text = cells.astype("string").fillna("").str.strip()
    if not text.str.isascii().all():
        text = text.str.normalize("NFKC")
    present = ~text.str.casefold().isin(empty).to_numpy()
    value = np.full(len(cells), np.nan)
    for word, number in words.items():
        meant = present & (text == word).to_numpy()
        if number is None:
            present &= ~meant
        else:
            value[meant] = number
    plain = present & np.isnan(value)
    value[plain] = pd.to_numeric(text[plain], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    return value, present
