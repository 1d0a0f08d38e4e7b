"""What the six pages have in common: an answer, cards and parts built from a context, painted light or dark."""

from __future__ import annotations

from typing import Any, ClassVar

import pandas as pd

from gzeco_lib.environmental_health.pages.context import Context
from gzeco_lib.views import states, theme
from gzeco_lib.views.layout import html


class View:
    """One page of one session; subclasses say what stands on it.

    Attributes:
        painted: maps and charts that follow light and dark.
    """

    slug: ClassVar[str] = "environmental_health"

    def __init__(self, context: Context) -> None:
        self.context, self.state, self._ = context, context.state, context._
        self.painted: list[Any] = []

    def body(self) -> list[Any]:
        """The parts of the page, top to bottom."""
        raise NotImplementedError

    def ready(self) -> bool:
        """Whether there is an outcome to show."""
        raise NotImplementedError

    def data_time(self) -> str:
        """Until when the data reach, for the bar; "" where nothing is to be said."""
        return ""

    def paint(self, dark: bool) -> None:
        """Colours of the light or the dark mode."""
        for item in self.painted:
            item.paint(dark)

    def empty(self, headline: str, then: str) -> Any:
        """A designed state for a part that has nothing to show."""
        return html(states.state("empty", headline, then))

    def note(self, headline: str, then: str = "") -> Any:
        """A slim notice."""
        return html(states.state("note", headline, then, slim=True))


def clock(time: pd.Timestamp, form: str = theme.TIME_FORMAT) -> str:
    """A UTC time as local time."""
    return f"{pd.Timestamp(time).tz_convert(theme.ZONE):{form}}"
