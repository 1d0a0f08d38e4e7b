"""Where the generated city measures: air stations and weather stations, none of which exists."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gzeco_lib.geo.coords import to_plane
from gzeco_lib.geo.districts import NAMES

SOURCE = "demo_city"


@dataclass(frozen=True)
class Place:
    """One measuring place; ``setting`` is traffic, urban, industry, suburb, coast or hills."""

    site: str
    kind: str
    district: str
    number: int
    setting: str
    lon: float
    lat: float

    @property
    def name_zh(self) -> str:
        """示例 (example) stands in every name, so that none can be taken for a real station."""
        what = {"air": "空气站", "background": "背景站", "weather": "气象站"}[self.kind]
        return f"示例{NAMES[self.district][0].removesuffix('区')}{what}{self.number}"

    @property
    def name_en(self) -> str:
        """The English name, marked as an example."""
        what = {"air": "air", "background": "background", "weather": "weather"}[self.kind]
        return f"Demo {NAMES[self.district][1]} {what} {self.number}"


AIR = (
    Place("D101", "air", "440104", 1, "traffic", 113.262, 23.127),
    Place("D102", "air", "440104", 2, "urban", 113.291, 23.146),
    Place("D103", "air", "440103", 1, "urban", 113.236, 23.118),
    Place("D104", "air", "440103", 2, "industry", 113.222, 23.066),
    Place("D105", "air", "440105", 1, "urban", 113.272, 23.092),
    Place("D106", "air", "440105", 2, "traffic", 113.352, 23.084),
    Place("D107", "air", "440106", 1, "traffic", 113.336, 23.129),
    Place("D108", "air", "440106", 2, "urban", 113.372, 23.158),
    Place("D109", "air", "440111", 1, "urban", 113.272, 23.196),
    Place("D110", "air", "440111", 2, "traffic", 113.298, 23.262),
    Place("D111", "air", "440111", 3, "suburb", 113.388, 23.352),
    Place("D112", "air", "440112", 1, "industry", 113.466, 23.096),
    Place("D113", "air", "440112", 2, "suburb", 113.462, 23.178),
    Place("D114", "air", "440112", 3, "suburb", 113.532, 23.296),
    Place("D115", "air", "440113", 1, "urban", 113.362, 22.942),
    Place("D116", "air", "440113", 2, "suburb", 113.402, 23.036),
    Place("D117", "air", "440114", 1, "urban", 113.212, 23.402),
    Place("D118", "air", "440114", 2, "suburb", 113.152, 23.452),
    Place("D119", "air", "440115", 1, "coast", 113.548, 22.776),
    Place("D120", "air", "440115", 2, "industry", 113.486, 22.836),
    Place("D121", "air", "440117", 1, "suburb", 113.586, 23.556),
    Place("D122", "background", "440117", 1, "hills", 113.772, 23.752),
    Place("D123", "air", "440118", 1, "suburb", 113.822, 23.282),
    Place("D124", "air", "440118", 2, "industry", 113.622, 23.162),
)
WEATHER = (
    Place("DW01", "weather", "440106", 1, "urban", 113.330, 23.150),
    Place("DW02", "weather", "440111", 1, "suburb", 113.310, 23.300),
    Place("DW03", "weather", "440113", 1, "suburb", 113.340, 22.960),
    Place("DW04", "weather", "440115", 1, "coast", 113.560, 22.760),
    Place("DW05", "weather", "440117", 1, "hills", 113.760, 23.720),
    Place("DW06", "weather", "440118", 1, "suburb", 113.800, 23.260),
)


def plane(places: tuple[Place, ...]) -> NDArray[np.float64]:
    """Places as (n, 2) in EPSG:4547 [m]."""
    return np.column_stack(to_plane([p.lon for p in places], [p.lat for p in places]))


def sites() -> pd.DataFrame:
    """The lake's ``site`` rows."""
    rows = [
        {
            "site": p.site,
            "name_zh": p.name_zh,
            "name_en": p.name_en,
            "kind": p.kind,
            "lon": p.lon,
            "lat": p.lat,
            "district": p.district,
            "generated": True,
            "source": SOURCE,
        }
        for p in (*AIR, *WEATHER)
    ]
    return pd.DataFrame(rows)
