"""Colours can be told apart and read; numbers are written the same everywhere."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from gzeco_lib.standards.categories import contrast, luminance
from gzeco_lib.views import theme

# Machado, Oliveira, Fernandes 2009 (doi:10.1109/TVCG.2009.113), severity 1.0, linear RGB.
DEFICIENCIES = {
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def linear(colour: str) -> np.ndarray:
    c = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* (D65) of linear RGB."""
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    t = to_xyz @ np.clip(rgb, 0, 1) / np.array([0.95047, 1.0, 1.08883])
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("kind", DEFICIENCIES)
def test_severities_differ_with_every_kind_of_colour_blindness(kind: str) -> None:
    seen = {b: lab(np.array(DEFICIENCIES[kind]) @ linear(c)) for b, c in theme.SEVERITY.items()}
    distances = [np.linalg.norm(seen[a] - seen[b]) for i, a in enumerate(seen) for b in list(seen)[i + 1 :]]
    assert min(distances) > 15  # CIE76; some 2.3 is just noticeable


def test_the_sequential_scale_darkens_step_by_step() -> None:
    assert all(luminance(a) > luminance(b) for a, b in pairwise(theme.SEQUENTIAL))


@pytest.mark.parametrize("dark", [False, True])
def test_text_is_readable_on_its_ground(dark: bool) -> None:
    g = theme.ground(dark)
    for surface in (g.page, g.surface):
        assert contrast(g.ink, surface) >= 7
        assert contrast(g.muted, surface) >= 4.5
        assert contrast(g.accent, surface) >= 4.5


def test_chips_are_readable() -> None:
    for colour in (*theme.SEVERITY.values(), *theme.aqi_colours(), *theme.aqi_colours(True)):
        assert contrast(theme.text_on(colour), colour) >= 4.5


def test_every_severity_has_its_own_sign_and_name() -> None:
    assert len(set(theme.SIGNS.values())) == len(theme.BANDS) == len(theme.SEVERITY) == len(theme.BAND_NAMES)


def test_aqi_colours_are_the_norm_s() -> None:
    # HJ 633, annex of colours: 0,228,0; 255,255,0; 255,126,0; 255,0,0; 153,0,76; 126,0,35
    assert theme.aqi_colours() == ("#00E400", "#FFFF00", "#FF7E00", "#FF0000", "#99004C", "#7E0023")
    assert theme.aqi_colour(0) == theme.aqi_colour(float("nan")) == theme.MISSING
    assert theme.aqi_name(3, "zh") == "轻度污染"


@pytest.mark.parametrize(
    ("value", "decimals", "signed", "text"),
    [
        (1234.5, 1, False, "1,234.5"),
        (-3.2, 0, True, "-3"),
        (3.2, 0, True, "+3"),
        (0.2, 0, True, "0"),
        (-0.2, 0, True, "0"),
        (None, 0, False, "—"),
        (float("nan"), 2, False, "—"),
        (float("inf"), 0, False, "—"),
    ],
)
def test_numbers(value: float | None, decimals: int, signed: bool, text: str) -> None:
    assert theme.number(value, decimals, signed) == text


def test_percentages_and_units() -> None:
    assert theme.percent(0.9876, 1) == "98.8 %" and theme.percent(None) == "—"
    assert theme.unit("ug m-3") == "µg/m³" and theme.unit("%") == "%"
