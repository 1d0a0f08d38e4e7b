"""Parameters of the environmental health research briefing."""

from __future__ import annotations

from gzeco_lib.briefing.declaration import Brief
from gzeco_lib.errors import N_
from gzeco_lib.scenario import Choice, Toggle, Whole


class HealthResearch(Brief):
    """Health risk of the air in Guangzhou now and in the hours ahead, for leaders and researchers."""

    key = "health_research"
    scenario = "environmental_health"
    title = N_("Environmental health research briefing")

    form = Choice(
        default="long", objects=["long", "short"], label=N_("Form"),
        doc=N_("long: everything; short: two pages for leaders."),
    )  # fmt: skip
    show_changes = Toggle(
        default=True, label=N_("Changes"), doc=N_("Key figures beside those of the last briefing.")
    )
    show_traces = Toggle(
        default=True, label=N_("Alarms and traces"), doc=N_("Alarms at stations and where they came from.")
    )
    show_burden = Toggle(
        default=True,
        label=N_("Burden"),
        doc=N_("Deaths attributed to long-term air, and how the city responds."),
    )
    show_hazards = Toggle(
        default=True, label=N_("Hazards"), doc=N_("Air, toxics, water and noise graded on one map.")
    )
    show_index = Toggle(
        default=True, label=N_("Friendliness index"), doc=N_("Index by district, place and group.")
    )
    show_advice = Toggle(
        default=True, label=N_("Advice"), doc=N_("Advice for groups and places, chosen by rule.")
    )
    show_maps = Toggle(
        default=True, label=N_("Risk maps"), doc=N_("Maps of the risk now and in the worst hour.")
    )
    show_stations = Toggle(default=True, label=N_("Stations"), doc=N_("Table of all stations."))
    show_districts = Toggle(default=True, label=N_("Districts"), doc=N_("Table of the districts."))
    show_sources = Toggle(
        default=True, label=N_("Risk sources"), doc=N_("Screening list of enterprises near high risk.")
    )
    show_capture = Toggle(
        default=True, label=N_("Data capture"), doc=N_("How complete and sound the data were.")
    )
    show_skill = Toggle(
        default=True, label=N_("Forecast skill"), doc=N_("How well the forecast did in the back-test.")
    )
    top_sources = Whole(
        default=15,
        bounds=(1, 100),
        unit="1",
        label=N_("Risk sources listed"),
        doc=N_("Length of the screening list."),
    )
    table_step = Whole(
        default=3,
        bounds=(1, 12),
        unit="h",
        label=N_("Step of the outlook table"),
        doc=N_("Hours between its rows."),
    )
