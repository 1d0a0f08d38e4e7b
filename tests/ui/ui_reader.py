"""One reader's browser window."""

from __future__ import annotations

import time
from typing import Any

READY = "document.documentElement.dataset.ready === 'true'"


class Reader:
    """One reader's browser window; it refuses and remembers every request that would leave the machine."""

    def __init__(self, browser: Any, base: str, width: int = 1366, height: int = 768) -> None:
        self.base = base
        self.context = browser.new_context(viewport={"width": width, "height": height}, accept_downloads=True)
        self.outside: list[str] = []
        self.complaints: list[str] = []
        self.context.route("**/*", self._route)
        self.page = self.context.new_page()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _route(self, route: Any) -> None:
        if route.request.url.startswith((self.base, "data:", "blob:")):
            route.continue_()
        else:
            self.outside.append(route.request.url)
            route.abort()

    def _heard(self, message: Any) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def open(self, path: str) -> float:
        """Open ``path`` and wait for the first view [s]."""
        began = time.monotonic()
        self.page.goto(self.base + path)
        self.page.wait_for_function(READY, timeout=60_000)
        self.page.get_by_role("heading").first.wait_for()
        return time.monotonic() - began

    def model(self, name: str, expression: str) -> Any:
        """``expression`` of the Bokeh model called ``name`` (the variable ``m``)."""
        return self.page.evaluate(
            f"() => {{ for (const doc of Bokeh.documents) for (const m of doc._all_models.values())"
            f" if (m.name === '{name}') return {expression}; return null; }}"
        )

    def wait_model(self, name: str, condition: str) -> None:
        """Wait until ``condition`` holds of the Bokeh model called ``name`` (the variable ``m``)."""
        self.page.wait_for_function(
            f"() => {{ for (const doc of Bokeh.documents) for (const m of doc._all_models.values())"
            f" if (m.name === '{name}') return {condition}; return false; }}",
            timeout=20_000,
        )

    def close(self) -> None:
        """Close the window; nothing may have left the machine and the console must be quiet."""
        self.context.close()
        assert not self.outside, f"requests off the machine: {self.outside}"
        assert not self.complaints, f"the browser complains: {self.complaints}"
