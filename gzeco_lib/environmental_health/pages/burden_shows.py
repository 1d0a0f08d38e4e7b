"""What the page of the burden shows: deaths by cause and district, targets, exposure-response, inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health.pages.context import told
from gzeco_lib.environmental_health.pages.prose import CERTAINTY
from gzeco_lib.environmental_health.pages.shown import Shown
from gzeco_lib.errors import N_
from gzeco_lib.geo.districts import NAMES
from gzeco_lib.variables.dictionary import variables
from gzeco_lib.views import theme
from gzeco_lib.views.interval_bars import Bar
from gzeco_lib.views.lines import Drawn
from gzeco_lib.views.tables import Column, Sheet

CITY_KEY = "440100"
ALL_AGES = -1
CAUSES = {
    "NCD+LRI": N_("Non-communicable diseases and lower respiratory infections"),
    "IHD": N_("Ischaemic heart disease"), "Stroke": N_("Stroke"), "COPD": N_("Chronic obstructive pulmonary disease"),
    "LC": N_("Lung cancer"), "LRI": N_("Lower respiratory infections"), "all": N_("All causes"),
    "nonaccidental": N_("All but accidents"), "circulatory": N_("Circulatory disease"),
    "hypertension": N_("Hypertension"), "ihd": N_("Ischaemic heart disease"), "heart_failure": N_("Heart failure"),
    "stroke": N_("Stroke"), "respiratory": N_("Respiratory disease"), "lri": N_("Lower respiratory infections"),
    "copd": N_("Chronic obstructive pulmonary disease"), "asthma": N_("Asthma"), "lung_cancer": N_("Lung cancer"),
    "diabetes": N_("Diabetes"), "accidental": N_("Accidents"),
}  # fmt: skip
HOLDS_ALL = (
    "NCD+LRI",
    "all",
    "nonaccidental",
)  # causes that hold others, the widest a function speaks of first
SHORT = {"NCD+LRI": N_("NCD and LRI together"), "COPD": N_("COPD"), "copd": N_("COPD")}
FUNCTIONS = {
    "China cohort": N_("Chinese cohort"),
    "China cohort, spline": N_("Chinese cohort, curved"),
}
KINDS = {
    "literature": N_("Literature"),
    "local": N_("Estimated from the city's counts"),
    "bayes": N_("Bayesian estimate"),
}
LOOKS = {
    "literature": ("#8494A0", "dashed"),
    "local": (theme.OTHER[0], "solid"),
    "bayes": (theme.OTHER[1], "solid"),
}
MEASURES = {
    "deaths": N_("Deaths"), "admissions": N_("Hospital admissions"), "emergency": N_("Emergency visits"),
    "outpatient": N_("Outpatient visits"),
}  # fmt: skip


def cause_name(shown: Shown, cause: Any) -> str:
    """A cause of death in the reader's language."""
    return shown._(CAUSES.get(str(cause), str(cause)))


def short_cause(shown: Shown, cause: Any) -> str:
    """A cause of death where room is short, as beside a bar."""
    return shown._(SHORT[str(cause)]) if str(cause) in SHORT else cause_name(shown, cause)


def in_sentence(shown: Shown, cause: Any) -> str:
    """A cause of death within a sentence: English names of diseases are written small there."""
    name = cause_name(shown, cause)
    return name[:1].lower() + name[1:] if shown.lang == "en" and name[1:2].islower() else name


def function_name(shown: Shown, model: Any) -> str:
    """An exposure-response function; most go by their proper names."""
    return shown._(FUNCTIONS[str(model)]) if str(model) in FUNCTIONS else str(model)


def exposure_name(shown: Shown, code: Any) -> str:
    """An exposure as the dictionary of variables calls it: pollutants by their code, others by name."""
    known = variables().get(str(code))
    if known is None or known.kind == "air":
        return str(code)
    return known.name_zh if shown.lang == "zh" else known.name_en


def exposure_unit(code: str) -> str:
    """The unit of an exposure as a reader writes it."""
    known = variables().get(code)
    return theme.unit(known.unit) if known is not None else ""


def district_name(shown: Shown, code: Any) -> str:
    """A district, or the whole city."""
    if str(code) == CITY_KEY:
        return shown._("Whole city")
    zh, en = NAMES.get(str(code), (str(code), str(code)))
    return zh if shown.lang == "zh" else en


def forms(shown: Shown) -> dict[str, str]:
    """Each pollutant with each function that was used, by "pollutant|model"."""
    rows = shown.table("burden").drop_duplicates(["pollutant", "model"])
    return {
        f"{r.pollutant}|{r.model}": f"{r.pollutant} · {function_name(shown, r.model)}"
        for r in rows.itertuples()
    }


def rows(shown: Shown, chosen: str) -> pd.DataFrame:
    """All ages' rows of one pollutant and function."""
    pollutant, _bar, model = chosen.partition("|")
    frame = shown.table("burden")
    return frame[(frame["pollutant"] == pollutant) & (frame["model"] == model) & (frame["age"] == ALL_AGES)]


def leading(found: pd.DataFrame) -> str:
    """The cause that holds the others; where the function knows none, the one with the most deaths in the city.

    Without death rates a single cause may have a larger share than all together: that one is no headline.
    """
    city = found[found["district"].astype(str) == CITY_KEY]
    if city.empty:
        return ""
    whole = next((cause for cause in HOLDS_ALL if cause in set(city["cause"])), "")
    if whole:
        return whole
    by = "deaths" if city["deaths"].notna().any() else "share"
    return str(city.sort_values(by, ascending=False)["cause"].iloc[0])


def whole(found: pd.DataFrame) -> pd.Series | None:
    """The city's row of the leading cause."""
    city = found[(found["district"].astype(str) == CITY_KEY) & (found["cause"] == leading(found))]
    return None if city.empty else city.iloc[0]


def measure(found: pd.DataFrame) -> str:
    """What can be shown: deaths, or the attributable share where no death rates are known."""
    return "deaths" if found["deaths"].notna().any() else "share"


def axis(shown: Shown, what: str) -> tuple[str, str]:
    """Name and unit of what the bars show."""
    return (shown._("Deaths a year"), "") if what == "deaths" else (shown._("Attributable share"), "%")


def _bar(name: str, row: Any, what: str) -> Bar:
    factor = 1.0 if what == "deaths" else 100.0
    value, lo, hi = (factor * float(getattr(row, c)) for c in (what, f"{what}_lo", f"{what}_hi"))
    return Bar(name, value, lo, hi)


def by_cause(shown: Shown, found: pd.DataFrame) -> list[Bar]:
    """The city's causes, the largest first."""
    what = measure(found)
    city = found[found["district"].astype(str) == CITY_KEY].sort_values(what, ascending=False)
    return [_bar(short_cause(shown, r.cause), r, what) for r in city.itertuples()]


def by_district(shown: Shown, found: pd.DataFrame) -> list[Bar]:
    """Districts by the leading cause, the largest first."""
    what = measure(found)
    own = found[(found["district"].astype(str) != CITY_KEY) & (found["cause"] == leading(found))]
    own = own.sort_values(what, ascending=False)
    return [_bar(district_name(shown, r.district), r, what) for r in own.itertuples()]


def targets(shown: Shown, chosen: str) -> list[Bar]:
    """Deaths a year the city would be spared at each target."""
    if not shown.has("avoided"):
        return []
    pollutant, _mark, model = chosen.partition("|")
    frame = shown.table("avoided")
    frame = frame[
        (frame["pollutant"] == pollutant)
        & (frame["model"] == model)
        & (frame["district"].astype(str) == CITY_KEY)
    ].sort_values("target_value", ascending=False)
    made = []
    row: Any
    for row in frame.drop_duplicates(["target", "target_value"]).itertuples():
        name = f"{shown._(str(row.target))} ({theme.number(row.target_value)} µg/m³)"
        if np.isfinite(row.deaths):
            made.append(Bar(name, float(row.deaths), float(row.deaths_lo), float(row.deaths_hi)))
    return made


def exposures(shown: Shown) -> dict[str, str]:
    """What curves there are: exposure, measure and cause of the city, by key."""
    made = {}
    row: Any
    for row in shown.table("curve").drop_duplicates(["exposure", "measure", "cause"]).itertuples():
        name = " · ".join(
            (
                exposure_name(shown, row.exposure),
                shown._(MEASURES.get(str(row.measure), str(row.measure))),
                cause_name(shown, row.cause),
            )
        )
        made[f"{row.exposure}.{row.measure}.{row.cause}".replace("+", "-")] = name
    return made


def _of(frame: pd.DataFrame, key: str) -> pd.DataFrame:
    """The city's rows of one exposure, measure and cause."""
    code = (
        frame["exposure"].astype(str) + "." + frame["measure"].astype(str) + "." + frame["cause"].astype(str)
    )
    return frame[
        (code.str.replace("+", "-", regex=False) == key) & (frame["district"].astype(str) == CITY_KEY)
    ]


def lags(shown: Shown, key: str) -> list[Drawn]:
    """Relative risk by days after the exposure; none where no local series was long enough."""
    frame = _of(shown.table("lags"), key) if shown.has("lags") else pd.DataFrame()
    if frame.empty:
        return []
    unit, made = exposure_unit(key.rsplit(".", 2)[0]), []
    pairs: Any = frame[["kind", "per"]].drop_duplicates().itertuples(index=False)
    for k, (kind, per) in enumerate(pairs):
        own = frame[(frame["kind"] == kind) & (frame["per"] == per)].sort_values("lag")
        step = f"{theme.number(per, 0 if float(per).is_integer() else 1, signed=True)} {unit}"
        name = f"{shown._(KINDS.get(str(kind), str(kind)))} · {step}"
        made.append(
            Drawn(name, own["lag"], own["rr"], own["lo"], own["hi"], theme.OTHER[k % len(theme.OTHER)])
        )
    return made


def curves(shown: Shown, key: str) -> list[Drawn]:
    """The curves of the city for one exposure: what was estimated beside the literature."""
    frame = _of(shown.table("curve"), key)
    made = []
    for kind, rows_of in frame.groupby("kind", sort=False):
        age = rows_of["age"].astype(str)
        own = rows_of[age == age.iloc[0]].sort_values("value")
        colour, dash = LOOKS.get(str(kind), (theme.OTHER[2], "solid"))
        name = shown._(KINDS.get(str(kind), str(kind)))
        made.append(Drawn(name, own["value"], own["rr"], own["lo"], own["hi"], colour, dash))
    return made


def effects_sheet(shown: Shown) -> Sheet:
    """Every effect with its interval, literature beside local."""
    _, rows = shown._, shown.table("effects")
    frame = rows.assign(
        what=[exposure_name(shown, e) for e in rows["exposure"]],
        counted=[_(MEASURES.get(str(m), str(m))) for m in rows["measure"]],
        name=[cause_name(shown, c) for c in rows["cause"]],
        where=[district_name(shown, d) for d in rows["district"]],
        how=[_(KINDS.get(str(k), str(k))) for k in rows["kind"]],
        per_unit=[
            f"{theme.number(p, 0 if float(p).is_integer() else 1)} {theme.unit(str(u))}"
            for p, u in zip(rows["per"], rows["unit"], strict=True)
        ],
        source=[_(str(text)) if text else "" for text in rows["source"]],
    )
    columns = [
        Column("what", _("Exposure")), Column("counted", _("Counted")), Column("name", _("Cause")),
        Column("where", _("District")), Column("how", _("How estimated")), Column("per_unit", _("Per")),
        Column("rr", _("Relative risk"), "", 4),
        Column("lo", _("95 % low"), "", 4), Column("hi", _("95 % high"), "", 4), Column("lag", _("Lag"), _("days")),
        Column("source", _("Source")), Column("n", _("Days"), "", 0),
    ]  # fmt: skip
    return Sheet(_("Effects"), columns, frame)


def inputs_sheet(shown: Shown, title: str) -> Sheet:
    """Inputs with source and certainty; what is missing and what stood in."""
    _, rows = shown._, shown.table("inputs")
    frame = rows.assign(
        name=[told(_, w, {}) for w in rows["what"]],
        said=[_said(v) for v in rows["value"]],
        units=[theme.unit(str(u)) if isinstance(u, str) else "" for u in rows["unit"]],
        sure=[_(CERTAINTY.get(str(c), str(c))) if isinstance(c, str) else "" for c in rows["certainty"]],
        gone=[_("missing") if m else _("there") for m in rows["missing"]],
        then=[told(_, i, {}) if isinstance(i, str) and i else "" for i in rows["instead"]],
    )
    columns = [
        Column("name", _("Input")), Column("gone", _("State")), Column("said", _("Value")), Column("units", _("Unit")),
        Column("source", _("Source")), Column("sure", _("Certainty")), Column("then", _("What stands in")),
    ]  # fmt: skip
    return Sheet(title, columns, frame)


def _said(value: Any) -> str:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return str(value or "")
    return theme.number(number, 0 if number.is_integer() else 2)


def sheets(shown: Shown, response: Shown | None, found: pd.DataFrame) -> dict[str, Sheet]:
    """Every table of the page by key."""
    _ = shown._
    frame = found.assign(
        name=[district_name(shown, d) for d in found["district"]],
        of=[cause_name(shown, c) for c in found["cause"]],
        **{c: 100 * found[c] for c in ("share", "share_lo", "share_hi")},
    )
    columns = [
        Column("name", _("District")), Column("of", _("Cause")), Column("population", _("Population"), _("persons"), 0),
        Column("concentration", _("Annual mean"), "µg/m³", 1), Column("share", _("Attributable share"), "%", 1),
        Column("share_lo", _("95 % low"), "%", 1), Column("share_hi", _("95 % high"), "%", 1),
        Column("deaths", _("Deaths"), "", 0), Column("deaths_lo", _("95 % low"), "", 0),
        Column("deaths_hi", _("95 % high"), "", 0), Column("per_100k", _("Per 100,000"), "", 1),
    ]  # fmt: skip
    made = {"burden": Sheet(_("Burden"), columns, frame)}
    if shown.has("avoided"):
        rows = shown.table("avoided")
        rows = rows.assign(
            name=[district_name(shown, d) for d in rows["district"]],
            goal=[_(str(t)) for t in rows["target"]],
            model=[function_name(shown, m) for m in rows["model"]],
        )
        columns = [
            Column("name", _("District")), Column("pollutant", _("Pollutant")), Column("model", _("Function")),
            Column("goal", _("Target")), Column("target_value", _("Value"), "µg/m³", 1),
            Column("deaths", _("Deaths avoided"), "", 0), Column("deaths_lo", _("95 % low"), "", 0),
            Column("deaths_hi", _("95 % high"), "", 0),
        ]  # fmt: skip
        made["target"] = Sheet(_("Targets"), columns, rows)
    if response is not None and response.has("effects"):
        made["effect"] = effects_sheet(response)
    if shown.has("inputs"):
        made["input"] = inputs_sheet(shown, _("Inputs of the burden"))
    if response is not None and response.has("inputs"):
        made["response_input"] = inputs_sheet(response, _("Inputs of the response"))
    return made
