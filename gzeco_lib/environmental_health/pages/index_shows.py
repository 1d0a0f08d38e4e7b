"""What the page of the friendliness index shows: index by area and place, parts, advice, opinion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import yaml

from gzeco_lib.environmental_health.friendliness import (
    PART_NAMES,
    PARTS,
    default_weights,
    field_index,
    reweighted,
)
from gzeco_lib.environmental_health.pages import grades
from gzeco_lib.environmental_health.pages.context import told
from gzeco_lib.environmental_health.pages.outlook_shows import GROUP_NAMES
from gzeco_lib.environmental_health.pages.shown import Shown
from gzeco_lib.environmental_health.pages.state import GROUPS
from gzeco_lib.environmental_health.pages.status import fields_of
from gzeco_lib.environmental_health.pages.trace_shows import PLACE_KINDS
from gzeco_lib.environmental_health.pages.view import clock
from gzeco_lib.errors import N_
from gzeco_lib.views import theme
from gzeco_lib.views.interval_bars import Bar
from gzeco_lib.views.markup import text
from gzeco_lib.views.scale import Scale
from gzeco_lib.views.tables import Column, Sheet

# Pale to deep green-blue: more is better here, so it is neither the severity scale nor the AQI's.
FRIENDLY = ("#F6EFE3", "#E7E3C4", "#CFDCB0", "#ABCFA4", "#82BE9B", "#58A893", "#348E88", "#1B7078", "#0F5262")
SPAN = 45.0  # points from end to end of the colours of the index
AUDIENCES = {
    "child": N_("Children"), "elder": N_("Elderly"), "pregnant": N_("Pregnant women"),
    "respiratory": N_("People with respiratory disease"), "outdoor_worker": N_("Outdoor workers"),
    "school": N_("Schools"), "hospital": N_("Hospitals"), "site_manager": N_("Managers of construction sites"),
}  # fmt: skip
TOPICS = {
    "odour": N_("Odour"), "smoke_dust": N_("Smoke and dust"), "noise": N_("Noise"), "water": N_("Water"),
    "waste": N_("Waste"), "vehicle": N_("Vehicles"), "catering_fume": N_("Cooking fumes"),
    "construction": N_("Construction"), "health_complaint": N_("Health complaints"), "other": N_("Other"),
}  # fmt: skip
SCOPES = {
    "city": N_("City"),
    "district": N_("District"),
    "place_kind": N_("Kind of place"),
    "place": N_("Place"),
}


def there(shown: Shown) -> bool:
    """Whether the outcome holds the index."""
    return shown.has("friendliness") and shown.has("friendliness_parts")


def start_weights(shown: Shown, kept: str) -> dict[str, float]:
    """The weights the address keeps, else those of the outcome's parameters, else those of the rules."""
    weights = default_weights()
    given = shown.outcome.parameters
    weights |= {part: float(given[f"weight_{part}"]) for part in PARTS if f"weight_{part}" in given}
    for pair in kept.split(","):
        part, _colon, value = pair.partition(":")
        try:
            number = float(value)
        except ValueError:
            continue
        if part in weights and 0 <= number <= 1:
            weights[part] = number
    return weights


def kept_weights(weights: Mapping[str, float]) -> str:
    """Weights as the address keeps them; "" for those of the rules."""
    if all(abs(weights[part] - value) < 1e-9 for part, value in default_weights().items()):
        return ""
    return ",".join(f"{part}:{weights[part]:.2f}" for part in PARTS)


def weights_yaml(weights: Mapping[str, float]) -> bytes:
    """Weights as parameters of the hourly model."""
    return yaml.safe_dump(
        {f"weight_{part}": float(weights[part]) for part in PARTS}, sort_keys=False
    ).encode()


def table(shown: Shown, weights: Mapping[str, float]) -> pd.DataFrame:
    """The index under ``weights``, of the stored scores: no run is needed."""
    return reweighted(shown.table("friendliness"), shown.table("friendliness_parts"), weights)


def groups(shown: Shown) -> dict[str, str]:
    """Label of each group that has an index."""
    known = set(shown.table("friendliness")["group"])
    return {group: shown._(GROUP_NAMES[group]) for group in GROUPS if group in known}


def scale(shown: Shown, part: str = "") -> Scale:
    """The colours of the index, the same for all groups and weights; of a part's score, 10 to 100.

    An index of many parts differs little from place to place: its scale spans 45 points about the middle.
    """
    name = shown._("Friendliness index, 0 to 100")
    field = shown.outcome.fields.get("friendliness")
    if part or field is None or not np.isfinite(field["index"].values).any():
        return Scale(name, "", FRIENDLY, 10, 100)
    middle = float(np.nanmedian(field["index"].values))
    low = float(np.clip(5 * round((middle - SPAN / 2) / 5), 0, 100 - SPAN))
    return Scale(name, "", FRIENDLY, low, low + SPAN)


def no_points() -> pd.DataFrame:
    """The map of the index has no points, only the names of districts."""
    return pd.DataFrame({c: [] for c in ("key", "name", "lon", "lat", "colour", "hover")})


def raster(
    shown: Shown, weights: Mapping[str, float], group: str, part: str
) -> tuple[Any, Any, Any, Any] | None:
    """Cells of the index, or of the score of one part; None where the outcome has no such field."""
    field = shown.outcome.fields.get("friendliness")
    if field is None:
        return None
    if part:
        values = field[f"score_{part}"].values.astype(float)
    else:
        values = np.asarray(field_index(field, weights, group).value, dtype=float)
    return values, values, field["x"].values, field["y"].values


def colour(value: float) -> str:
    """The colour of a score."""
    return Scale("", "", FRIENDLY, 10, 100).colour(value)


def ranked(shown: Shown, found: pd.DataFrame, scope: str, group: str) -> list[dict[str, Any]]:
    """Areas or places with the least friendly first, which is where something can be done."""
    _ = shown._
    rows = found[(found["scope"] == scope) & (found["group"] == group)].sort_values(
        "index", na_position="last"
    )
    made = []
    row: Any
    # A column called "index" hides a method of tuples.
    for rank, row in enumerate(rows.head(60).rename(columns={"index": "value"}).itertuples(), start=1):
        name = _(PLACE_KINDS.get(row.key, row.key)) if scope == "place_kind" else grades.named(shown, row)
        gone = missing(shown, row.missing)
        made.append(
            {
                "key": str(row.key), "rank": str(rank), "name": name,
                "note": f"{theme.number(row.lo)} – {theme.number(row.hi)}", "value": theme.number(float(row.value)),
                "colour": colour(float(row.value)), "sign": "", "grade": "",
                "share": float(row.value) / 100 if np.isfinite(float(row.value)) else 0.0,
                "title": f"{name}\n{gone}" if gone else name,
            }
        )  # fmt: skip
    return made


def missing(shown: Shown, joined: Any) -> str:
    """Which parts have no data, in words; "" for none."""
    names = [shown._(PART_NAMES[p]) for p in str(joined or "").split(",") if p in PART_NAMES]
    return shown._("without {parts}").format(parts=shown._(", ").join(names)) if names else ""


def bars(shown: Shown, scope: str, key: str, group: str) -> list[Bar]:
    """The scores of the parts of one area or place."""
    rows = shown.table("friendliness_parts")
    own = "all" if scope == "place" else group
    rows = rows[(rows["scope"] == scope) & (rows["key"].astype(str) == key) & (rows["group"] == own)]
    found = {str(row["part"]): row for _k, row in rows.iterrows()}
    made = []
    for part in PARTS:
        row = found.get(part)
        score = float("nan") if row is None else float(row["score"])
        sd = float("nan") if row is None else float(row["sd"])
        name = shown._(PART_NAMES[part])
        if not np.isfinite(score):
            made.append(Bar(shown._("{part} (no data)").format(part=name), 0.0))
            continue
        lo, hi = max(score - 1.28 * sd, 0.0), min(score + 1.28 * sd, 100.0)
        made.append(Bar(name, score, lo, hi, colour(score)))
    return made


def advice(shown: Shown, audience: str, district: str) -> str:
    """Advice for one audience as cards: what to do, why, when, by which source."""
    _ = shown._
    rows = shown.table("advice") if shown.has("advice") else pd.DataFrame()
    if not rows.empty:
        here = rows["district"].astype(str).isin(["", district])
        rows = rows[(rows["audience"] == audience) & here].sort_values("priority", kind="stable")
    if rows.empty:
        said = _("Nothing special for this group in the hours ahead, as far as the inputs tell.")
        return f'<p class="muted">{text(said)}</p>'
    names, cards = shown.districts(), []
    row: Any
    for row in rows.itertuples():
        fields = fields_of(row.fields)
        where = names.get(str(row.district), "")
        span = "" if pd.isna(row.start) else f"{clock(row.start, '%m-%d %H:%M')} – {clock(row.end, '%H:%M')}"
        line = " · ".join(part for part in (where, span, told(_, row.reason, fields)) if part)
        source = f'<div class="muted source">{text(told(_, row.source, fields))}</div>'
        cards.append(
            f'<div class="advice panel"><div class="what">{text(told(_, row.text, fields))}</div>'
            f'<div class="why">{text(line)}</div>{source}</div>'
        )
    return f'<div class="advices">{"".join(cards)}</div>'


def audiences(shown: Shown) -> dict[str, str]:
    """Label of each audience with how much advice it has."""
    rows = shown.table("advice") if shown.has("advice") else pd.DataFrame({"audience": []})
    count = rows["audience"].value_counts()
    return {
        key: f"{shown._(name)} {int(count[key])}" if key in count else shown._(name)
        for key, name in AUDIENCES.items()
    }


def first_audience(shown: Shown) -> str:
    """The audience shown first: the one with the most pressing advice, children where there is none."""
    rows = shown.table("advice") if shown.has("advice") else pd.DataFrame()
    known = rows[rows["audience"].isin(list(AUDIENCES))].sort_values("priority") if len(rows) else rows
    return str(known["audience"].iloc[0]) if len(known) else next(iter(AUDIENCES))


def opinion_bars(shown: Shown) -> list[Bar]:
    """Complaints and opinion by topic, the most frequent first."""
    rows = shown.table("opinion_summary") if shown.has("opinion_summary") else pd.DataFrame()
    if rows.empty:
        return []
    names = [shown._(TOPICS.get(str(t), str(t))) for t in rows["topic"]]
    total = rows.assign(name=names).groupby("name")["count"].sum().sort_values(ascending=False)
    return [Bar(str(name), float(n)) for name, n in total.items()]


def _scope_name(shown: Shown, row: Any) -> str:
    """The name of an area, a place or a kind of place."""
    return (
        shown._(PLACE_KINDS.get(row.key, row.key)) if row.scope == "place_kind" else grades.named(shown, row)
    )


def sheets(shown: Shown, found: pd.DataFrame) -> dict[str, Sheet]:
    """Index, parts, advice and opinion as tables."""
    _ = shown._
    frame = found.assign(
        what=[_(SCOPES.get(s, s)) for s in found["scope"]],
        name=[_scope_name(shown, row) for row in found.itertuples()],
        who=[_(GROUP_NAMES.get(g, g)) for g in found["group"]],
        gone=[missing(shown, m) for m in found["missing"]],
    )
    made = {
        "index": Sheet(
            _("Friendliness index"),
            [
                Column("what", _("Kind")),
                Column("name", _("Name")),
                Column("who", _("Group")),
                Column("index", _("Index, 0 to 100"), "", 0),
                Column("lo", _("80 % low"), "", 0),
                Column("hi", _("80 % high"), "", 0),
                Column("gone", _("Missing")),
            ],
            frame,
        )
    }
    parts = shown.table("friendliness_parts")
    names = {(str(row.scope), str(row.key)): _scope_name(shown, row) for row in found.itertuples()}
    frame = parts.assign(
        name=[names.get(pair, pair[1]) for pair in zip(parts["scope"], parts["key"], strict=True)],
        who=[_(GROUP_NAMES.get(g, g)) for g in parts["group"]],
        what=[_(PART_NAMES.get(p, p)) for p in parts["part"]],
        units=[theme.unit(str(u)) for u in parts["unit"]],
        percent=100 * parts["weight"],
    )
    made["parts"] = Sheet(
        _("Parts"),
        [
            Column("name", _("Name")),
            Column("who", _("Group")),
            Column("what", _("Part")),
            Column("value", _("Value"), "", 2),
            Column("units", _("Unit")),
            Column("score", _("Score, 0 to 100"), "", 0),
            Column("sd", _("Standard error"), "", 1),
            Column("percent", _("Weight of the run"), "%", 0),
        ],
        frame[frame["scope"] != "place"],
    )
    if shown.has("advice"):
        made["advice"] = _advice_sheet(shown)
    if shown.has("opinion_summary"):
        rows = shown.table("opinion_summary")
        rows = rows.assign(
            where=[shown.districts().get(str(d), theme.NO_VALUE) for d in rows["district"]],
            about=[_(TOPICS.get(str(t), str(t))) for t in rows["topic"]],
            date=[clock(d, "%Y-%m-%d") for d in rows["day"]],
        ).sort_values("day", ascending=False)
        columns = [
            Column("date", _("Day")), Column("where", _("District")), Column("about", _("Topic")),
            Column("count", _("Count"), "", 0),
        ]  # fmt: skip
        made["opinion"] = Sheet(_("Complaints and opinion"), columns, rows)
    return made


def _advice_sheet(shown: Shown) -> Sheet:
    _, rows = shown._, shown.table("advice")
    fields = [fields_of(f) for f in rows["fields"]]
    frame = rows.assign(
        who=[_(AUDIENCES.get(a, a)) for a in rows["audience"]],
        where=[shown.districts().get(str(d), _("Whole city")) for d in rows["district"]],
        what=[told(_, t, f) for t, f in zip(rows["text"], fields, strict=True)],
        why=[told(_, t, f) for t, f in zip(rows["reason"], fields, strict=True)],
        by=[told(_, t, f) for t, f in zip(rows["source"], fields, strict=True)],
    )
    columns = [
        Column("who", _("For whom")), Column("where", _("District")), Column("what", _("Advice")),
        Column("why", _("Why")),        Column("start", _("From"), time=True),
        Column("end", _("To"), time=True), Column("by", _("Source")),
    ]  # fmt: skip
    return Sheet(_("Advice"), columns, frame)
