"""Sites that an adapter lists, as rows of the table ``site``: converted to WGS-84 and put in their district."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gzeco_lib.errors import InputError
from gzeco_lib.geo import convert, district_of
from gzeco_lib.ingest.mapping import ObservationAdapter
from gzeco_lib.ingest.problems import refused


def to_wgs84(frame: pd.DataFrame, datum: np.ndarray, place: str) -> pd.DataFrame:
    """``frame`` with ``lon`` and ``lat`` [degrees] of the systems ``datum`` in WGS-84; unknown places stay so.

    Raises:
        InputError: for a point outside the area of its system.
    """
    lon, lat = frame["lon"].to_numpy(float), frame["lat"].to_numpy(float)
    lon, lat = lon.copy(), lat.copy()
    for system in sorted(set(datum)):
        at = (datum == system) & np.isfinite(lon) & np.isfinite(lat)
        try:
            lon[at], lat[at] = convert(lon[at], lat[at], str(system))
        except InputError as error:
            raise refused(error.what, place, error.fix, **error.fields) from error
    return frame.assign(lon=lon, lat=lat)


def with_district(frame: pd.DataFrame) -> pd.DataFrame:
    """``frame`` with the adcode of the district each point lies in, where none was given."""
    given = frame["district"] if "district" in frame else pd.Series(None, index=frame.index, dtype=object)
    if given.notna().all():
        return frame
    found = district_of(frame["lon"].to_numpy(float), frame["lat"].to_numpy(float))
    codes = pd.Series(found, index=frame.index, dtype=object).replace("", None)
    return frame.assign(district=given.where(given.notna(), codes))


def sites_frame(adapter: ObservationAdapter, place: str) -> pd.DataFrame:
    """Rows of the table ``site`` for the sites the adapter lists.

    Raises:
        InputError: for a code that stands twice, or a point outside the area of its coordinate system.
    """
    rows = [
        {
            "site": entry.code,
            "name_zh": entry.name_zh,
            "name_en": entry.name_en,
            "kind": entry.kind or adapter.kind,
            "lon": np.nan if entry.lon is None else entry.lon,
            "lat": np.nan if entry.lat is None else entry.lat,
            "district": entry.district,
            "generated": adapter.generated,
            "source": adapter.name,
        }
        for entry in adapter.sites
    ]
    frame = pd.DataFrame(rows)
    datum = np.array([entry.datum or adapter.datum for entry in adapter.sites])
    return with_district(to_wgs84(frame, datum, place))
