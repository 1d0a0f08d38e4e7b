"""The same results in the same order, here and on a Dask cluster."""

from __future__ import annotations

import numpy as np
import pytest

from gzeco_lib.errors import FailureError, InputError
from gzeco_lib.parallel import workers


def drawn(seed: int, size: int) -> list[float]:
    return np.random.default_rng(seed).normal(size=size).tolist()


def test_a_cluster_gives_equal_numbers() -> None:
    with workers() as here, workers("local") as there:
        expected = here(drawn, range(5), [3] * 5)
        assert there(drawn, range(5), [3] * 5) == expected
    assert len(expected) == 5 and expected[0] != expected[1]


def test_an_unknown_cluster_is_refused() -> None:
    with pytest.raises(InputError, match="not a cluster"), workers("everywhere"):
        pass


def test_a_silent_address_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FailureError, match="no Dask scheduler"), workers("tcp://127.0.0.1:1"):
        pass
