"""London's kerbside series of R openair (``mydata``) and what openair computes from it, in the shapes of
``methods.receptor``.

The reference holds one CSV a result, as openair gave it; another site or pollutant put there under the same
names is read alike.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from gzeco_lib.errors import N_, InputError
from gzeco_lib.experiments.folder import folder

SERIES, REFERENCE = "openair_mydata_london", "openair_reference"
WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def series(root: Path | str | None = None) -> pd.DataFrame:
    """The hourly series: index ``time``; ``ws`` [m s-1], ``wd`` [deg, from], nox, no2, o3, so2 [ppb], co
    [ppm], pm10, pm25 [ug m-3].

    Raises:
        InputError: the data set is not there.
    """
    files = sorted(folder(SERIES, root).glob("*.parquet"))
    if not files:
        raise InputError(
            N_("the data set {name} holds no Parquet file"),
            SERIES,
            N_("see docs/experiments.md"),
            name=SERIES,
        )
    table = pd.concat([pd.read_parquet(file) for file in files])
    return table.set_index("date").rename_axis("time").sort_index()


def reference(name: str, root: Path | str | None = None) -> pd.DataFrame:
    """A result of R openair as it stands, such as ``windrose``.

    Raises:
        InputError: there is none of that name.
    """
    home = folder(REFERENCE, root)
    file = home / f"{name}.csv.gz"
    if not file.is_file():
        raise InputError(
            N_("the reference holds no {name}"), REFERENCE, N_("it holds: {known}"),
            name=name, known=", ".join(results(root)),
        )  # fmt: skip
    return pd.read_csv(file)


def results(root: Path | str | None = None) -> list[str]:
    """Names of all results in the reference."""
    return sorted(file.name.removesuffix(".csv.gz") for file in folder(REFERENCE, root).glob("*.csv.gz"))


def pollutants(kind: str, root: Path | str | None = None) -> list[str]:
    """Pollutants for which the reference holds a result of ``kind``, such as ``polarplot_mean_`` or ``theilsen_``."""
    starts = [name.removeprefix(kind) for name in results(root) if name.startswith(kind)]
    return sorted({start.split("_")[0] for start in starts})


def surface(statistic: str, pollutant: str, root: Path | str | None = None) -> xr.DataArray:
    """The smooth polar surface over (v, u) of the wind vector [m s-1]; ``statistic`` is ``mean`` or ``cpf90``."""
    table = reference(f"polarplot_{statistic}_{pollutant}", root)
    return table.set_index(["v", "u"])["z"].to_xarray()


def variation(panel: str, pollutant: str, root: Path | str | None = None) -> pd.DataFrame:
    """A panel of the time variation (``hour``, ``day``, ``month`` or ``day_hour``) with ``mean``, ``lower``,
    ``upper``.
    """
    table = reference(f"timevariation_{pollutant}_{panel.replace('_', '')}", root)
    table = table.rename(
        columns={"Mean": "mean", "Lower": "lower", "Upper": "upper", "mnth": "month", "wkday": "day"}
    )
    if panel == "day_hour":
        table["day"] = table["day"].map({name: number for number, name in enumerate(WEEK, 1)})
    keys = panel.split("_")
    return table.sort_values(keys)[[*keys, "mean", "lower", "upper"]].reset_index(drop=True)


def rose(pollutant: str | None = None, root: Path | str | None = None) -> pd.DataFrame:
    """The wind rose, or the pollution rose of ``pollutant``: row a sector (index ``wd``), columns 0, 1, ...
    [%] of its classes.

    ``attrs``: ``calm`` [%] rounded to tenths, ``mean`` of the column.
    """
    table = reference("windrose" if pollutant is None else f"pollutionrose_{pollutant}", root)
    sectors = table[table["wd"] > 0].set_index("wd")
    running = sectors[[c for c in sectors if str(c).startswith("Interval")]].to_numpy()
    made = pd.DataFrame(np.diff(running, axis=1, prepend=0), index=sectors.index)
    made["hours"] = sectors["freqs"]
    made.attrs = {"calm": float(table["calm"].iloc[0]), "mean": float(table["panel.fun"].iloc[0])}
    return made


def trend(pollutant: str, deseason: bool, root: Path | str | None = None) -> tuple[pd.Series, pd.Series]:
    """Theil-Sen result (``slope``, ``lower``, ``upper`` a year ...) and the monthly series it is of."""
    name = f"theilsen_{pollutant}_deseason{str(deseason).upper()}"
    months = reference(f"{name}_data", root)
    result = reference(f"{name}_result", root).iloc[0]
    return result, months.set_index(pd.DatetimeIndex(months["date"], name="time"))["conc"]


def monthly(root: Path | str | None = None) -> pd.DataFrame:
    """Monthly means with at least 75 % of the hours."""
    table = reference("timeaverage_month_thresh75", root)
    return table.set_index(pd.DatetimeIndex(table.pop("date"), name="time"))


STATISTICS = {
    "dat.cap": "capture", "percentile.95": "percentile_95", "percentile.99": "percentile_99", "hours": "hours_over_200",
    "roll.8.O3.gt.100": "days_over_100", "roll.8.O3.gt.120": "days_over_120", "days": "days_over_50",
}  # fmt: skip


def statistics(root: Path | str | None = None) -> pd.DataFrame:
    """Yearly statistics, row a pollutant and year, columns named as ``methods.receptor.aq_stats`` names them."""
    table = reference("aqstats", root).rename(columns=STATISTICS)
    return table.set_index(["pollutant", "year"]).drop(columns=["default", "date", "AOT40"], errors="ignore")
