"""What must be true of a report before it may replace an earlier one."""

from __future__ import annotations

import io
import unicodedata

import nbformat

from gzeco_lib.briefing.notebook import errors
from gzeco_lib.errors import N_, FailureError

CITY = {"zh": "广州市", "en": "Guangzhou"}


def pdf_text(content: bytes) -> str:
    """The text of a PDF, with compatibility characters made plain and spaces taken out between Chinese characters.

    Raises:
        FailureError: where it does not open or has no page.
    """
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(io.BytesIO(content))
        pages = [page.get_textpage().get_text_bounded() for page in document]
        document.close()
    except pypdfium2.PdfiumError as error:
        raise _bad(N_("the PDF does not open"), "PDF") from error
    return unicodedata.normalize("NFKC", "\n".join(pages))


def check(notebook: nbformat.NotebookNode, html: str, pdf: bytes, lang: str) -> None:
    """Refuse a report with an error in its notebook, an empty file, or a file without the city's name.

    Raises:
        FailureError: naming what is wrong.
    """
    found = errors(notebook)
    if found:
        raise _bad(N_("a cell of the notebook failed: {reason}"), "notebook", reason=found[0])
    if not html.rstrip().endswith("</html>") or CITY[lang] not in html:
        raise _bad(N_("the HTML is not whole"), "HTML")
    if not pdf.startswith(b"%PDF-") or CITY[lang] not in pdf_text(pdf):
        raise _bad(N_("the text of the PDF does not hold the city's name"), "PDF")


def _bad(what: str, where: str, **fields: str) -> FailureError:
    return FailureError(what, where, N_("see the notebook kept beside the manifest"), **fields)
