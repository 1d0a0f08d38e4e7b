"""Complaints and inspections of the generated city, as events.

Neighbours complain now and then about careless enterprises, and more, some hours late and mostly awake, while
an episode goes on.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from gzeco_lib.demo_city.noise import EPOCH, generator
from gzeco_lib.demo_city.places import SOURCE

DAY = pd.Timedelta(days=1)
# Chinese first, as it would be filed; {what} is what the enterprise is.
TEXTS = {
    "SO2": ("附近{what}烟囱冒浓烟，有刺鼻的硫磺味。", "夜里闻到煤烟味，怀疑是{what}排放。"),
    "NOx": ("{what}方向飘来呛人的气味，眼睛不舒服。", "{what}的烟囱排黄烟。"),
    "PM10": ("{what}扬尘严重，阳台一天就落一层灰。", "{what}作业时没有洒水，灰尘很大。"),
    "": ("{what}有刺激性气味，像油漆味。", "傍晚开窗就闻到{what}的异味。"),
}
INSPECTIONS_PER_YEAR = {"key": 2.0, "simplified": 0.8, "registered": 0.3}
RESULTS = (
    "现场检查：治理设施运行正常，未发现超标排放。",
    "现场检查：台账记录不完整，责令改正。",
    "现场检查：排放浓度超标，立案调查。",
)
COLUMNS = ("event", "time", "end", "kind", "subject", "lon", "lat", "text", "generated", "source")


def events(
    seed: int,
    enterprises: pd.DataFrame,
    main: np.ndarray,
    episodes: pd.DataFrame,
    start: pd.Timestamp,
    end: pd.Timestamp,
) -> pd.DataFrame:
    """All complaints and inspections in [start, end), ordered by time.

    ``main`` is the main species of each enterprise, ``episodes`` has enterprise (its id), start and end.
    """
    first, last = int((start - EPOCH) / DAY), int((end - EPOCH) / DAY) + 1
    careless = enterprises["careless"].to_numpy()
    inspected = enterprises["management"].map(INSPECTIONS_PER_YEAR).to_numpy()
    rows: list[dict[str, object]] = []
    for day in range(first, last):
        rng = generator(seed, "events", day)
        complained = np.flatnonzero(rng.random(len(enterprises)) < 0.016 * careless)
        visited = np.flatnonzero(rng.random(len(enterprises)) < inspected / 365)
        for i in complained:
            # Local 7:00 to 23:00.
            hour = float(rng.uniform(-1.0, 15.0))
            rows.append(
                _complaint(rng, f"{day}-{i}", enterprises.iloc[i], str(main[i]), EPOCH + day * DAY, hour)
            )
        for i in visited:
            rows.append(_inspection(rng, f"{day}-{i}", enterprises.iloc[i], EPOCH + day * DAY))
    place = {name: i for i, name in enumerate(enterprises["enterprise"])}
    for episode in episodes.to_dict("records"):
        began, source = pd.Timestamp(episode["start"]), str(episode["enterprise"])
        rng = generator(seed, f"complaints {episode['episode']} {source}")
        at = place[source]
        hours = (pd.Timestamp(episode["end"]) - began).total_seconds() / 3600
        for k in range(int(rng.poisson(3.0))):
            late = float(rng.uniform(1.0, hours + 3.0))
            name = f"{episode['episode']}-{at}-{k}"
            rows.append(_complaint(rng, name, enterprises.iloc[at], str(main[at]), began, late))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    for column in ("time", "end"):
        table[column] = pd.DatetimeIndex(pd.to_datetime(table[column], utc=True)).as_unit("us")
    table = table[(table["time"] >= start) & (table["time"] < end)]
    return table.sort_values(["time", "event"], ignore_index=True)


def _complaint(
    rng: np.random.Generator, name: str, enterprise: pd.Series, main: str, day: pd.Timestamp, hour: float
) -> dict[str, object]:
    """One complaint, from a place within about a kilometre."""
    what = str(enterprise["name_zh"])
    text = TEXTS[main][int(rng.integers(2))].format(what=what)
    known = rng.random() < 0.7  # who complains does not always know whom about
    return _event(
        f"DEMO-C-{name}", (day + pd.Timedelta(minutes=round(60 * hour))), "complaint",
        enterprise["enterprise"] if known else None,
        enterprise["lon"] + 0.006 * rng.standard_normal(), enterprise["lat"] + 0.006 * rng.standard_normal(),
        text if known else text.replace(what, "附近工厂"),
    )  # fmt: skip


def _inspection(
    rng: np.random.Generator, name: str, enterprise: pd.Series, day: pd.Timestamp
) -> dict[str, object]:
    bad = rng.random() < enterprise["careless"]
    result = RESULTS[int(rng.integers(1, 3))] if bad else RESULTS[0]
    minute = int(rng.integers(60, 540))  # local 9:00 to 17:00
    return _event(
        f"DEMO-I-{name}", day + pd.Timedelta(minutes=minute), "inspection", enterprise["enterprise"],
        enterprise["lon"], enterprise["lat"], result,
    )  # fmt: skip


def _event(
    name: str, time: pd.Timestamp, kind: str, subject: str | None, lon: float, lat: float, text: str
) -> dict[str, object]:
    return {
        "event": name,
        "time": time,
        "end": pd.NaT,
        "kind": kind,
        "subject": subject,
        "lon": round(float(lon), 6),
        "lat": round(float(lat), 6),
        "text": text,
        "generated": True,
        "source": SOURCE,
    }


def counts(events_12m: pd.DataFrame, enterprises: pd.DataFrame) -> pd.Series:
    """Complaints about each enterprise, in the order of ``enterprises``."""
    named = events_12m.loc[events_12m["kind"] == "complaint", "subject"].value_counts()
    return enterprises["enterprise"].map(named).fillna(0).astype("int64")
