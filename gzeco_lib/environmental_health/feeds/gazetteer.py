"""Names that complaints use: districts, subdistricts and towns, and the enterprises and places of the lake."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gzeco_lib.geo import districts
from gzeco_lib.geo.coords import PLANE
from gzeco_lib.methods.text.places import COLUMNS, Gazetteer
from gzeco_lib.safe_yaml import read_yaml

if TYPE_CHECKING:
    from gzeco_lib.lake.lake import Lake

# [m] how far from the place of that name the trouble may have been.
PRECISION = {
    "enterprise": 500.0, "hospital": 300.0, "school": 200.0, "kindergarten": 200.0, "elderly_home": 200.0,
    "park": 800.0, "construction": 300.0, "residence": 300.0, "water_source": 1000.0, "site": 1000.0,
}  # fmt: skip


def gazetteer(lake: Lake) -> Gazetteer:
    """All names that can be placed: divisions of the city, and what the lake holds."""
    parts = [_divisions()]
    for table, kind in (("enterprise", "enterprise"), ("place", ""), ("site", "site")):
        columns = ["name_zh", "name_en", "lon", "lat", "district", *([] if kind else ["kind"])]
        rows = lake.read(table, columns=columns)
        if rows.empty:
            continue
        rows = rows.assign(kind=kind) if kind else rows
        name = rows["name_zh"].fillna("") + "|" + rows["name_en"].fillna("")
        precision = rows["kind"].map(PRECISION).fillna(500.0)
        parts.append(rows.assign(name=name.str.strip("|"), precision_m=precision)[list(COLUMNS)])
    return Gazetteer.of(pd.concat(parts, ignore_index=True))


@cache
def _divisions() -> pd.DataFrame:
    """Districts, subdistricts and towns; the smaller ones stand in the middle of their district."""
    shapes = districts.districts().to_crs(PLANE)
    radius = dict(zip(shapes["adcode"], np.sqrt(shapes.area / np.pi), strict=True))
    middles = shapes.set_index("adcode").representative_point().to_crs(4326)
    rows = []
    for code, (zh, en) in districts.NAMES.items():
        old = [name for name, now in districts.FORMER.items() if now == code and not name.isdigit()]
        names = [zh, *_bare(zh), f"{en} District", en, *old]
        rows.append(("|".join(dict.fromkeys(names)), "district", code))
    with resources.as_file(resources.files(__package__) / "streets.yaml") as path:
        known = read_yaml(path)
    for endings, group in ((("街道", "街"), "subdistricts"), (("镇",), "towns")):
        for code, words in known[group].items():
            rows += [("|".join(word + ending for ending in endings), "street", code) for word in words]
    table = pd.DataFrame(rows, columns=["name", "kind", "district"])
    return table.assign(
        lon=[middles[code].x for code in table["district"]],
        lat=[middles[code].y for code in table["district"]],
        precision_m=[float(radius[code]) for code in table["district"]],
    )


def _bare(zh: str) -> list[str]:
    """The district's name without 区, where it means nothing else: 白云 is also a cloud and a hill."""
    bare = zh.removesuffix("区")
    return [] if bare in ("白云", "南沙") else [bare]
