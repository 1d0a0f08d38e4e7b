"""The forecaster a scenario uses: fit, predict with quantiles, write and read as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from gzeco_lib.errors import N_, InputError, near
from gzeco_lib.methods.forecast import boosting, training
from gzeco_lib.methods.forecast.codec import read, written
from gzeco_lib.methods.forecast.design import HISTORY, Anomalies, anomalies
from gzeco_lib.methods.forecast.league import LEAGUE, MEMBERS, forecasts, observed
from gzeco_lib.methods.forecast.panel import HORIZON, HOUR, Array, Panel, panel
from gzeco_lib.methods.forecast.prophet_member import Weekly

QUANTILES = (0.1, 0.5, 0.9)
LOWEST, HIGHEST = 0.05, 0.95  # quantiles that are told: further out they rest on too few days
WINDOW_DAYS = 1500  # of the record that is learned from
RECHECK_DAYS, RECHECK_EVERY = (
    10,
    6,
)  # d before an origin, h apart: forecasts looked back at to follow their misses


@dataclass(frozen=True)
class Moment:
    """The league at one origin: its inputs, the forecasts of each member and their combination, (1, S, H)."""

    of: Anomalies
    columns: boosting.TreeColumns | None
    learned: training.Learned
    rows: Array
    members: dict[str, Array]
    point: Array
    factor: Array


@dataclass(frozen=True)
class Forecaster:
    """A fitted league for one variable at the stations it was fitted on (others are forecast without own normals)."""

    variable: str
    sites: tuple[str, ...]
    covariates: tuple[str, ...]
    zone: str
    country: str
    trained_to: str  # the last hour learned from, UTC
    fitted: training.Fitted
    ahead: tuple[str, ...] = ()  # series of the weather forecast learned from

    @classmethod
    def fit(
        cls,
        data: xr.Dataset,
        variable: str,
        *,
        members: Sequence[str] = LEAGUE,
        zone: str = "Asia/Shanghai",
        country: str = "CN",
        window_days: int = WINDOW_DAYS,
        keep_all: bool = False,
        future: xr.Dataset | None = None,
    ) -> Forecaster:
        """Fit the league on ``data``, all of which counts as known.

        Args:
            data: dims (time, site), hourly, naive UTC; other variables, weather among them, serve as predictors.
            members: league members that may take part.
            zone, country: for local hours and public holidays.
            window_days: at most so much of the end of the record is learned from [d].
            keep_all: fit members also where they earned no weight.
            future: archived weather forecasts, dims (time,) or (time, site), each at the hour it was for and as known
                24 h before; measured weather would teach a trust that no forecast deserves.

        Raises:
            InputError: unknown member or variable, wrong dimensions, a record under two weeks.
        """
        chosen = known_members(members)
        whole = panel(data, variable, future=future)
        whole = whole.until(len(whole.time), len(whole.time) - window_days * 24)
        fitted = training.train(whole, zone, country, chosen, keep_all)
        end = str(whole.time[-1].astype("datetime64[s]"))
        return cls(variable, whole.sites, whole.covariates, zone, country, end, fitted, tuple(whole.future))

    def predict(
        self,
        data: xr.Dataset,
        origin: Any,
        leads: Iterable[int] = range(1, HORIZON + 1),
        quantiles: Sequence[float] = QUANTILES,
        *,
        future: xr.Dataset | None = None,
    ) -> xr.Dataset:
        """Forecast from ``origin``, the last hour taken as known (naive UTC, start of the hour).

        Args:
            future: the weather forecast for the hours after the origin (and, where kept, those before), as ``fit``
                took it; left out, or without an hour, the forecast does without.

        Returns:
            dims (quantile, lead, site): ``value`` [unit of the data], never negative, quantiles never crossing,
            NaN only for a site of which nothing is known; ``mean`` (lead, site), which errs least in squares where
            the median errs least; coords ``time`` (lead) and ``member`` (lead), the members that carry the
            forecast, heaviest first; ``weight`` (lead, league).

        Raises:
            InputError: origin outside the data, leads outside 1..24, quantiles outside 0.05..0.95.
        """
        steps, levels = checked_leads(leads), checked_quantiles(quantiles)
        now = self.at(data, origin, steps, future)
        value = training.bands(self.fitted, now.of, now.point, now.rows, steps, levels, now.factor)[:, 0]
        mean = training.mean(self.fitted, now.members, steps)[0]
        recent = now.of.panel
        return xr.Dataset(
            {
                "value": (("quantile", "lead", "site"), np.moveaxis(value, 1, 2)),
                "mean": (("lead", "site"), mean.T),
                "weight": (("lead", "league"), self.fitted.weight[steps - 1]),
            },
            coords={
                "quantile": levels, "lead": steps, "site": list(recent.sites), "league": list(self.fitted.members),
                "time": ("lead", recent.time[-1] + steps * HOUR), "member": ("lead", self._carrying(steps)),
            },
            attrs={"variable": self.variable, "origin": str(recent.time[-1])[:19], "trained_to": self.trained_to},
        )  # fmt: skip

    def at(self, data: xr.Dataset, origin: Any, leads: Array, future: xr.Dataset | None = None) -> Moment:
        """What the members say at ``origin``, before it is put together for a reader.

        Raises:
            InputError: the origin lies outside the data.
        """
        whole = panel(data, self.variable, self.covariates, future, self.ahead)
        row = whole.index(origin)
        if not 0 <= row < len(whole.time):
            raise InputError(
                N_("the origin {origin} lies outside the observations"), "origin",
                N_("choose a time from {first} to {last} (UTC)"),
                origin=str(origin), first=str(whole.time[0])[:16], last=str(whole.time[-1])[:16],
            )  # fmt: skip
        recent = whole.until(row + 1, row + 1 - HISTORY)
        of = anomalies(recent, self._normal(recent.sites))
        columns = boosting.tree_columns(of, self.zone, self.country) if self.fitted.learned.trees else None
        learned = self._aligned(recent.sites)
        rows = self._looked_back(recent)
        out = forecasts(of, columns, learned, rows, leads)
        point = training.blend(self.fitted, out, leads)
        factor = training.factors(
            self.fitted, of, point[:-1], observed(of, rows[:-1], leads), rows[:-1], leads, RECHECK_EVERY
        )
        now = {name: values[-1:] for name, values in out.items()}
        return Moment(of, columns, learned, rows[-1:], now, point[-1:], factor[-1:])

    def _looked_back(self, recent: Panel) -> Array:
        """Origins since the hours learned from, at most the last days, and the last hour itself."""
        last = len(recent.time) - 1
        trained = (np.datetime64(self.trained_to, "ns") - recent.time[0]) // HOUR
        first = max(int(trained) + 1, last - RECHECK_DAYS * 24, 0)
        return np.arange(last, first - 1, -RECHECK_EVERY)[::-1] if last >= first else np.array([last])

    def _carrying(self, leads: Array) -> list[str]:
        """Names of members with at least a tenth of the weight at each lead, heaviest first."""
        out = []
        for weight in self.fitted.weight[leads - 1]:
            order = [k for k in np.argsort(-weight) if weight[k] >= 0.1]
            out.append("+".join(self.fitted.members[k] for k in order))
        return out

    def _columns(self, values: Array, sites: tuple[str, ...]) -> Array:
        """Columns of ``values`` (…, trained sites) for ``sites``; NaN for one never trained on."""
        place = {name: k for k, name in enumerate(self.sites)}
        out = np.full((*values.shape[:-1], len(sites)), np.nan)
        for k, name in enumerate(sites):
            if name in place:
                out[..., k] = values[..., place[name]]
        return out

    def _normal(self, sites: tuple[str, ...]) -> Array:
        return self._columns(self.fitted.normal, sites)

    def _aligned(self, sites: tuple[str, ...]) -> training.Learned:
        learned = self.fitted.learned
        if learned.weekly is None or sites == self.sites:
            return learned
        weekly = Weekly(self._columns(learned.weekly.table, sites), learned.weekly.carry)
        return replace(learned, weekly=weekly)

    def dump(self) -> bytes:
        """The forecaster as text: JSON with the trees in LightGBM's own text format."""
        return written(self)

    @classmethod
    def load(cls, content: bytes) -> Forecaster:
        """Read what ``dump`` wrote.

        Raises:
            InputError: anything else.
        """
        return read(cls, content)


def fit_all(data: xr.Dataset, variables: Sequence[str], **options: Any) -> dict[str, Forecaster]:
    """A forecaster for each of ``variables``, the others of ``data`` serving as its predictors; options as ``fit``."""
    return {variable: Forecaster.fit(data, variable, **options) for variable in variables}


def known_members(names: Sequence[str]) -> tuple[str, ...]:
    """``names`` in the order of the league.

    Raises:
        InputError: none, or one there is not.
    """
    for name in names:
        if name not in MEMBERS:
            raise InputError(
                N_("no league member {name}"),
                "members",
                N_("name one of: {near}"),
                name=name,
                near=near(name, MEMBERS),
            )
    if not names:
        raise InputError(
            N_("no league member is named"), "members", N_("name one of: {near}"), near=", ".join(MEMBERS)
        )
    return tuple(name for name in MEMBERS if name in names)


def checked_leads(leads: Iterable[int]) -> Array:
    """Leads as an array [h].

    Raises:
        InputError: none, or one outside 1..24.
    """
    steps = np.array(list(leads))
    if steps.size == 0 or steps.dtype.kind not in "iu" or steps.min() < 1 or steps.max() > HORIZON:
        raise InputError(
            N_("leads must be whole hours from 1 to {last}"),
            "leads",
            N_("give for example 1-24"),
            last=HORIZON,
        )
    return steps


def checked_quantiles(quantiles: Sequence[float]) -> Array:
    """Quantile levels, rising.

    Raises:
        InputError: none, or one outside 0.05..0.95.
    """
    levels = np.unique(np.array(quantiles, float))
    if levels.size == 0 or not (levels >= LOWEST).all() or not (levels <= HIGHEST).all():
        raise InputError(
            N_("quantiles must lie from {low} to {high}"), "quantiles", N_("give for example 0.1, 0.5, 0.9"),
            low=LOWEST, high=HIGHEST,
        )  # fmt: skip
    return levels


def moment(when: Any, where: str) -> pd.Timestamp:
    """A time as naive UTC hour.

    Raises:
        InputError: it cannot be read as a time.
    """
    try:
        stamp = pd.Timestamp(when)
    except (ValueError, TypeError) as error:
        raise InputError(
            N_("{text} is not a time"), where, N_("write it as 2024-12-15T08:00+08:00"), text=repr(when)
        ) from error
    return stamp.tz_convert("UTC").tz_localize(None) if stamp.tzinfo else stamp
