"""The dashboard of environmental health: six pages of one notebook, each an answer to one question."""

from gzeco_lib.environmental_health.pages.shell import page
from gzeco_lib.environmental_health.pages.state import PAGES, PageState

__all__ = ["PAGES", "PageState", "page"]
