"""An outcome of the contract's shape, generated and small, and notebooks made of it without a kernel."""

from __future__ import annotations

from collections.abc import Callable

import nbformat
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gzeco_lib.briefing.elements import Element
from gzeco_lib.briefing.health_research.declaration import HealthResearch
from gzeco_lib.briefing.health_research.report import Report
from gzeco_lib.geo import city_grid, from_plane
from gzeco_lib.geo.districts import NAMES
from gzeco_lib.scenario import Outcome, Provenance

AT = pd.Timestamp("2024-12-15T08:00+08:00").tz_convert("UTC")
LATEST = AT - pd.Timedelta(hours=1)
LEADS = np.arange(-48, 25)
CODES = ("PM2.5", "PM10", "O3", "NO2", "SO2", "CO")
BANDS = ("low", "moderate", "high", "very_high", "serious")
SECTIONS = (
    "first_page", "situation", "changes", "maps", "outlook", "alarms", "hazards", "burden", "index", "advice",
    "stations", "districts", "sources", "method", "capture", "feeds", "skill", "provenance",
)  # fmt: skip


def _wave(shift: float) -> np.ndarray:
    """A day's rhythm over all leads, 0..1."""
    return 0.5 + 0.5 * np.sin((LEADS + shift) * 2 * np.pi / 24)


def _rated(risk: np.ndarray, aqi: np.ndarray) -> dict[str, np.ndarray]:
    spread = np.where(LEADS > 0, 0.15 + 0.01 * np.abs(LEADS), 0.0)
    aqhi = np.clip(np.ceil(risk / 1.9), 1, 11)
    return {
        "aqi": aqi.round(),
        "aqi_lo": (aqi * (1 - spread)).round(),
        "aqi_hi": (aqi * (1 + spread)).round(),
        "category": np.clip(np.ceil(aqi / 50), 1, 6).astype(int),
        "primary": np.where(aqi > 50, "PM2.5,O3", ""),
        "excess_risk": risk,
        "excess_risk_lo": risk * (1 - spread),
        "excess_risk_hi": risk * (1 + spread),
        "aqhi": aqhi,
        "aqhi_band": np.array(BANDS)[np.clip((aqhi - 1) // 3, 0, 4).astype(int)],
    }


def _places(rows: list[dict[str, object]]) -> pd.DataFrame:
    frames = []
    for i, row in enumerate(rows):
        rated = _rated(3 + 9 * _wave(i) + 0.2 * i, 30 + 90 * _wave(i) + i)
        head = {"time": LATEST + pd.to_timedelta(LEADS, "h"), "lead_h": LEADS, **row}
        frames.append(pd.DataFrame(head | rated))
    return pd.concat(frames, ignore_index=True)


def _field() -> xr.Dataset:
    grid = city_grid(2000)
    base = grid.dataset()
    x, y = np.meshgrid(base["x"], base["y"])
    leads = np.arange(25)
    hill = np.exp(-((x - x.mean()) ** 2 + (y - y.mean()) ** 2) / 4e8)
    risk = np.where(grid.mask, (4 + 8 * hill)[None] * (1 + 0.02 * leads[:, None, None]), np.nan)
    field = base.assign_coords(
        lead_h=leads, district=(("y", "x"), np.where(grid.mask, grid.district, "0").astype(int))
    )
    return field.assign(excess_risk=(("lead_h", "y", "x"), risk))


def made_outcome(stations: int = 21, name: str = "测站") -> Outcome:
    """An outcome with ``stations`` stations called ``name`` and a number."""
    codes = list(NAMES)
    x, y = np.linspace(415_000, 455_000, stations), np.linspace(2_530_000, 2_600_000, stations)
    lon, lat = from_plane(x, y)
    sites = [
        {
            "site": f"S{i:02d}", "name_zh": f"{name}{i}", "name_en": f"{name} {i}", "district": codes[i % len(codes)],
            "lon": lon[i], "lat": lat[i],
        }
        for i in range(stations)
    ]  # fmt: skip
    districts = [
        {"district": code, "name_zh": zh, "name_en": en, "population": 1e6 + 1e4 * i, "high_share": 0.02 * i}
        for i, (code, (zh, en)) in enumerate(NAMES.items())
    ]
    city = _places([{"city": "440100"}])
    capture = pd.DataFrame(
        [
            {
                "site": row["site"], "variable": code, "capture_24h": 1.0,
                "capture_30d": 0.99 if code != "SO2" else 0.6,
                "flagged_30d": 2, "last_time": LATEST,
            }
            for row in sites
            for code in CODES
        ]
    )  # fmt: skip
    skill = pd.DataFrame(
        [
            {
                "variable": code, "lead_h": lead, "mae": 2 + 0.3 * lead, "mae_persistence": 2.2 + 0.4 * lead,
                "coverage80": 0.81, "member": "boosting",
            }
            for code in CODES
            for lead in range(1, 25)
        ]
    )  # fmt: skip
    sources = pd.DataFrame(
        [
            {
                "rank": i + 1, "enterprise": f"E{i}", "name_zh": f"广州示例{i}号实业有限公司",
                "name_en": f"Example Works {i}",
                "industry": "涂料制造", "district": codes[i % len(codes)], "lon": 113.3, "lat": 23.1, "score": 90.0 - i,
                "reasons": "", "nearest_cell": "434_2558", "distance_m": 400.0 + 120 * i, "excess_risk": 9.5,
                "population_2km": 43_000.0, "management": "key", "exceedances_12m": i, "complaints_12m": 3,
            }
            for i in range(30)
        ]
    )  # fmt: skip
    return Outcome(
        scenario="environmental_health",
        at=AT,
        parameters={"horizon": 24, "risk_form": "hong_kong", "high_risk_aqhi": 7},
        tables={
            "station_hourly": _places(list(sites)), "district_hourly": _places(list(districts)), "city_hourly": city,
            "capture": capture, "skill": skill, "risk_sources": sources,
        },
        fields={"risk": _field()},
        provenance=Provenance(
            versions={"observation": 3, "site": 1},
            window=("2024-11-15T00:00:00+00:00", "2024-12-14T23:00:00+00:00"),
            made="2024-12-15T00:01:00+00:00",
        ),
    )  # fmt: skip


def as_notebook(elements: list[Element]) -> nbformat.NotebookNode:
    """A notebook whose cells show ``elements``, as if it had been run."""
    v4 = nbformat.v4
    return v4.new_notebook(
        cells=[
            v4.new_code_cell(
                "report", outputs=[v4.new_output("execute_result", data=element._repr_mimebundle_())]
            )
            for element in elements
        ]
    )


def reported(outcome: Outcome, lang: str, **parameters: object) -> nbformat.NotebookNode:
    """The whole briefing of ``outcome`` as an executed notebook."""
    report = Report(outcome, HealthResearch(language=lang, **parameters))
    return as_notebook([getattr(report, section)() for section in SECTIONS])


@pytest.fixture(scope="session")
def outcome() -> Outcome:
    """The generated outcome; not to be changed."""
    return made_outcome()


@pytest.fixture(scope="session")
def notebooks(outcome: Outcome) -> Callable[[str], nbformat.NotebookNode]:
    """The executed notebook in a language, made once."""
    made = {lang: reported(outcome, lang) for lang in ("zh", "en")}
    return made.__getitem__
