"""What the page of the next 24 hours shows of an outcome: risk by place and group, probabilities, alerts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health.outlook import alerts, probability
from gzeco_lib.environmental_health.pages import shown as shows
from gzeco_lib.environmental_health.pages.shown import CITY, Shown
from gzeco_lib.environmental_health.pages.state import GROUPS
from gzeco_lib.environmental_health.pages.view import clock
from gzeco_lib.errors import N_
from gzeco_lib.views import theme
from gzeco_lib.views.charts import Series
from gzeco_lib.views.scale import Scale
from gzeco_lib.views.tables import Column, Sheet

GROUP_NAMES = {
    "all": N_("Everybody"),
    "child_0_14": N_("Children, 0 to 14"),
    "adult_15_64": N_("Adults, 15 to 64"),
    "elder_65": N_("Elderly, 65 and over"),
    "pregnant": N_("Pregnant women"),
    "respiratory": N_("People with respiratory disease"),
    "outdoor_worker": N_("Outdoor workers"),
}
KINDS = {"city": N_("City"), "district": N_("District"), "group": N_("Group"), "cell": N_("Cell")}
# Light to strong in one hue: a probability is no severity.
CHANCE = ("#F3F7FA", "#DCE9F1", "#C0D9E7", "#9CC4DA", "#74ACCB", "#4C92B8", "#2B779F", "#125C82", "#074263")
Z90 = 1.2815515655446004


def form(shown: Shown) -> str:
    """The form of the excess risk the outcome was made with."""
    return str(shown.outcome.parameters.get("risk_form", "hong_kong"))


def groups(shown: Shown) -> dict[str, str]:
    """Label of each group the outcome knows, by key."""
    known = set(shown.table("group_hourly")["group"]) if shown.has("group_hourly") else set()
    return {group: shown._(GROUP_NAMES[group]) for group in GROUPS if group in known}


def place_name(shown: Shown, district: str) -> str:
    """A district's name, or the whole city's."""
    return shown.districts().get(district, shown._("Whole city"))


def rows(shown: Shown, district: str, group: str) -> pd.DataFrame:
    """The hours of one place and group; of the districts' own table where the outcome has no groups."""
    if shown.has("group_hourly"):
        frame = shown.table("group_hourly")
        frame = frame[(frame["district"].astype(str) == district) & (frame["group"] == group)]
        if not frame.empty:
            return frame.sort_values("lead_h")
    if district == CITY:
        return shown.table("city_hourly").sort_values("lead_h")
    frame = shown.table("district_hourly")
    return frame[frame["district"].astype(str) == district].sort_values("lead_h")


def series(shown: Shown, district: str, group: str) -> Series:
    """Excess risk of a place and group with its interval, for the chart."""
    name, unit, decimals = shown.measure("excess_risk")
    frame = rows(shown, district, group)
    return Series(
        frame.rename(columns={"excess_risk": "value", "excess_risk_lo": "lo", "excess_risk_hi": "hi"}),
        name,
        unit,
        decimals,
    )


def chances(shown: Shown, district: str) -> pd.DataFrame:
    """Probability of exactly each band by hour: rows of time and lead_h, a column a band."""
    frame = shown.table("grade_probability") if shown.has("grade_probability") else pd.DataFrame()
    if frame.empty:
        return frame
    frame = frame[(frame["district"].astype(str) == district) & (frame["lead_h"] >= 0)]
    wide = frame.pivot_table(index=["time", "lead_h"], columns="band", values="probability").reset_index()
    known = [band for band in theme.BANDS if band in wide]
    reached = wide[known].to_numpy(dtype=float)
    beyond = np.column_stack([reached[:, 1:], np.zeros(len(reached))])
    wide[known] = np.clip(reached - beyond, 0.0, 1.0)
    return wide


def reaching(shown: Shown, district: str, band: str) -> pd.DataFrame:
    """Probability of ``band`` or worse by hour ahead: time, lead_h, probability."""
    if not shown.has("grade_probability"):
        return pd.DataFrame(columns=["time", "lead_h", "probability"])
    frame = shown.table("grade_probability")
    return frame[
        (frame["district"].astype(str) == district) & (frame["band"] == band) & (frame["lead_h"] >= 0)
    ].sort_values("lead_h")


def found_alerts(shown: Shown, band: str, chance: int) -> pd.DataFrame:
    """Alerts at the threshold asked for, of the stored risk: no run is needed."""
    risk = shown.outcome.fields.get("risk")
    if risk is None or not shown.has("group_hourly"):
        return pd.DataFrame()
    made = alerts(shown.table("group_hourly"), risk, band, chance / 100, form(shown))
    order = made["place_kind"].map({kind: k for k, kind in enumerate(KINDS)})
    return made.assign(order=order).sort_values(
        ["order", "probability"], ascending=[True, False], kind="stable"
    )


def raster(shown: Shown, layer: str, band: str, lead: int) -> tuple[tuple[Any, Any, Any, Any], Scale] | None:
    """Cells of the map: expected risk, the upper end of its interval, or the probability of ``band`` or worse."""
    field = shown.outcome.fields.get("risk")
    if field is None or lead not in field["lead_h"].values:
        return None
    x, y = field["x"].values, field["y"].values
    if layer == "chance":
        at = field.sel(lead_h=[lead])
        values = 100 * probability.of_cells(at, band, form(shown))[0]
        name = shown._("Probability of {band} or worse").format(band=shown._(theme.BAND_NAMES[band]))
        return (values, values, x, y), Scale(name, "%", CHANCE, 0, 90, (), 0)
    values = field["excess_risk"].sel(lead_h=lead).values.astype(float)
    scale = shows.scale(shown, "excess_risk")
    if layer == "upper":
        values = values + Z90 * np.nan_to_num(field["excess_risk_sd"].sel(lead_h=lead).values.astype(float))
        scale = Scale(
            shown._("Upper end of the 80 % band"),
            "%",
            scale.colours,
            scale.low,
            scale.high,
            (),
            scale.decimals,
        )
    return (values, values, x, y), scale


def _row(shown: Shown, rank: int, key: str, name: str, note: str, row: Any, top: float) -> dict[str, Any]:
    band = row.aqhi_band
    known = band in theme.SEVERITY
    return {
        "key": key,
        "rank": str(rank),
        "name": name,
        "note": note,
        "value": f"{theme.number(row.excess_risk, 2)} %",
        "colour": theme.SEVERITY[band] if known else theme.MISSING,
        "sign": theme.SIGNS[band] if known else "",
        "grade": shown._(theme.BAND_NAMES[band]) if known else theme.NO_VALUE,
        "share": row.excess_risk / top if top > 0 and np.isfinite(row.excess_risk) else 0.0,
        "title": f"{name} {theme.number(row.excess_risk_lo, 2)} – {theme.number(row.excess_risk_hi, 2)} %",
    }


def _interval(shown: Shown, row: Any) -> str:
    return shown._("80 % {lo} to {hi}").format(
        lo=theme.number(row.excess_risk_lo, 1), hi=theme.number(row.excess_risk_hi, 1)
    )


def ranked_districts(shown: Shown, group: str, lead: int) -> list[dict[str, Any]]:
    """Districts by the risk of ``group`` at ``lead``."""
    frame = shown.table("group_hourly") if shown.has("group_hourly") else shown.table("district_hourly")
    frame = frame[(frame["lead_h"] == lead) & (frame["district"].astype(str) != CITY)]
    if "group" in frame:
        frame = frame[frame["group"] == group]
    frame = frame.sort_values("excess_risk", ascending=False, na_position="last")
    top = float(frame["excess_risk"].max()) if frame["excess_risk"].notna().any() else 1.0
    names = shown.districts()
    made = []
    row: Any
    for rank, row in enumerate(frame.itertuples(), start=1):
        code = str(row.district)
        made.append(_row(shown, rank, code, names.get(code, code), _interval(shown, row), row, top))
    return made


def ranked_groups(shown: Shown, district: str, lead: int) -> list[dict[str, Any]]:
    """Groups by their risk in ``district`` at ``lead``."""
    if not shown.has("group_hourly"):
        return []
    frame = shown.table("group_hourly")
    frame = frame[(frame["lead_h"] == lead) & (frame["district"].astype(str) == district)]
    frame = frame.sort_values("excess_risk", ascending=False, na_position="last")
    top = float(frame["excess_risk"].max()) if frame["excess_risk"].notna().any() else 1.0
    made = []
    row: Any
    for rank, row in enumerate(frame.itertuples(), start=1):
        people = shown._("{n} people").format(n=theme.number(row.people)) if np.isfinite(row.people) else ""
        note = " · ".join(part for part in (_interval(shown, row), people) if part)
        made.append(
            _row(shown, rank, str(row.group), shown._(GROUP_NAMES.get(row.group, row.group)), note, row, top)
        )
    return made


def ranked_alerts(shown: Shown, found: pd.DataFrame) -> list[dict[str, Any]]:
    """Alerts as rows of the list; cells come last."""
    made = []
    row: Any
    for rank, row in enumerate(found.head(60).itertuples(), start=1):
        name = alert_name(shown, row)
        span = (
            f"{clock(row.first_time, '%m-%d %H:%M')} – {clock(row.last_time + pd.Timedelta('1h'), '%H:%M')}"
        )
        made.append(
            {
                "key": f"{row.place_kind}:{row.place}:{row.group}:{rank}",
                "rank": str(rank),
                "name": name,
                "note": span,
                "value": theme.percent(row.probability),
                "colour": theme.SEVERITY[row.band],
                "sign": theme.SIGNS[row.band],
                "grade": shown._(theme.BAND_NAMES[row.band]),
                "share": float(row.probability),
                "title": f"{name} {span}",
            }
        )
    return made


def alert_name(shown: Shown, row: Any) -> str:
    """Where and for whom an alert is."""
    name = str(getattr(row, shown.name) or row.name_zh)
    if row.place_kind == "cell":
        name = shown._("Cell {key}").format(key=row.place)
    return name if row.group == "all" else f"{name} · {shown._(GROUP_NAMES.get(row.group, row.group))}"


def alert_sheet(shown: Shown, found: pd.DataFrame) -> Sheet:
    """Alerts as a table."""
    _ = shown._
    columns = [
        Column("kind", _("Kind")),
        Column("who", _("Where and for whom")),
        Column("chance", _("Highest probability"), "%", 0),
        Column("first_time", _("From"), time=True),
        Column("last_time", _("Last hour"), time=True),
        Column("hours", _("Hours"), "", 0),
        Column("peak_time", _("Peak"), time=True),
        Column("people", _("People"), _("persons"), 0),
    ]
    if found.empty:
        return Sheet(_("Alerts"), columns, pd.DataFrame(columns=[c.key for c in columns]))
    frame = found.assign(
        kind=[_(KINDS[k]) for k in found["place_kind"]],
        who=[alert_name(shown, row) for row in found.itertuples()],
        chance=100 * found["probability"],
    )
    return Sheet(_("Alerts"), columns, frame)


def sheets(
    shown: Shown, district: str, group: str, band: str, lead: int, found: pd.DataFrame
) -> dict[str, Sheet]:
    """Every table of the page by key."""
    _ = shown._
    risk = [
        Column("excess_risk", _("Excess risk"), "%", 2),
        Column("excess_risk_lo", _("80 % low"), "%", 2),
        Column("excess_risk_hi", _("80 % high"), "%", 2),
        Column("aqhi", "AQHI", "", 0),
        Column("band", _("Risk band")),
    ]

    def graded(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(
            band=[_(theme.BAND_NAMES[b]) if b in theme.BANDS else theme.NO_VALUE for b in frame["aqhi_band"]]
        )

    made = {"alert": alert_sheet(shown, found)}
    hours = rows(shown, district, group)
    hours = graded(hours[hours["lead_h"] >= 0])
    title = f"{place_name(shown, district)} · {_(GROUP_NAMES[group])}"
    heat = []
    if "temperature_risk" in hours:
        heat = [
            Column("temperature_risk", _("Heat and cold risk"), "%", 2),
            Column("temperature_risk_lo", _("80 % low"), "%", 2),
            Column("temperature_risk_hi", _("80 % high"), "%", 2),
        ]
    made["hour"] = Sheet(title, [Column("time", _("Time"), time=True), *risk, *heat], hours)
    if shown.has("group_hourly"):
        frame = shown.table("group_hourly")
        frame = graded(frame[frame["lead_h"] == lead]).assign(
            place=lambda f: [place_name(shown, str(d)) for d in f["district"]],
            who=lambda f: [_(GROUP_NAMES.get(g, g)) for g in f["group"]],
        )
        head = [
            Column("place", _("District")),
            Column("who", _("Group")),
            Column("people", _("People"), _("persons"), 0),
        ]
        made["group"] = Sheet(f"{_('Groups')} {clock(shown.time(lead))}", [*head, *risk], frame)
    if shown.has("grade_probability"):
        frame = shown.table("grade_probability")
        frame = frame[(frame["lead_h"] >= 0) & (frame["band"] == band)].assign(
            place=lambda f: [place_name(shown, str(d)) for d in f["district"]],
            chance=lambda f: 100 * f["probability"],
        )
        name = _("Probability of {band} or worse").format(band=_(theme.BAND_NAMES[band]))
        columns = [
            Column("time", _("Time"), time=True),
            Column("place", _("District")),
            Column("chance", name, "%", 1),
        ]
        made["chance"] = Sheet(name, columns, frame)
    return made
