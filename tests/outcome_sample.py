"""An outcome of environmental_health in the contract's shape, made by formula: small, complete, with known values.

City AQI is 60 now and 40 at this time yesterday; it peaks at 150 twelve hours ahead; Panyu is always at highest risk.
"""

from __future__ import annotations

import numpy as np
import outcome_hourly
import pandas as pd

from gzeco_lib.geo.districts import NAMES
from gzeco_lib.geo.grid import city_grid
from gzeco_lib.scenario import Outcome, Provenance
from gzeco_lib.standards.aqhi import BANDS
from gzeco_lib.standards.categories import category_of

POLLUTANTS = ("PM2.5", "PM10", "O3", "NO2", "SO2", "CO")
NOW = pd.Timestamp("2024-12-14T23:00Z")  # 2024-12-15 07:00 in Guangzhou
LEADS = np.arange(-48, 25)
WORST = "440113"
STATIONS = (
    ("gz01", "广雅中学", "Guangya School", "440103", 113.235, 23.142),
    ("gz02", "番禺中学", "Panyu School", "440113", 113.352, 22.948),
    ("gz03", "从化良口", "Conghua Liangkou", "440117", 113.740, 23.720),
)


def _aqi(lead: int, shift: float = 0.0) -> float:
    base = {0: 60.0, -24: 40.0, 12: 150.0}.get(int(lead), 50.0 + 10 * np.sin(lead / 4))
    return float(np.ceil(base + shift))


def _risk(lead: int, shift: float = 0.0) -> dict[str, float]:
    value = 5.0 + lead / 24 + shift
    return {"excess_risk": value, "excess_risk_lo": value - 0.5, "excess_risk_hi": value + 0.5}


def _graded(lead: int, shift: float = 0.0) -> dict[str, object]:
    aqi = _aqi(lead, shift)
    risk = _risk(lead, shift / 10)
    aqhi = float(np.clip(round(risk["excess_risk"]), 1, 11))
    band = BANDS[0 if aqhi <= 3 else 1 if aqhi <= 6 else 2]
    return {
        "time": NOW + pd.Timedelta(hours=int(lead)),
        "lead_h": int(lead),
        "aqi": aqi,
        **risk,
        "category": int(category_of(aqi)),
        "aqhi": aqhi,
        "aqhi_band": band,
    }


def _band(lead: int, aqi: float) -> dict[str, object]:
    spread = 8.0 if lead > 0 else 0.0
    return {"aqi_lo": aqi - spread, "aqi_hi": aqi + spread, "primary": "PM2.5" if aqi > 50 else ""}


def sample(provenance: Provenance | None = None, whole: bool = True) -> Outcome:
    """The outcome; without ``whole`` as it was before groups, hazards, the index and feeds were added."""
    city, districts, stations, concentration = [], [], [], []
    for lead in LEADS:
        row = _graded(lead)
        city.append(row | _band(lead, row["aqi"]))
        for k, (code, (zh, en)) in enumerate(NAMES.items()):
            shift = 9.0 if code == WORST else -k / 2
            districts.append(
                _graded(lead, shift)
                | {
                    "district": code,
                    "name_zh": zh,
                    "name_en": en,
                    "population": 1e5 * (k + 1),
                    "high_share": 0.0,
                }
            )
        for k, (site, zh, en, code, lon, lat) in enumerate(STATIONS):
            row = _graded(lead, 3.0 * k)
            names = {"site": site, "name_zh": zh, "name_en": en, "district": code, "lon": lon, "lat": lat}
            stations.append(row | _band(lead, row["aqi"]) | names)
            for n, variable in enumerate(POLLUTANTS):
                value = 10.0 * (n + 1) + k + lead / 10
                spread = 4.0 if lead > 0 else 0.0
                concentration.append(
                    {
                        "time": row["time"],
                        "lead_h": int(lead),
                        "site": site,
                        "variable": variable,
                        "value": value,
                        "lo": value - spread,
                        "hi": value + spread,
                        "member": "observed" if lead <= 0 else "boosting",
                    }
                )
    grid = city_grid(2000)
    more = outcome_hourly.tables(pd.DataFrame(city), pd.DataFrame(districts), NOW) if whole else {}
    fields = {"risk": _field()}
    if whole:
        fields |= {
            "hazards": outcome_hourly.hazard_field(grid),
            "friendliness": outcome_hourly.friendliness_field(grid),
        }
    return Outcome(
        scenario="environmental_health",
        at=NOW + pd.Timedelta(hours=1),
        parameters={"horizon": 24, "high_risk_aqhi": 7},
        tables={
            "city_hourly": pd.DataFrame(city),
            "district_hourly": pd.DataFrame(districts),
            "station_hourly": pd.DataFrame(stations),
            "concentration": pd.DataFrame(concentration),
            "risk_sources": _sources(),
            "capture": _capture(),
            "skill": _skill(),
            **more,
        },
        fields=fields,
        notes=[("The lake holds no enterprises: there is no screening of risk sources.", {})],
        provenance=provenance
        or Provenance(
            versions={"observation": 3},
            window=("2024-11-15T00:00:00+00:00", "2024-12-15T00:00:00+00:00"),
            seconds=1.5,
            made="2024-12-15T00:05:00+00:00",
        ),
    )


def _sources() -> pd.DataFrame:
    row = {
        "rank": 1,
        "enterprise": "91440100X",
        "name_zh": "样例化工厂",
        "name_en": "Sample Chemicals",
        "industry": "化学原料制造",
        "district": "440113",
        "lon": 113.40,
        "lat": 22.95,
        "score": 72.0,
        "reasons": "key permit management|complaints in 12 months",
        "nearest_cell": "440_2538",
        "distance_m": 850.0,
        "excess_risk": 6.1,
        "population_2km": 41000.0,
        "management": "key",
        "exceedances_12m": 2,
        "complaints_12m": 5,
    }
    return pd.DataFrame([row])


def _capture() -> pd.DataFrame:
    rows = [
        {
            "site": site,
            "variable": v,
            "capture_24h": 0.5 if (site, v) == ("gz03", "O3") else 1.0,
            "capture_30d": 0.97,
            "flagged_30d": 4,
            "last_time": NOW,
        }
        for site, *_ in STATIONS
        for v in POLLUTANTS
    ]
    return pd.DataFrame(rows)


def _skill() -> pd.DataFrame:
    rows = [
        {
            "variable": "PM2.5",
            "lead_h": h,
            "mae": 3.0 + h / 10,
            "mae_persistence": 3.5 + h / 8,
            "coverage80": 0.8,
            "member": "boosting",
        }
        for h in range(1, 25)
    ]
    return pd.DataFrame(rows)


def _field() -> object:
    grid = city_grid(2000)
    leads = np.arange(0, 25)
    east = (grid.x - grid.x.min()) / np.ptp(grid.x)
    surface = np.where(grid.mask, 4.0 + 2 * east[None, :], np.nan)
    stack = surface[None] + leads[:, None, None] / 12
    field = grid.dataset().expand_dims(lead_h=leads)
    for name, factor in {"aqi": 10.0, "excess_risk": 1.0, **dict.fromkeys(POLLUTANTS, 5.0)}.items():
        field[name] = (("lead_h", "y", "x"), (factor * stack).astype("float32"))
        spread = "excess_risk_sd" if name == "excess_risk" else f"{name}_sd"
        if name != "aqi":
            field[spread] = (("lead_h", "y", "x"), np.full(stack.shape, 0.3, dtype="float32"))
    times = (NOW + pd.to_timedelta(leads, unit="h")).tz_localize(None).to_numpy()
    return field.assign_coords(time=("lead_h", times))
