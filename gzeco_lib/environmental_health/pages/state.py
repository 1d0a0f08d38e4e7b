"""The six pages and what their address keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import param

from gzeco_lib.errors import N_
from gzeco_lib.standards.limits import POLLUTANTS
from gzeco_lib.views.theme import BANDS
from gzeco_lib.views.view_state import ViewState

HOURLY = "environmental_health"
TRACE = "environmental_health_trace"
BURDEN = "environmental_health_burden"
RESPONSE = "environmental_health_response"


@dataclass(frozen=True)
class PageKind:
    """One page: its title and question (message ids), the module that shows it, the models it shows."""

    title: str
    question: str
    module: str
    models: tuple[str, ...] = (HOURLY,)


PAGES = {
    "now": PageKind(N_("Right now"), N_("How high is the risk now, and where is it worst?"), "now"),
    "next": PageKind(
        N_("Next 24 hours"), N_("How will the risk go in the next 24 hours, for whom?"), "next_hours"
    ),
    "trace": PageKind(
        N_("Trace"), N_("Which source made the alarm, and who is exposed?"), "trace_page", (TRACE,)
    ),
    "burden": PageKind(
        N_("Burden of disease"),
        N_("How many deaths a year go with long-term air pollution?"),
        "burden_page",
        (BURDEN, RESPONSE),
    ),
    "index": PageKind(
        N_("Friendliness index"), N_("How friendly is each place to each group of people?"), "index_page"
    ),
    "method": PageKind(
        N_("Method and data"),
        N_("How was this made, from which data, and how far can it be trusted?"),
        "method",
    ),
}

HAZARDS = ("overall", "air", "toxics", "water", "noise")
GRADE_LAYERS = tuple(f"grade_{hazard}" for hazard in HAZARDS)
GROUPS = ("all", "child_0_14", "adult_15_64", "elder_65", "pregnant", "respiratory", "outdoor_worker")
LISTS = (
    "district", "station", "source", "group", "alert", "candidate", "place", "arrival", "alarm", "place_kind",
)  # fmt: skip
KEY = r"^[\w.\-:]{0,80}$"


class PageState(ViewState):
    """What the address of these pages keeps."""

    page: Any = param.Selector(default="now", objects=[*PAGES])
    hour = param.Integer(default=0, bounds=(0, 24))
    layer: Any = param.Selector(
        default="excess_risk", objects=["excess_risk", "aqi", *POLLUTANTS, *GRADE_LAYERS]
    )
    station = param.String(default="", regex=KEY, doc="Site, district or enterprise selected.")
    pollutant: Any = param.Selector(
        default="aqi", objects=["aqi", "excess_risk", *POLLUTANTS], doc="What the chart shows."
    )
    list: Any = param.Selector(default="district", objects=[*LISTS])
    cell = param.String(default="", regex=r"^[0-9_.\-]{0,32}$", doc="Cell whose grades are opened.")
    group: Any = param.Selector(default="all", objects=[*GROUPS])
    band: Any = param.Selector(default="high", objects=[*BANDS], doc="Band from which an alert is given.")
    chance = param.Integer(default=50, bounds=(1, 99), doc="Probability from which an alert is given [%].")
    trace = param.String(default="", regex=KEY, doc="Trace that is shown.")
    step = param.Integer(
        default=-1, bounds=(-1, 500), doc="Hour of the plume, from its first; -1: the alarm's."
    )
    measure = param.String(default="", regex=KEY, doc="Exposure or cause that is shown.")
    audience = param.String(default="", regex=KEY, doc="For whom advice is shown.")
    weights = param.String(
        default="", regex=r"^[a-z_:,0-9.]{0,120}$", doc="Weights of the parts of the index."
    )
