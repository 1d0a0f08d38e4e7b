"""An executed notebook as one HTML page and as one PDF, each checked before it counts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat

from gzeco_lib.briefing.fonts import data_address, font_folder, subset_woff2
from gzeco_lib.errors import N_, FailureError
from gzeco_lib.views.words import words

FAMILY = "Gzeco Sans"
FACE_HERE = "/* the font goes here */"
ALWAYS = "".join(map(chr, range(0x20, 0x7F)))


def report_words(lang: str) -> dict[str, str]:
    """The words of the templates themselves."""
    _ = words(lang)
    return {"contents": _("Contents"), "skip": _("Skip to the report")}


def html(notebook: nbformat.NotebookNode, lang: str) -> str:
    """The report as one HTML page that needs nothing beside it: styles, drawings and font are inside."""
    from gzeco_lib.briefing.export import BriefHtmlExporter

    page, _resources = BriefHtmlExporter(report_words(lang)).from_notebook_node(
        notebook, {"font_face": FACE_HERE}
    )
    # Every character of the page, tags and styles included: a few too many, none too few.
    font = data_address(subset_woff2("".join(sorted(set(page + ALWAYS)))))
    face = f"@font-face{{font-family:'{FAMILY}';font-style:normal;font-weight:400;src:url('{font}') format('woff2')}}"
    return page.replace(FACE_HERE, face, 1)


def typst_source(notebook: nbformat.NotebookNode, lang: str) -> str:
    """The report as Typst source."""
    from gzeco_lib.briefing.export import BriefTypstExporter

    text, _resources = BriefTypstExporter(report_words(lang)).from_notebook_node(notebook)
    return text


def pdf(source: str, folder: Path) -> bytes:
    """``source`` (Typst) as PDF with our fonts inside; ``folder`` is all that Typst may read.

    Raises:
        FailureError: where Typst refuses the source.
    """
    import typst

    path = folder / "report.typ"
    path.write_text(source, encoding="utf-8")
    try:
        with font_folder() as fonts:
            result: Any = typst.compile(
                str(path),
                root=str(folder),
                font_paths=[str(fonts)],
                ignore_system_fonts=True,
                package_path=str(folder / "no-packages"),
                package_cache_path=str(folder / "no-packages"),
            )
    except (typst.TypstError, RuntimeError) as error:
        raise FailureError(
            N_("the PDF could not be set: {reason}"),
            "typst",
            N_("see the notebook kept beside the manifest"),
            reason=" ".join(str(error).split())[:300],
        ) from error
    finally:
        path.unlink()
    return bytes(result)
