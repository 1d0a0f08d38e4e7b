"""The ways a source can be wrong: refusals of a whole file, and reasons to set one row or cell aside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gzeco_lib.errors import N_, InputError

# Why a row or cell of a readable file is not stored; the code stands in the rejected rows and in the report.
REASONS: dict[str, str] = {
    "malformed": N_("the row has another number of cells than the header"),
    "time_missing": N_("the time is missing"),
    "time_unreadable": N_("the time cannot be read in the adapter's format"),
    "time_ambiguous": N_("the local time happened twice when the clocks went back"),
    "time_nonexistent": N_("the local time never happened: the clocks went forward"),
    "time_future": N_("the time lies in the future"),
    "time_ancient": N_("the time lies before 1900"),
    "site_missing": N_("the site is missing"),
    "series_unknown": N_("the adapter does not name this series"),
    "unit_wrong": N_("the unit of the row is not one of the variable"),
    "not_number": N_("the value is not a number"),
    "not_finite": N_("the value is infinite"),
    "conflict": N_("the same time, site and variable stand above with another value"),
    "field_missing": N_("a field that must be there is missing"),
    "field_wrong": N_("a field holds a word that the table does not know"),
    "district_unknown": N_("the district is none of Guangzhou"),
    "cell_wrong": N_("the cell is neither named as x_y in kilometres nor placed in the city's surroundings"),
    "age_wrong": N_("the age is neither a number of years nor a group of years"),
    "negative": N_("a count below zero"),
    "not_whole": N_("a count of people that is not a whole number"),
    "count_wrong": N_("a count that no day or place can have"),
    "day_unfinished": N_("the day had not ended: its count is not whole"),
    "too_few": N_("fewer people than may be kept"),
    "place_wrong": N_("longitude or latitude is out of range"),
}


def refused(what: str, place: str | Path, fix: str = "", **fields: Any) -> InputError:
    """An error about ``place``, whose text is never read as a message with fields of its own."""
    return InputError(what, "{place}", fix, place=str(place), **fields)


def unreadable(path: Path, problem: object, fix: str = "") -> InputError:
    """An error about a file that is there but cannot be read as what it should be."""
    return refused(
        N_("the file cannot be read: {problem}"),
        path,
        fix or N_("it may be truncated or of another format; fetch it again and check the adapter's format"),
        problem=" ".join(str(problem).split())[:300],
    )
