"""The state of a view, kept in its address so that a link shows what was seen.

A value in an address may be anything: it is checked against the parameter's declaration, and one that does not
fit is left at its default instead of breaking the page.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import param

from gzeco_lib.views.words import DEFAULT_LANGUAGE, LANGUAGES

if TYPE_CHECKING:
    from panel.io.location import Location


class ViewState(param.Parameterized):
    """What every page has: language, light or dark, and as of when. One instance belongs to one session."""

    lang: Any = param.Selector(default=DEFAULT_LANGUAGE, objects=list(LANGUAGES))
    theme: Any = param.Selector(default="default", objects=["default", "dark"])
    palette: Any = param.Selector(
        default="norm",
        objects=["norm", "accessible"],
        doc="Colours of the AQI: the norm's, or told apart by anyone.",
    )
    at = param.String(default="", regex=r"^[0-9T:+\-.Z ]{0,40}$", doc="As known at; empty for the latest.")

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.companions: list[Any] = []  # what lives exactly as long as the session's state

    @classmethod
    def kept(cls) -> list[str]:
        """Names of the parameters kept in the address."""
        return [name for name in cls.param.objects("existing") if name != "name"]

    @classmethod
    def from_query(cls, query: Mapping[str, Any]) -> Self:
        """The state in ``query``; what is unknown or does not fit its declaration is left out."""
        default = os.environ.get("GZECO_PAGE_LANG", DEFAULT_LANGUAGE)
        state = cls(lang=default if default in LANGUAGES else DEFAULT_LANGUAGE)
        for name in cls.kept():
            if name in query:
                state._take(name, query[name])
        return state

    def _take(self, name: str, value: Any) -> None:
        if isinstance(self.param[name], param.String | param.Selector):
            value = str(value)
        elif isinstance(self.param[name], param.Integer):
            try:
                value = int(value)
            except (TypeError, ValueError):
                return
        try:
            setattr(self, name, value)
        except ValueError:
            return

    def query(self) -> dict[str, Any]:
        """What the address must hold: the values that differ from their defaults, and always the language."""
        differing = {n: getattr(self, n) for n in self.kept() if getattr(self, n) != self.param[n].default}
        return {"lang": self.lang, **differing}

    def follow(self, location: Location | None) -> None:
        """Write every change into the address of ``location``."""
        if location is None:
            return

        def write(*_: Any) -> None:
            from urllib.parse import urlencode

            others = {k: v for k, v in location.query_params.items() if k not in self.kept()}
            location.search = "?" + urlencode({**others, **self.query()})

        self.param.watch(write, self.kept())

    def common(self) -> dict[str, Any]:
        """What a link to another page takes along: language, colours and as of when."""
        held = self.query()
        return {name: held[name] for name in ("lang", "theme", "palette", "at") if name in held}
