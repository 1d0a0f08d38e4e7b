"""Parameter files: YAML that a researcher edits, read safely, and overrides from the command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from gzeco_lib.errors import N_, InputError
from gzeco_lib.safe_yaml import plain, read_yaml

ZONE = "Asia/Shanghai"


def from_file(path: Path) -> dict[str, Any]:
    """The parameters in the YAML file ``path``: a mapping of names to values.

    Raises:
        InputError: where the file cannot be read or is not such a mapping.
    """
    content = read_yaml(path)
    if content is None:
        return {}
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise InputError(
            N_("a parameter file holds names and values"),
            "{place}",
            N_("write lines such as: horizon: 24"),
            place=path,
        )
    return content


def with_overrides(parameters: Mapping[str, Any], overrides: Iterable[str]) -> dict[str, Any]:
    """``parameters`` with ``name=value`` texts laid over them; values are read as YAML scalars.

    Raises:
        InputError: where an override is not ``name=value``.
    """
    merged = dict(parameters)
    for text in overrides:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise InputError(
                N_("{text} is not a parameter"), "-P", N_("write it as -P name=value"), text=repr(text)
            )
        try:
            merged[name.strip()] = plain(value)
        except yaml.YAMLError:
            merged[name.strip()] = value
    return merged


def as_known_at(at: str | pd.Timestamp | None) -> pd.Timestamp:
    """``at`` as a UTC time; without a zone it is local time, None is now.

    Raises:
        InputError: where it is no time.
    """
    try:
        moment = pd.Timestamp.now("UTC") if at is None else pd.Timestamp(at)
        if moment is pd.NaT:
            raise ValueError("NaT")
        moment = moment.tz_localize(ZONE) if moment.tzinfo is None else moment
    except (ValueError, TypeError) as error:
        raise InputError(
            N_("{text} is not a time"), "--at", N_("write it as 2024-12-15T08:00+08:00"), text=repr(at)[:80]
        ) from error
    return moment.tz_convert("UTC")


def as_utc(at: pd.Timestamp) -> pd.Timestamp:
    """``at`` in UTC, for a model: its times have a zone.

    Raises:
        InputError: where it has none.
    """
    if at.tzinfo is None:
        raise InputError(
            N_("the time {at} has no time zone"), "--at", N_("write it as 2024-12-15T08:00+08:00"), at=str(at)
        )
    return at.tz_convert("UTC")
