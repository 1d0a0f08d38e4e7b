"""What a page is built from: the lake, the state of its address, and the outcomes as of the time asked for."""

from __future__ import annotations

import os
from typing import Any

import pandas as pd

from gzeco_lib.environmental_health.pages.shown import Shown
from gzeco_lib.environmental_health.pages.state import HOURLY, PageState
from gzeco_lib.errors import N_, InputError
from gzeco_lib.lake import Lake
from gzeco_lib.scenario import Outcome
from gzeco_lib.views import theme
from gzeco_lib.views.page import Notices
from gzeco_lib.views.words import words


def open_lake(lake: str | None) -> Lake:
    """The lake at ``lake``, by default the one `gzeco serve` was given.

    Raises:
        InputError: where none is named.
    """
    url = lake or os.environ.get("GZECO_LAKE")
    if not url:
        raise InputError(
            N_("no lake was named"), "GZECO_LAKE", N_("start the pages with: gzeco serve --lake DIR")
        )
    return Lake.open(url)


class Context:
    """One session: its lake, state and notices, and each model's outcome, read once it is asked for."""

    def __init__(self, lake: Lake, state: PageState, notices: Notices) -> None:
        self.lake, self.state, self.notices = lake, state, notices
        self._, self.lang = words(state.lang), state.lang
        self._outcomes: dict[str, Outcome | None] = {}

    @property
    def dark(self) -> bool:
        """Whether the page is dark."""
        return bool(self.state.theme == "dark")

    def at(self) -> pd.Timestamp | None:
        """The time the address asks for, None for the latest.

        Raises:
            InputError: where it is not a time.
        """
        if not self.state.at:
            return None
        try:
            asked = pd.Timestamp(self.state.at.replace(" ", "+"))
        except ValueError as error:
            raise InputError(
                N_("{text} is not a time"),
                "?at=",
                N_("write it as 2024-12-15T08:00+08:00"),
                text=repr(self.state.at),
            ) from error
        return (asked.tz_localize(theme.ZONE) if asked.tzinfo is None else asked).tz_convert("UTC")

    def outcome(self, model: str = HOURLY) -> Outcome | None:
        """The latest outcome of ``model`` as of the time asked for; None where there is none."""
        if model not in self._outcomes:
            self._outcomes[model] = Outcome.load(self.lake, model, self.at())
        return self._outcomes[model]

    def shown(self, model: str = HOURLY) -> Shown | None:
        """The outcome of ``model`` with the language and colours it is shown in."""
        outcome = self.outcome(model)
        if outcome is None:
            return None
        return Shown(outcome, self._, self.lang, self.state.palette == "accessible")

    def told(self, message: Any, fields: Any) -> str:
        """A stored sentence in the reader's language."""
        return told(self._, message, fields)


def told(_: Any, message: Any, fields: Any) -> str:
    """The message id with its fields filled in, which older outcomes may lack."""
    sentence = _(str(message))
    try:
        return str(sentence.format(**(fields if isinstance(fields, dict) else {})))
    except (KeyError, IndexError, ValueError):
        return str(sentence)
