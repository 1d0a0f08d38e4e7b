"""Local times of a source to UTC starts of the interval, and why a time could not be."""

from __future__ import annotations

import re
from datetime import tzinfo

import numpy as np
import pandas as pd

from gzeco_lib.ingest.mapping import INTERVAL_LENGTH, Time

TOLERANCE = pd.Timedelta(hours=1)  # clocks of sources run ahead by this much at most
ANCIENT = pd.Timestamp("1900-01-01", tz="UTC")
_OFFSET = re.compile(r"(?:Z|[+-]\d{2}:?\d{2})$")
# "2024-04-01 24:00" is midnight at the end of the day, as Chinese monitoring reports write it.
_MIDNIGHT = re.compile(r"^(.*[T\s日]\s*)24((?::00){0,2}时?)$")


def read_times(
    frame: pd.DataFrame, time: Time, interval: str, now: pd.Timestamp
) -> tuple[pd.Series, np.ndarray]:
    """UTC start of the interval of each row (NaT where there is none), and the reason code ("" where there is).

    Args:
        frame: rows of the source.
        time: where the time stands and how it is read.
        interval: ISO 8601 duration of the averaging interval.
        now: the present [UTC]; a start more than an hour later is refused.
    """
    local, known, missing = _local(frame, time)
    reason = np.full(len(frame), "", dtype=object)
    if time.label == "end" and interval == "P1D":
        # A civil day has 23 or 25 hours when the clocks change: step back before the zone is applied.
        local, known = local - INTERVAL_LENGTH[interval], known - INTERVAL_LENGTH[interval]
    utc, reason_zone = _localised(local, time.tz)
    utc = utc.where(known.isna(), known)
    if time.label == "end" and interval != "P1D":
        utc = utc - INTERVAL_LENGTH[interval]
    unread = utc.isna().to_numpy()
    reason[unread] = "time_unreadable"
    reason[unread & (reason_zone != "")] = reason_zone[unread & (reason_zone != "")]
    reason[missing] = "time_missing"
    reason[(utc > now + TOLERANCE).to_numpy()] = "time_future"
    reason[(utc < ANCIENT).to_numpy()] = "time_ancient"
    return utc.where(reason == ""), reason


def _local(frame: pd.DataFrame, time: Time) -> tuple[pd.Series, pd.Series, np.ndarray]:
    """Naive local times, UTC times where the source itself gives them, and which rows hold no time."""
    if time.parts:
        missing = (frame[list(time.parts.values())].map(str).isin(["", "nan", "None", "<NA>"])).any(axis=1)
        return _from_parts(frame, time.parts), _nothing(frame, "UTC"), missing.to_numpy()
    if len(time.sources) == 1:
        column = frame[time.sources[0]]
        typed = _typed(column, time.format)
        if isinstance(typed.dtype, pd.DatetimeTZDtype):
            return _nothing(frame), typed, column.isna().to_numpy()
        if pd.api.types.is_datetime64_dtype(typed.dtype):
            return typed, _nothing(frame, "UTC"), column.isna().to_numpy()
    text = as_text(frame[time.sources[0]])
    for name in time.sources[1:]:
        text = text + " " + as_text(frame[name])
    utc = _nothing(frame, "UTC")
    offset = text.str.contains(_OFFSET) & (time.format == "iso") & text.str.contains(":", regex=False)
    if offset.any():
        read = pd.to_datetime(text[offset], format="ISO8601", utc=True, errors="coerce")
        utc = read.astype("datetime64[us, UTC]").reindex(frame.index)
    return _parsed(text.where(~offset), time.format), utc, (text.str.strip() == "").to_numpy()


def _typed(column: pd.Series, pattern: str) -> pd.Series:
    """Times of a column that holds times or seconds already; any other column unchanged."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return column.dt.tz_convert("UTC").astype("datetime64[us, UTC]")
    # Cells of a workbook are times already, whatever pattern the adapter gives for text.
    if pd.api.types.is_datetime64_dtype(column.dtype) or pd.api.types.infer_dtype(column) in (
        "datetime",
        "date",
    ):
        return pd.to_datetime(column, errors="coerce").astype("datetime64[us]")
    if pattern in ("unix_s", "unix_ms"):
        scale = 1e6 if pattern == "unix_s" else 1e3
        number = pd.to_numeric(column, errors="coerce").astype("float64") * scale
        # Beyond the year 2200 the number is not seconds at all; conversion would overflow.
        micros = number.where(number.abs() < 7.3e15).round().astype("Int64")
        return pd.Series(micros.astype("datetime64[us]")).dt.tz_localize("UTC")
    return column


def _nothing(frame: pd.DataFrame, zone: str | None = None) -> pd.Series:
    return pd.Series(pd.NaT, index=frame.index, dtype=f"datetime64[us, {zone}]" if zone else "datetime64[us]")


def as_text(column: pd.Series) -> pd.Series:
    """Cells as text without spaces around; whole numbers without a decimal point, missing cells empty."""
    if pd.api.types.is_float_dtype(column.dtype):
        whole = column.dropna()
        if (whole == whole.round()).all() and (whole.abs() < 2**53).all():
            column = column.astype("Int64")
    return column.astype("string").fillna("").str.strip()


def _parsed(text: pd.Series, pattern: str) -> pd.Series:
    """Naive times read from ``text``; 24:00 is the midnight that ends the day."""
    read = _strictly(text, pattern)
    late = read.isna() & text.str.match(_MIDNIGHT).fillna(False).astype(bool)
    if late.any():
        midnight = text[late].str.replace(_MIDNIGHT, r"\g<1>00\g<2>", regex=True)
        read[late] = _strictly(midnight, pattern) + pd.Timedelta(days=1)
    return read


def _strictly(text: pd.Series, pattern: str) -> pd.Series:
    read = pd.to_datetime(text, format="ISO8601" if pattern == "iso" else pattern, errors="coerce")
    if isinstance(read.dtype, pd.DatetimeTZDtype):  # the pattern holds %z
        read = read.dt.tz_convert("UTC").dt.tz_localize(None)
    return read.astype("datetime64[us]")


def _from_parts(frame: pd.DataFrame, parts: dict[str, str]) -> pd.Series:
    """Naive times put together from columns of year, month, day and, where given, hour and minute."""
    numbers = {name: pd.to_numeric(frame[column], errors="coerce") for name, column in parts.items()}
    day = pd.to_datetime(
        pd.DataFrame({name: numbers[name] for name in ("year", "month", "day")}), errors="coerce"
    ).astype("datetime64[us]")
    hour, minute = (numbers.get(name, pd.Series(0, index=frame.index)) for name in ("hour", "minute"))
    sound = hour.between(0, 24) & minute.between(0, 59) & ~((hour == 24) & (minute > 0))
    hour, minute = hour.where(sound, 0), minute.where(sound, 0)
    return (day + pd.to_timedelta(hour * 60 + minute, unit="m")).where(sound).astype("datetime64[us]")


def _localised(local: pd.Series, zone: tzinfo) -> tuple[pd.Series, np.ndarray]:
    """UTC of naive local times, and a reason where the zone's clock shows the time twice or never."""
    reason = np.full(len(local), "", dtype=object)
    found = local.dt.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
    lost = (found.isna() & local.notna()).to_numpy()
    if lost.any():
        once = local[lost].dt.tz_localize(
            zone, ambiguous=np.ones(int(lost.sum()), dtype=bool), nonexistent="NaT"
        )
        reason[lost] = np.where(once.notna(), "time_ambiguous", "time_nonexistent")
    return found.dt.tz_convert("UTC").astype("datetime64[us, UTC]"), reason
