"""The schedule file: which briefing or model runs when, for how long, and who gets it.

``parameters/schedule.yaml`` is read into these declarations; an unknown name is refused with the near one.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.triggers.cron import CronTrigger
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from gzeco_lib.briefing.deliver_channels import Channel, FolderChannel, within
from gzeco_lib.errors import N_, InputError, near
from gzeco_lib.safe_yaml import read_yaml

NAME = r"^[a-z0-9][a-z0-9_-]{0,63}$"
PARAMETER = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
DAYS = (
    "sun",
    "mon",
    "tue",
    "wed",
    "thu",
    "fri",
    "sat",
    "sun",
)  # as crontab(5) numbers them, 0 and 7 both Sunday


def duration(value: Any) -> Any:
    """``90s``, ``15m``, ``6h`` or ``2d`` as a time span; a bare number has no unit and is refused."""
    if isinstance(value, timedelta):
        return value
    found = re.fullmatch(r"(\d{1,6})\s*([smhd])", str(value).strip())
    if not found:
        raise ValueError(f"{value!r} is not a time span: write 90s, 15m, 6h or 2d")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


Span = Annotated[timedelta, BeforeValidator(duration)]


class Job(BaseModel):
    """One briefing or model, planned by a cron line in a time zone."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(pattern=NAME)
    cron: str  # minute hour day month weekday, as in crontab(5)
    zone: str = "Asia/Shanghai"
    brief: str | None = Field(default=None, pattern=NAME)
    model: str | None = Field(default=None, pattern=NAME)
    parameters: dict[str, Any] = Field(default_factory=dict)
    lang: Literal["zh", "en"] = "zh"
    deliver: list[str] = Field(default_factory=list)
    retries: int = Field(default=1, ge=0, le=10)
    retry_delay: Span = timedelta(minutes=5)
    time_limit: Span = timedelta(minutes=15)
    keep: int = Field(default=30, ge=1)  # runs whose files stay
    make_up: Literal["each", "latest", "none"] = "each"
    window: Span = timedelta(hours=6)  # a run missed longer ago is not made up

    @model_validator(mode="after")
    def _checked(self) -> Self:
        if (self.brief is None) == (self.model is None):
            raise ValueError("give either brief or model")
        if self.time_limit <= timedelta(0):
            raise ValueError("time_limit must be longer than nothing")
        if self.window > timedelta(days=31):
            raise ValueError("window is at most 31d")
        self.cron_line()
        return self

    @field_validator("parameters")
    @classmethod
    def _names(cls, parameters: dict[str, Any]) -> dict[str, Any]:
        if wrong := [name for name in parameters if not PARAMETER.match(str(name))]:
            raise ValueError(f"{wrong[0]!r} is not the name of a parameter")
        return parameters

    @property
    def runs(self) -> str:
        """Name of what it runs."""
        return self.brief or self.model or ""

    def cron_line(self) -> CronTrigger:
        """The cron line as APScheduler reads it, for a clock without zone (written as UTC).

        Raises:
            ValueError: the line or the time zone is not one.
        """
        _zone(self.zone)
        fields = self.cron.split()
        if len(fields) != 5:
            raise ValueError(f"{self.cron!r} is not a cron line: minute hour day month weekday")
        minute, hour, day, month, weekday = fields
        if day != "*" and weekday != "*":
            # crontab(5) runs on either, APScheduler only where both hold: say which is meant with two jobs.
            raise ValueError("day and weekday together are ambiguous: write two jobs")
        return CronTrigger(
            minute=minute, hour=hour, day=day, month=month, day_of_week=_weekdays(weekday), timezone=UTC
        )

    def planned(self, after: datetime, until: datetime, most: int = 50_000) -> list[datetime]:
        """The planned times t with ``after`` < t <= ``until``, in order, UTC.

        Where clocks go back a local time is planned once, at its first pass; where they go forward, one that
        does not exist is planned as long after the change as it stood after it.
        """
        zone, line = _zone(self.zone), self.cron_line()
        times: list[datetime] = []
        # APScheduler's own zone handling gives the same time for ever where clocks go back, so it sees wall
        # clock times only and the zone is put on here. The margin holds any change of the clock.
        wall = (after.astimezone(zone) - timedelta(hours=3)).replace(tzinfo=UTC, fold=0)
        while len(times) < most and (found := line.get_next_fire_time(None, wall)) is not None:
            time = found.replace(tzinfo=zone).astimezone(UTC)
            if time > until and found > (until.astimezone(zone) + timedelta(hours=3)).replace(tzinfo=UTC):
                break
            if after < time <= until:
                times.append(time)
            wall = found + timedelta(microseconds=1)
        return sorted(set(times))

    def next_time(self, after: datetime) -> datetime | None:
        """The first planned time after ``after``; None where there is none within eight years (29 February)."""
        for days in (1, 32, 366, 2922):
            if found := self.planned(after, after + timedelta(days=days), most=200):
                return found[0]
        return None


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"unknown time zone {name!r}: write it as Asia/Shanghai") from None


def _weekdays(field: str) -> str:
    """crontab's weekday numbers as names: APScheduler counts from Monday, crontab from Sunday."""
    parts = []
    for part in field.split(","):
        found = re.fullmatch(r"(?:(\*)|([0-7])(?:-([0-7]))?)(?:/([1-7]))?", part)
        if found is None or part == "*":
            parts.append(part)
            continue
        first, last = (0, 6) if found[1] else (int(found[2]), int(found[3] or found[2]))
        if first > last:
            raise ValueError(f"weekdays {part!r} run backwards")
        parts += [DAYS[number] for number in range(first, last + 1, int(found[4] or 1))]
    return ",".join(parts)


class Schedule(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid")

    jobs: list[Job]
    channels: dict[Annotated[str, Field(pattern=NAME)], Channel] = Field(default_factory=dict)
    roots: list[str] = Field(default_factory=lambda: ["out"])  # folders that deliveries may go under
    workers: int = Field(default=1, ge=1, le=16)  # runs side by side

    @model_validator(mode="after")
    def _whole(self) -> Self:
        ids = [job.id for job in self.jobs]
        if twice := {name for name in ids if ids.count(name) > 1}:
            raise ValueError(f"two jobs have the id {min(twice)}")
        for job in self.jobs:
            for name in job.deliver:
                if name not in self.channels:
                    raise ValueError(
                        f"job {job.id} delivers to {name!r}, channels: {near(name, self.channels)}"
                    )
        for name, channel in self.channels.items():
            if isinstance(channel, FolderChannel) and not within(Path(channel.path), self.roots):
                raise ValueError(
                    f"channel {name}: {channel.path} is not under roots ({', '.join(self.roots)})"
                )
        return self

    def job(self, name: str) -> Job | None:
        """The job ``name``; None where the file no longer has it."""
        return next((job for job in self.jobs if job.id == name), None)

    @property
    def secrets(self) -> list[str]:
        """Environment variables with secrets of any channel."""
        return sorted({name for channel in self.channels.values() for name in channel.secrets})


def load(path: Path) -> Schedule:
    """The schedule in the YAML file ``path``.

    Raises:
        InputError: the file cannot be read or says what a schedule does not know.
    """
    content = read_yaml(path)
    try:
        return Schedule.model_validate(content)
    except ValidationError as error:
        # A misspelt setting also counts as one that is missing: the misspelling is what helps.
        first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
        place = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            name = str(first["loc"][-1])
            raise InputError(
                N_("unknown setting {name}"),
                "{place}",
                N_("did you mean: {near}?"),
                name=name,
                place=f"{path}: {place}",
                near=near(name, _known(first["loc"])),
            ) from None
        raise InputError(
            N_("the schedule is wrong: {fault}"),
            "{place}",
            N_("mend the file at the place named"),
            fault=first["msg"].removeprefix("Value error, "),
            place=f"{path}: {place}".removesuffix(": "),
        ) from None


def _known(place: tuple[int | str, ...]) -> list[str]:
    """The settings that may stand at ``place`` of the file."""
    if len(place) > 1 and place[0] == "jobs":
        return list(Job.model_fields)
    if len(place) > 1 and place[0] == "channels":
        kinds = get_args(get_args(Channel)[0])
        of = [kind for kind in kinds if place[2:3] == get_args(kind.model_fields["kind"].annotation)]
        return [field.alias or name for kind in of or kinds for name, field in kind.model_fields.items()]
    return list(Schedule.model_fields)
