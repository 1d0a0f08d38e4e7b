"""The part of a page that shows its tables one at a time and gives them away as CSV, as a workbook, as a picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

import panel_material_ui as pmui

from gzeco_lib.views import tables
from gzeco_lib.views.components import DataTable
from gzeco_lib.views.layout import choice, heading_markup, html, surface, toolbar
from gzeco_lib.views.words import Translate

BUTTON: dict[str, Any] = {"variant": "outlined", "size": "small", "margin": 0}


def download(label: str, filename: str, content: Callable[[], bytes]) -> pmui.FileDownload:
    """A button that makes ``content`` when it is pressed and hands it over as ``filename``."""
    return pmui.FileDownload(
        callback=lambda: BytesIO(content()), filename=filename, label=label, embed=False, auto=True, **BUTTON
    )


def picture(label: str, figure: Any, filename: str) -> pmui.Button:
    """A button that saves the Bokeh ``figure``, which has a `SaveTool`, as PNG."""
    button = pmui.Button(label=label, **BUTTON)
    button.js_on_click(
        args={"figure": figure},
        code="const tool = figure.toolbar.tools.find((t) => t.type === 'SaveTool');"
        f"tool.filename = '{filename}'; tool.do.emit('save');",
    )
    return button


class TablePart:
    """Tables of one page of one session.

    Args:
        labels: label of each table by key, in order.
        sheets: makes every table as it is now, by key.
        filename: of the files taken away, without suffix.
        figure: the chart that is saved as PNG; None for none.
    """

    def __init__(
        self,
        _: Translate,
        labels: Mapping[str, str],
        sheets: Callable[[], dict[str, tables.Sheet]],
        filename: str,
        figure: Any = None,
    ) -> None:
        self._, self.sheets = _, sheets
        self.chosen = choice(_("Tables"), labels, next(iter(labels)))
        self.table = DataTable(nothing=_("no rows"), sizing_mode="stretch_width", margin=0)
        self.title = html("")
        buttons: list[Any] = [
            download(
                _("Download CSV"), f"{filename}.csv", lambda: tables.csv(self.sheets()[self.chosen.value])
            ),
            download(
                _("Download XLSX"), f"{filename}.xlsx", lambda: tables.xlsx(list(self.sheets().values()))
            ),
        ]
        if figure is not None:
            buttons.append(picture(_("Chart as PNG"), figure, filename))
        self.view = surface(self.title, toolbar(self.chosen, *buttons), self.table)
        self.chosen.param.watch(lambda _event: self.show(), "value")
        self.show()

    def show(self) -> None:
        """Show the chosen table as it is now."""
        sheet = self.sheets()[self.chosen.value]
        columns, rows = sheet.shown()
        self.table.param.update(columns=columns, caption=sheet.title)
        self.table.rows = rows
        self.title.object = heading_markup(self._("Table: {title}").format(title=sheet.title))
