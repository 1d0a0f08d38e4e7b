"""What came in and how quickly it was worked up: the strip of feeds, and the time from data to map."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health.pages.context import told
from gzeco_lib.environmental_health.pages.shown import Shown
from gzeco_lib.errors import N_
from gzeco_lib.views import theme
from gzeco_lib.views.markup import text
from gzeco_lib.views.tables import Column, Sheet

FEEDS = {
    "air": N_("Air"), "weather": N_("Weather"), "presence": N_("People present"),
    "exposure": N_("Usual day of people"), "health": N_("Health counts"), "complaints": N_("Complaints"),
    "water": N_("Water"), "noise": N_("Noise"), "toxics": N_("Toxic substances"),
    "enterprises": N_("Enterprises"), "places": N_("Places"),
}  # fmt: skip
# Status, its words, and how grave it is on the scale of the theme.
STATUS = {
    "ok": (N_("on time"), "low"),
    "late": (N_("late"), "high"),
    "thin": (N_("thin"), "moderate"),
    "missing": (N_("missing"), "very_high"),
}
STEPS = {
    "data_end": N_("Newest hour of data ended"), "arrived": N_("Data arrived"),
    "made": N_("Risk map, alarms and leads made"),
}  # fmt: skip


def fields_of(value: Any) -> dict[str, Any]:
    import json

    if isinstance(value, dict):
        return value
    try:
        found = json.loads(value) if isinstance(value, str) and value else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def feed_name(shown: Shown, feed: str) -> str:
    """A feed in the reader's language."""
    return shown._(FEEDS.get(feed, feed))


def instead(shown: Shown, row: Any) -> str:
    """What stands in for a feed, "" for nothing."""
    message = row.instead
    return told(shown._, message, fields_of(row.fields)) if isinstance(message, str) and message else ""


def strip(shown: Shown) -> str:
    """One line: a chip for each feed, and under it what stands in for those that are late, thin or missing."""
    _ = shown._
    if not shown.has("feeds"):
        return ""
    rows = shown.table("feeds")
    chips, stand_ins = [], []
    row: Any
    for row in rows.itertuples():
        words, band = STATUS.get(str(row.status), (str(row.status), "moderate"))
        since = (
            "" if pd.isna(row.newest) else _("newest {time}").format(time=f"{_local(row.newest):%m-%d %H:%M}")
        )
        title = " · ".join(part for part in (_(words), since) if part)
        sign = f'<i style="color:{theme.SEVERITY[band]}" aria-hidden="true">{theme.SIGNS[band]}</i>'
        said = "" if row.status == "ok" else f" <small>{text(_(words))}</small>"
        chips.append(
            f'<span class="feed" title="{text(title)}">{sign}{text(feed_name(shown, str(row.feed)))}{said}</span>'
        )
        if row.status != "ok" and (then := instead(shown, row)):
            name = feed_name(shown, str(row.feed))
            stand_ins.append(f"<li>{text(_('{feed}: {instead}').format(feed=name, instead=then))}</li>")
    more = ""
    if stand_ins:
        label = text(_("Feeds late, thin or missing: {n} – what stands in for them").format(n=len(stand_ins)))
        more = f"<details><summary>{label}</summary><ul>{''.join(stand_ins)}</ul></details>"
    label = text(_("Feeds"))
    line = f'<div class="line"><span class="muted">{label}</span>{"".join(chips)}</div>'
    return f'<div class="feeds panel">{line}{more}</div>'


def _local(time: Any) -> pd.Timestamp:
    stamp = pd.Timestamp(time)
    stamp = stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp
    return stamp.tz_convert(theme.ZONE)


def duration(shown: Shown, seconds: float) -> str:
    """Seconds as a reader says them."""
    _ = shown._
    if seconds < 120:
        return _("{n} s").format(n=theme.number(seconds, 0 if seconds >= 10 else 1))
    if seconds < 7200:
        return _("{n} min").format(n=theme.number(seconds / 60))
    return _("{n} h").format(n=theme.number(seconds / 3600, 1))


def response_fact(shown: Shown) -> list[tuple[str, str]]:
    """How long it took from the newest data to the map, for the line under the answer; nothing where not measured."""
    if shown.has("response"):
        minutes = float(shown.table("response")["minutes"].iloc[0])
        if np.isfinite(minutes) and minutes >= 0:
            return [(shown._("From data to map"), duration(shown, 60 * minutes))]
    seconds = shown.outcome.provenance.seconds
    return [(shown._("Worked up in"), duration(shown, seconds))] if seconds else []


def sheets(shown: Shown) -> dict[str, Sheet]:
    """Feeds and times as tables; each only where the outcome has it."""
    _ = shown._
    found = {}
    if shown.has("feeds"):
        rows = shown.table("feeds")
        found["feeds"] = Sheet(
            _("Feeds"),
            [
                Column("name", _("Feed")),
                Column("state", _("State")),
                Column("newest", _("Newest"), time=True),
                Column("age_h", _("Age"), "h", 1),
                Column("rows_24h", _("Rows in 24 h"), "", 0),
                Column("then", _("What stands in")),
            ],
            rows.assign(
                name=[feed_name(shown, str(f)) for f in rows["feed"]],
                state=[_(STATUS.get(str(s), (str(s), ""))[0]) for s in rows["status"]],
                then=[instead(shown, row) for row in rows.itertuples()],
                age_h=rows["age_h"].astype(float),
            ),
        )
    if shown.has("timing"):
        rows = shown.table("timing")
        found["timing"] = Sheet(
            _("Time taken"),
            [Column("name", _("Step")), Column("seconds", _("Time"), "s", 2)],
            rows.assign(name=[_(str(s)) for s in rows["step"]]),
        )
    if shown.has("response"):
        row = shown.table("response").iloc[0]
        times = pd.to_datetime(pd.Series([row[step] for step in STEPS]), utc=True)
        found["response"] = Sheet(
            _("From data to lead"),
            [
                Column("name", _("Step")),
                Column("time", _("Time"), time=True),
                Column("after", _("After the data arrived"), "s", 1),
            ],
            pd.DataFrame(
                {
                    "name": [_(name) for name in STEPS.values()],
                    "time": times,
                    "after": (times - pd.to_datetime(row["arrived"], utc=True)).dt.total_seconds(),
                }
            ),
        )
    return found
