"""The declaration of the trace model and the order in which its parts are run."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health.districts import LOCAL
from gzeco_lib.environmental_health.feeds import people
from gzeco_lib.environmental_health.inputs import HOUR, air_sites
from gzeco_lib.environmental_health.trace import findings, gather, one, path
from gzeco_lib.environmental_health.trace.alarms import alarms
from gzeco_lib.environmental_health.trace.background import CODES, expected
from gzeco_lib.errors import N_, InputError
from gzeco_lib.geo.grid import city_grid
from gzeco_lib.parallel import workers
from gzeco_lib.scenario import Number, Outcome, Provenance, Scenario, Text, Whole, scenario

if TYPE_CHECKING:
    from gzeco_lib.lake.lake import Lake

READ = ("observation", "site", "enterprise", "exposure", "presence", "place")


@scenario
class EnvironmentalHealthTrace(Scenario):
    """Which source made an alarm, who was exposed, where the plume goes, and what stopping it changes."""

    key = "environmental_health_trace"
    title: ClassVar[str] = N_("Trace of an alarm to its source")
    spreads: ClassVar[bool] = True

    alarm = Text(
        "", label=N_("Alarm"), doc=N_("Id of the alarm that is traced; empty takes the newest ones.")
    )
    site = Text("", label=N_("Station"), doc=N_("Only alarms of this station; empty takes all."))
    start = Text(
        "",
        label=N_("From"),
        doc=N_("Alarms from this time on, e.g. 2026-11-01T08:00+08:00; empty is a day back."),
    )
    end = Text(
        "", label=N_("To"), doc=N_("Alarms that began before this time; empty is the time of the run.")
    )
    most = Whole(
        3, bounds=(1, 100), unit="1", label=N_("Alarms traced at most"), doc=N_("The most probable go first.")
    )
    least = Number(
        0.5, bounds=(0.0, 1.0), unit="1", label=N_("Probability of an alarm"),
        doc=N_("Excesses that something local made with a lower probability are no alarms."),
    )  # fmt: skip
    reach = Number(
        40_000.0, bounds=(3000.0, 60_000.0), unit="m", label=N_("Reach of the search"),
        doc=N_("Enterprises and stations this far from the alarm's station take part."),
    )  # fmt: skip
    ahead = Whole(
        6, bounds=(0, 24), unit="h", label=N_("Hours ahead"), doc=N_("How far the plume is followed on.")
    )
    threshold = Number(
        10.0, bounds=(0.1, 1000.0), unit="ug m-3", label=N_("Addition that counts as exposed"),
        doc=N_("People are counted where the source adds more than this to the hour."),
    )  # fmt: skip
    draws = Whole(
        60, bounds=(10, 500), unit="1", label=N_("Draws"), doc=N_("Draws behind the intervals of people.")
    )
    stop_source = Text(
        "", label=N_("Source that stops"), doc=N_("Id of an enterprise; empty is the first candidate.")
    )
    stop_at = Text(
        "", label=N_("Stops at"), doc=N_("Local time as HH:MM, or a full time; empty: nothing stops.")
    )
    lead_probability = Number(
        0.5, bounds=(0.0, 1.0), unit="1", label=N_("Probability from which a lead is raised"),
        doc=N_("The first candidate becomes a lead from this probability on."),
    )  # fmt: skip

    def run(self, lake: Lake, at: pd.Timestamp) -> Outcome:
        """Tables ``alarms``, ``traces``, ``candidates``, ``fit``, ``exposed``, ``exposed_places``, ``arrival``,
        ``what_if`` and the field ``plume``, as they could be known at ``at``.

        Raises:
            InputError: where the lake has no air station, or a parameter is no time.
        """
        began = time.perf_counter()
        at = at.tz_convert("UTC")
        begin, stop = _moment(self.start, "start"), _moment(self.end, "end")
        until = min(at, stop + one.LONGEST * HOUR) if stop is not None else at
        sites = air_sites(lake)
        sites = sites[np.isfinite(sites[["x", "y"]]).all(axis=1)].reset_index(drop=True)
        data, notes = gather.observed(lake, sites, until.floor("1h"))
        outcome = Outcome(self.key, at, self.values(), gather.empty(), notes=notes)
        outcome.provenance = Provenance(
            versions={name: version for name, version in lake.versions().items() if name in READ},
            made=pd.Timestamp.now("UTC").isoformat(),
        )
        if data is not None:
            back = expected(data[[code for code in CODES if code in data]])
            first = begin or back.times[-1].tz_localize("UTC") - 23 * HOUR
            found = alarms(data, sites, first, float(self.least), back)
            outcome.tables["alarms"] = self._wanted(found, stop)
            self._trace(outcome, lake, at, sites, back)
            ends = (back.times[0], back.times[-1])
            outcome.provenance.window = (
                ends[0].tz_localize("UTC").isoformat(),
                ends[1].tz_localize("UTC").isoformat(),
            )
        outcome.provenance.seconds = round(time.perf_counter() - began, 3)
        return outcome

    def _wanted(self, found: pd.DataFrame, stop: pd.Timestamp | None) -> pd.DataFrame:
        """The alarms asked for."""
        keep = np.ones(len(found), bool)
        if stop is not None:
            keep &= (found["start"] < stop).to_numpy(bool)
        for name, value in (("alarm", self.alarm), ("site", self.site)):
            if value:
                keep &= (found[name] == value).to_numpy(bool)
        return found[keep].reset_index(drop=True)

    def _trace(
        self, outcome: Outcome, lake: Lake, at: pd.Timestamp, sites: pd.DataFrame, back: one.Background
    ) -> None:
        """Adds the traces of the alarms of ``outcome``, their notes and leads."""
        chosen = gather.grouped(outcome.tables["alarms"], sites, float(self.reach)).head(int(self.most))
        if chosen.empty:
            outcome.notes.append(
                (N_("No station shows an excess that something local is likely to have made."), {})
            )
            return
        winds, places, notes = gather.winds(lake, back.times)
        outcome.notes += notes
        if winds is None:
            return
        enterprises = lake.read("enterprise")
        if enterprises.empty:
            outcome.notes.append(
                (N_("The lake holds no enterprises: only places nobody named are searched."), {})
            )
        place = lake.read("place")
        grid = city_grid()
        cell = gather.cells(place, grid)
        tasks = []
        for row in chosen.to_dict("records"):
            alarm = {str(key): value for key, value in row.items()}
            times, _seen = one.window(alarm, back.times[-1], int(self.ahead))
            persons, told = people(lake, times, grid, at)
            outcome.notes += [note for note in told if note not in outcome.notes]
            tasks.append(one.Task(
                alarm, back, sites[["x", "y"]].to_numpy(float), enterprises, winds, places, float(self.reach),
                int(self.ahead), float(self.threshold), int(self.draws), str(self.stop_source),
                _stop(str(self.stop_at), times), place, cell, persons,
            ))  # fmt: skip
        with workers(self.cluster) as spread:
            traced = spread(one.trace, tasks)
        outcome.notes += [note for t in traced for note in t.notes if note not in outcome.notes]
        done = [t for t in traced if t.tables]
        for name in {name for t in done for name in t.tables}:
            outcome.tables[name] = pd.concat(
                [t.tables[name] for t in done if name in t.tables], ignore_index=True
            )
        if done:
            outcome.fields["plume"] = path.dataset(
                {t.trace: t.plume for t in done}, {t.trace: t.times for t in done}, {t.trace: t.seen for t in done},
                grid,
            )  # fmt: skip
        outcome.leads = findings.leads(outcome.tables, float(self.lead_probability))


def _moment(text: str, name: str) -> pd.Timestamp | None:
    """A time (UTC); local where it has no zone; None where it is empty.

    Raises:
        InputError: for text that is no time.
    """
    if not text.strip():
        return None
    try:
        moment = pd.Timestamp(text.strip())
    except ValueError as error:
        raise _no_time(text, name) from error
    if moment is pd.NaT:
        raise _no_time(text, name)
    return moment.tz_convert("UTC") if moment.tzinfo else moment.tz_localize(LOCAL).tz_convert("UTC")


def _stop(text: str, times: pd.DatetimeIndex) -> pd.Timestamp | None:
    """When the source stops (UTC without a zone): a full time, or the last ``HH:MM`` local that falls into ``times``.

    Raises:
        InputError: for text that is neither.
    """
    if match := re.fullmatch(r"\s*([01]?\d|2[0-3]):([0-5]\d)\s*", text):
        days = pd.DatetimeIndex(times.tz_localize("UTC").tz_convert(LOCAL).normalize().unique())
        moments = (
            (days + pd.Timedelta(hours=int(match[1]), minutes=int(match[2])))
            .tz_convert("UTC")
            .tz_localize(None)
        )
        inside = moments[(moments >= times[0]) & (moments <= times[-1] + HOUR)]
        return inside[-1] if len(inside) else moments[-1]
    moment = _moment(text, "stop_at")
    return None if moment is None else moment.tz_localize(None)


def _no_time(text: str, name: str) -> InputError:
    return InputError(
        N_("parameter {name} cannot be {value}"), "{place}", N_("expected {expected}"),
        place="parameters", name=name, value=repr(text)[:80], expected="2026-11-01T08:00+08:00",
    )  # fmt: skip
