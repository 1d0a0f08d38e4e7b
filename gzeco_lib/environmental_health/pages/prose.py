"""Longer texts of the page: method, limits, notes and provenance."""

from __future__ import annotations

import pandas as pd

from gzeco_lib.environmental_health.hazards.method import TOXICITY
from gzeco_lib.environmental_health.pages.context import told
from gzeco_lib.environmental_health.pages.view import clock
from gzeco_lib.errors import N_
from gzeco_lib.scenario import Outcome
from gzeco_lib.views import theme
from gzeco_lib.views.markup import text
from gzeco_lib.views.words import Translate

CHOICES = {
    "hong_kong": N_("Hong Kong AQHI"), "canada": N_("Canadian AQHI"), "quick": N_("quick"), "standard": N_("standard"),
    "full": N_("full"),
}  # fmt: skip
CERTAINTY = {
    "seen-primary": N_("read in the document itself"),
    "seen-secondary": N_("read in a second source"),
    "computed": N_("computed"),
    "known": N_("generally known; a setting that can be changed"),
    "ours": N_("a choice of this product"),
}
METHOD = (
    N_(
        "AQI: hourly values by HJ 633 as in force on the date of each datum; hourly AQI is not the daily report."
    ),
    N_(
        "Excess risk: percentage by which the daily risk of illness rises with the pollutants of the last 3 h, by the "
        "coefficients chosen under Model; AQHI 1 to 10+ grades it."
    ),
    N_(
        "Forecast: for each station and pollutant the method that did best in back-tests at that lead time; the shaded "
        "band holds the true value four times out of five."
    ),
    N_(
        "Map: 1 km cells interpolated from the stations by a Gaussian process in space and time; "
        "districts are weighted by the people present."
    ),
)
LIMITS = (
    N_("Between stations the map is an estimate; its error is larger the farther the next station is."),
    N_(
        "The coefficients were found in other cities. There is no official health index for Guangzhou: read the risk "
        "as a comparison of places and hours, not as a count of cases."
    ),
    N_("Risk sources are a screening by nearness and records; they say where to look, not who is to blame."),
)


TRACE = (
    N_(
        "Candidates are the enterprises of the lake in reach, and a source that is not on the list; each one's "
        "probability comes from how well its plume explains what all stations measured, against the background."
    ),
    N_(
        "The plume follows the wind as measured, later hours the wind carried forward; the farther ahead the wider "
        "its error."
    ),
    N_(
        "People are counted where the addition passes the threshold, weighted over candidates, rates and winds."
    ),
    N_("A probability says where to look first; it proves nothing. Inspect before anything is decided."),
)


def trace_method(_: Translate) -> str:
    """How a trace is made and where it ends."""
    return _panel(_, TRACE)


INDEX = (
    N_(
        "Each part is scored 0 to 100 by fixed break points with their sources; the index is their mean under the "
        "weights, and parts without data are left out and said."
    ),
    N_("The interval holds the errors of the inputs and the doubt about the weights."),
    N_("The weights are a judgement, not a measurement: another judgement can change the order of places."),
    N_("Advice is given only where the inputs its rule needs are there."),
)
BURDEN = (
    N_(
        "Deaths are the share of all deaths that would not be expected at the counterfactual concentration; they are "
        "an estimate for a population and name no person."
    ),
    N_(
        "Intervals hold the errors of the exposure-response function and of the concentration, by Monte Carlo."
    ),
    N_("Figures of different pollutants or of overlapping causes must not be added."),
)


def index_method(_: Translate) -> str:
    """How the index is made and where it ends."""
    return _panel(_, INDEX)


def burden_method(_: Translate) -> str:
    """How the burden is made and where it ends."""
    return _panel(_, BURDEN)


def _panel(_: Translate, messages: tuple[str, ...]) -> str:
    return (
        f'<div class="panel" style="padding:16px 18px;display:grid;gap:12px">'
        f'<div class="heading"><h2>{text(_("Method and limits"))}</h2></div>'
        f'<div class="prose"><ul>{_items(_, messages)}</ul></div></div>'
    )


def known(_: Translate, outcome: Outcome) -> str:
    """What this outcome's reader must know, nothing where it has no notes."""
    notes = "".join(f"<li>{text(told(_, message, fields))}</li>" for message, fields in outcome.notes)
    if not notes:
        return ""
    return (
        f'<div class="panel" style="padding:16px 18px;display:grid;gap:12px">'
        f'<div class="heading"><h2>{text(_("To know about this result"))}</h2></div>'
        f'<div class="prose"><ul>{notes}</ul></div></div>'
    )


def method(_: Translate) -> str:
    """Method and limits."""
    return (
        f'<div class="panel" style="padding:16px 18px;display:grid;gap:12px">'
        f'<div class="heading"><h2>{text(_("Method"))}</h2></div><div class="prose"><ul>{_items(_, METHOD)}</ul></div>'
        f'<div class="heading"><h2>{text(_("Limits"))}</h2></div><div class="prose"><ul>{_items(_, LIMITS)}</ul></div>'
        f"</div>"
    )


def _items(_: Translate, messages: tuple[str, ...]) -> str:
    return "".join(f"<li>{text(_(message))}</li>" for message in messages)


def source(_: Translate, value: object) -> str:
    """Where a formula's figures come from: a document, or the product's own table, which names one for each value."""
    if str(value) == TOXICITY:
        return _("table of toxicity values of this product, each with its own source")
    return told(_, value, {}) if value else ""


def chart_note(_: Translate) -> str:
    """What the lines of the chart are."""
    note = _(
        "Solid: observed. Dashed with band: forecast. Dotted upright: now. Select a place on the map or in the list."
    )
    return f'<div class="muted" style="font-size:13px">{text(note)}</div>'


def provenance(_: Translate, outcome: Outcome) -> str:
    """Where the outcome came from, so that it can be run again."""
    made = outcome.provenance

    def when(value: str | pd.Timestamp) -> str:
        if not value:
            return theme.NO_VALUE
        stamp = pd.Timestamp(value)
        return clock(stamp if stamp.tzinfo else stamp.tz_localize("UTC"))

    window = " – ".join(when(t) for t in made.window) if made.window else theme.NO_VALUE
    facts = [
        (_("Outcome"), outcome.id),
        (_("As known at"), when(outcome.at)),
        (_("Data window"), window),
        (_("Made"), when(made.made)),
        (_("Time taken"), f"{theme.number(made.seconds, 1)} s"),
        (_("Code version"), made.code),
        (
            _("Data versions"),
            ", ".join(f"{name} {version}" for name, version in sorted(made.versions.items())),
        ),
    ]
    rows = "".join(f"<dt>{text(label)}</dt><dd>{text(value)}</dd>" for label, value in facts)
    return f'<div class="heading"><h2>{text(_("Provenance"))}</h2></div><dl class="facts">{rows}</dl>'
