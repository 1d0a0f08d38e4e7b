"""One generated city for all tests of it."""

from __future__ import annotations

import pytest

from gzeco_lib.demo_city import City
from gzeco_lib.demo_city import city as generate

END = "2026-03-01T00:00+08:00"


@pytest.fixture(scope="session")
def city() -> City:
    """The small city that ends on 2026-03-01."""
    return generate(2026, "small", END)
