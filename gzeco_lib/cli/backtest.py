"""``gzeco backtest``: skill of a forecast by lead time, on any observations in a lake."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import pandas as pd
import typer

from gzeco_lib.cli.app import JsonOption, LakeOption, _, answer, app
from gzeco_lib.errors import N_, InputError, near

if TYPE_CHECKING:
    import xarray as xr

    from gzeco_lib.lake import Lake
    from gzeco_lib.methods.forecast.backtest import Progress

MODELS = ("forecast",)
ZONE = "Asia/Shanghai"
HISTORY = pd.Timedelta(days=1584)  # read before the first origin: learned from, and what that departs from


@app.command(help=_("Test a forecast on past hours: its error by lead time beside simpler forecasts."))
def backtest(
    model: Annotated[str, typer.Argument(help=_("What to test: forecast."))],
    lake: LakeOption,
    pollutant: Annotated[str, typer.Option("--pollutant", help=_("Code of the pollutant, e.g. PM2.5."))],
    start: Annotated[
        str, typer.Option("--start", help=_("First day of the period, e.g. 2024-11-01 (local)."))
    ],
    end: Annotated[str, typer.Option("--end", help=_("Last day of the period, included (local)."))],
    leads: Annotated[
        str, typer.Option("--leads", help=_("Lead times in hours, e.g. 1-24 or 1,6,24."))
    ] = "1-24",
    members: Annotated[
        str,
        typer.Option("--members", help=_("League members, comma-separated; by default all but statespace.")),
    ] = "",
    every: Annotated[int, typer.Option("--every", min=1, max=24, help=_("Hours between forecasts."))] = 3,
    refit: Annotated[
        int | None,
        typer.Option(
            "--refit",
            min=1,
            help=_("Days between fits on the past; by default a week for each hundred days of the period."),
        ),
    ] = None,
    zone: Annotated[
        str, typer.Option("--zone", help=_("Time zone of the place: days, hours and holidays are its own."))
    ] = ZONE,
    country: Annotated[
        str,
        typer.Option(
            "--country", help=_("Country whose public holidays count; by default that of the zone.")
        ),
    ] = "",
    cluster: Annotated[
        str | None, typer.Option("--cluster", help=_("Fit on a Dask cluster: local, or its address."))
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Read the lake, run the back-test, print the errors by lead."""
    from gzeco_lib.lake import Lake
    from gzeco_lib.methods import forecast

    if model not in MODELS:
        raise InputError(
            N_("no back-test of {model}"),
            "gzeco backtest",
            N_("name one of: {near}"),
            model=model,
            near=near(model, MODELS),
        )
    steps, league = lead_hours(leads), tuple(m.strip() for m in members.split(",") if m.strip())
    first, last = day(start, "--start"), day(end, "--end")
    if last < first:
        raise InputError(
            N_("the period ends before it begins"), "--start, --end", N_("give the earlier day as --start")
        )
    begin = local_midnight(first, zone)
    stop = local_midnight(last + pd.Timedelta(days=1).to_pytimedelta(), zone)
    data = observations(Lake.open(lake), pollutant, begin, stop)
    with bar() as progress:
        result = forecast.backtest(
            data, pollutant, begin, stop, leads=steps, members=league or forecast.LEAGUE, every=every,
            refit_days=refit or refit_days(first, last), zone=zone, country=country or country_of(zone),
            cluster=cluster, progress=progress,
        )  # fmt: skip
    content = result.to_dict()
    content["period"] |= {"first_day": first.isoformat(), "last_day": last.isoformat(), "zone": zone}
    answer(content, as_json, told(content))


def observations(lake: Lake, pollutant: str, begin: pd.Timestamp, stop: pd.Timestamp) -> xr.Dataset:
    """The pollutant and its fellows and the weather that the lake holds, from well before ``begin`` to ``stop``.

    Raises:
        InputError: the pollutant is not in the dictionary, or the lake holds none of it.
    """
    from gzeco_lib import variables

    variables.get(pollutant)
    since = begin - HISTORY
    held = lake.query(
        "SELECT variable, min(time) AS first FROM observation "
        "WHERE interval = 'PT1H' AND time >= $since AND time < $stop GROUP BY variable",
        since=since,
        stop=stop,
    )
    first = held.set_index("variable")["first"]
    if pollutant not in first.index:
        raise InputError(
            N_("the lake holds no hourly {variable} in the period and the year before it"), "--pollutant",
            N_("ingest it, or name one of: {near}"), variable=pollutant, near=", ".join(sorted(first.index)) or "-",
        )  # fmt: skip
    wanted = [
        code for code in first.index
        if code == pollutant or variables.get(code).kind in ("air", "weather")
    ]  # fmt: skip
    beginning = pd.Timestamp(first[pollutant])
    beginning = beginning.tz_localize("UTC") if beginning.tzinfo is None else beginning
    return lake.observations(sorted(wanted), max(beginning, since), stop)


def refit_days(first: date, last: date) -> int:
    """Days between fits where none are given: so that a long period takes no more than some fifteen fits."""
    return 7 * -(-((last - first).days + 1) // 100)


def day(text: str, where: str) -> date:
    """The date in ``text``.

    Raises:
        InputError: it is not one.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputError(
            N_("{text} is not a date"), where, N_("write it as 2024-11-01"), text=repr(text)
        ) from error


def local_midnight(when: date, zone: str = ZONE) -> pd.Timestamp:
    """The beginning of the local day, in UTC.

    Raises:
        InputError: the zone is not in the time zone database.
    """
    from gzeco_lib.methods.forecast.calendar import known_zone

    return pd.Timestamp(when).tz_localize(known_zone(zone)).tz_convert("UTC")


def country_of(zone: str) -> str:
    """ISO 3166 code of the country the zone belongs to, with a holiday calendar; empty where there is none."""
    import holidays
    from babel.core import get_global

    code = str(get_global("zone_territories").get(zone, ""))
    return code if code in holidays.list_supported_countries() else ""


def lead_hours(text: str) -> list[int]:
    """Hours in ``text``, such as ``1-24`` or ``1,6,12``.

    Raises:
        InputError: it says something else.
    """
    hours: set[int] = set()
    for part in text.split(","):
        found = re.fullmatch(r"\s*(\d{1,3})(?:\s*-\s*(\d{1,3}))?\s*", part)
        if not found:
            raise InputError(
                N_("{text} are not lead times"),
                "--leads",
                N_("give for example 1-24 or 1,6,24"),
                text=repr(text),
            )
        low = int(found[1])
        hours |= set(range(low, int(found[2] or low) + 1))
    return sorted(hours)


@contextmanager
def bar() -> Iterator[Progress]:
    """A progress bar on standard error, where a person sees it."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(
        *columns, console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True
    ) as shown:
        task = shown.add_task(_("Fits and forecasts"))
        yield lambda done, total: shown.update(task, completed=done, total=total)


def told(content: dict[str, Any]) -> str:
    """The result as a table for a person."""
    head = _(
        "{variable}: mean absolute error by lead, {origins} forecast times, data capture {capture}"
    ).format(variable=content["variable"], origins=content["origins"], capture=f"{content['capture']:.1%}")
    table = pd.DataFrame(
        {
            _("lead [h]"): content["leads"],
            **{name: scores["mae"] for name, scores in content["members"].items()},
            _("chosen"): content["chosen"]["mae"],
            _("RMSE of the mean"): content["chosen"]["rmse"],
            _("gain [%]"): [100 * s if s is not None else None for s in content["skill"]],
            _("inside 80 % band [%]"): [
                100 * c if c is not None else None for c in content["chosen"]["coverage80"]
            ],
        }
    )
    note = _("Gain: less error than the better of persistence and the same hour yesterday.")
    return f"{head}\n{table.to_string(index=False, float_format=lambda v: f'{v:.2f}')}\n{note}"
