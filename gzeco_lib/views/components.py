"""Three small components of our own: the bar of a page, the hours with play, and the ranked list that selects.

Their scripts are plain modules in ``esm/`` that import nothing, so they work without any network; every word in
them comes in as a parameter.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import param
from panel.custom import JSComponent

ESM = Path(__file__).parent / "esm"


class HeaderBar(JSComponent):
    """The bar: bureau, page, time of data, language, light or dark, drawer of the model, user."""

    bureau = param.String(default="")
    page_title = param.String(default="")
    data_time = param.String(default="")
    lang = param.String(default="zh")
    languages = param.Dict(default={})
    dark = param.Boolean(default=False)
    accessible = param.Boolean(default=False, doc="AQI in colours that colour-blind readers tell apart.")
    opened = param.Integer(default=0, doc="Counts the clicks on the drawer's button.")
    user = param.String(default="")
    words = param.Dict(default={})

    _esm = ESM / "header_bar.js"
    _stylesheets: ClassVar[list[Any]] = [ESM / "header_bar.css"]


class TimeBar(JSComponent):
    """Hours from now on; ``value`` is the index of the hour shown."""

    value = param.Integer(default=0, bounds=(0, None))
    labels = param.List(default=[], item_type=str)
    colours = param.List(default=[], item_type=str)
    notes = param.List(default=[], item_type=str)
    ticks = param.List(default=[], doc="Pairs of index and text.")
    interval = param.Integer(default=1100, bounds=(200, None), doc="Time each hour stays while playing [ms].")
    words = param.Dict(default={})

    _esm = ESM / "time_bar.js"
    _stylesheets: ClassVar[list[Any]] = [ESM / "time_bar.css"]


class Choice(JSComponent):
    """One of a few: ``options`` are pairs of key and label, ``value`` is a key."""

    options = param.List(default=[], doc="Pairs of key and label.")
    value = param.String(default="")
    label = param.String(default="")

    _esm = ESM / "choice.js"
    _stylesheets: ClassVar[list[Any]] = [ESM / "choice.css"]


class RankedList(JSComponent):
    """Rows with ``key, rank, name, note, value, share, colour, sign, grade, title``; ``selected`` is a key."""

    rows = param.List(default=[], item_type=dict)
    selected = param.String(default="")
    label = param.String(default="")
    nothing = param.String(default="")

    _esm = ESM / "ranked_list.js"
    _stylesheets: ClassVar[list[Any]] = [ESM / "ranked_list.css"]


class DataTable(JSComponent):
    """A sortable table: ``columns`` with ``label, unit, numeric``; each cell is a pair of shown text and sort key."""

    columns = param.List(default=[], item_type=dict)
    rows = param.List(default=[])
    caption = param.String(default="")
    nothing = param.String(default="")

    _esm = ESM / "data_table.js"
    _stylesheets: ClassVar[list[Any]] = [ESM / "data_table.css"]
