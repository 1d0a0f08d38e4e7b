"""The feeds of the scenario: where each stands in the lake, when it is late, and what stands in for it."""

from __future__ import annotations

from dataclasses import dataclass

from gzeco_lib.errors import N_
from gzeco_lib.variables.dictionary import variables

TOXICS = (
    "VOC", "benzene", "toluene", "formaldehyde", "butadiene_1_3", "H2S", "NH3",
    "As_air", "Cd_air", "Ni_air", "CrVI_air",
)  # fmt: skip
AIR = ("PM2.5", "PM10", "SO2", "NO2", "O3", "CO")


@dataclass(frozen=True)
class Feed:
    """One feed.

    Attributes:
        key: name in the table `feeds`.
        table: table of the lake.
        late_h: [h] the newest row may be this old.
        instead: sentences for a feed that is late, thin or missing: what stands in. Fields: hours, days, n.
        variables, kind, events: what of the table belongs to the feed; ``kind`` is one of the variable dictionary.
        still: the table describes what does not change by the hour: it is there or it is not.
        period_h: [h] length of one row's interval.
    """

    key: str
    table: str
    late_h: float
    instead: dict[str, str]
    variables: tuple[str, ...] = ()
    kind: str = ""
    events: tuple[str, ...] = ()
    still: bool = False
    period_h: float = 1.0

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of the feed's variables."""
        return self.variables or tuple(c for c, v in variables().items() if self.kind and v.kind == self.kind)


FEEDS: tuple[Feed, ...] = (
    Feed(
        "air", "observation", 2.0,
        {
            "late": N_("The air of {hours} h ago is taken as the present; forecasts start from there."),
            "thin": N_("Few stations report: the map rests on those that do, and its intervals are wider."),
            "missing": N_("Nothing stands in: without air data there is no risk map."),
        },
        AIR,
    ),
    Feed(
        "weather", "observation", 2.0,
        {
            "late": N_("The wind of {hours} h ago is carried forward; traces and plumes widen."),
            "thin": N_("Few weather stations report: their wind stands for the whole city."),
            "missing": N_("Forecasts use the hour and the season alone; no plume or source can be computed."),
        },
        kind="weather",
    ),
    Feed(
        "presence", "presence", 3.0,
        {
            "late": N_("The usual day, scaled to the counts of {hours} h ago and before, stands in."),
            "thin": N_("Where people were not counted the usual day stands in."),
            "missing": N_("The usual day of the table exposure, or residents and a model of the day, stand in."),
        },
    ),
    Feed(
        "exposure", "exposure", 0.0,
        {"missing": N_("Residents and a model of the day stand in for the usual day; without them areas count.")},
        still=True,
    ),
    Feed(
        "health", "health", 72.0,
        {
            "late": N_("Effects of air on health rest on counts up to {days} days ago."),
            "missing": N_("Effects of air on health come from the literature alone."),
        },
        period_h=24.0,
    ),
    Feed(
        "complaints", "event", 48.0,
        {
            "late": N_("No complaint came in for {days} days: none is shown, which does not mean that none was made."),
            "missing": N_("No complaints are shown; traces do without them."),
        },
        events=("complaint", "opinion"), period_h=0.0,
    ),
    Feed(
        "water", "observation", 36.0,
        {
            "late": N_("Water is graded on values of {days} days ago."),
            "missing": N_("Water is not graded; the friendliness index does without it."),
        },
        kind="water",
    ),
    Feed(
        "noise", "observation", 6.0,
        {
            "late": N_("Noise is graded on values of {hours} h ago and before."),
            "thin": N_("Noise monitors with too few hours are left ungraded."),
            "missing": N_("Noise is not graded; the friendliness index does without it."),
        },
        kind="noise",
    ),
    Feed(
        "toxics", "observation", 192.0,
        {
            "late": N_("Toxics are graded on values of {days} days ago."),
            "missing": N_("Toxics are not graded."),
        },
        TOXICS,
    ),
    Feed(
        "enterprises", "enterprise", 0.0,
        {"missing": N_("No list of enterprises: sources are located without names, and nothing is screened.")},
        still=True,
    ),
    Feed(
        "places", "place", 0.0,
        {"missing": N_("No list of schools and hospitals: exposed places cannot be named.")},
        still=True,
    ),
)  # fmt: skip
