"""Exporters of nbconvert for our own templates: an executed notebook becomes one HTML page or one Typst source.

Only the last result of each cell is shown. Code, streams (warnings of libraries) and Markdown cells, which are
notes to whoever edits the notebook, stay out of the report.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nbconvert.exporters.templateexporter import TemplateExporter
from nbformat import NotebookNode
from traitlets import default

from gzeco_lib.briefing.elements import FACTS, TYPST
from gzeco_lib.briefing.escape import html_attribute, html_text, typst_string, typst_text
from gzeco_lib.briefing.places import templates

TEMPLATE = "briefing"


def shown(notebook: NotebookNode) -> list[dict[str, Any]]:
    """The results that the cells of ``notebook`` show, in order, by media type."""
    return [
        output["data"]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.get("outputs", [])
        if output["output_type"] in ("execute_result", "display_data")
    ]


def facts(notebook: NotebookNode) -> dict[str, Any]:
    """What the elements of ``notebook`` say of themselves, with the headings of all sections in order."""
    merged: dict[str, Any] = {"headings": []}
    for data in shown(notebook):
        known = dict(data.get(FACTS, {}))
        merged["headings"] += known.pop("headings", [])
        merged |= known
    return merged


def texts(notebook: NotebookNode, media_type: str) -> list[str]:
    """What the cells show as ``media_type``; a cell without it shows nothing."""
    return [text for data in shown(notebook) if (text := _joined(data.get(media_type, "")))]


def _joined(text: str | Iterable[str]) -> str:
    """nbformat may hold a text as its lines."""
    return text if isinstance(text, str) else "".join(text)


class BriefExporter(TemplateExporter):
    """What both formats share: where the templates lie, the filters and the facts of the notebook."""

    media_type = ""

    def __init__(self, words: dict[str, str], **kwargs: Any) -> None:
        self.words = words
        super().__init__(**kwargs)

    @default("template_name")
    def _template_name_default(self) -> str:
        return TEMPLATE

    @default("extra_template_basedirs")
    def _basedirs_default(self) -> list[str]:
        return [str(templates())]

    def default_filters(self) -> Iterable[tuple[str, Any]]:
        """The filters our templates use."""
        yield from (
            ("html_text", html_text),
            ("html_attribute", html_attribute),
            ("typst_text", typst_text),
            ("typst_string", typst_string),
        )

    def from_notebook_node(  # type: ignore[override]
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kwargs: Any
    ) -> tuple[str, dict[str, Any]]:
        """The rendered report and its resources."""
        resources = {
            **(resources or {}),
            "facts": facts(nb),
            "parts": texts(nb, self.media_type),
            "words": self.words,
        }
        return super().from_notebook_node(nb, resources, **kwargs)


class BriefHtmlExporter(BriefExporter):
    """The report as one HTML page."""

    media_type = "text/html"
    output_mimetype = "text/html"
    file_extension = ".html"
    template_file = "index.html.j2"


class BriefTypstExporter(BriefExporter):
    """The report as Typst source."""

    media_type = TYPST
    output_mimetype = TYPST
    file_extension = ".typ"
    template_file = "index.typ.j2"
