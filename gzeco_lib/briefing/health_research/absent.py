"""What a section says where its table is missing: one line, and why."""

from __future__ import annotations

import pandas as pd

from gzeco_lib.briefing.elements import Paragraph, Section
from gzeco_lib.briefing.health_research.page import Page
from gzeco_lib.errors import N_

OLDER = N_("The outcome shown here was made by an earlier version and does not hold this part.")


def rows(page: Page, name: str) -> pd.DataFrame | None:
    """The table ``name`` of the hourly outcome where it has rows; None otherwise."""
    table = page.optional(name)
    return None if table is None or table.empty else table


def absent(page: Page, heading: str, anchor: str, why: str = OLDER) -> Section:
    """The heading with the line that says why there is nothing under it."""
    return Section([page.heading(page.words(heading), anchor), Paragraph(page.words(why))])
