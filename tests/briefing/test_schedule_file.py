"""The schedule file says what it means, and wrong ones say what is wrong."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from schedule_samples import job

from gzeco_lib.briefing.schedule import Schedule, load
from gzeco_lib.errors import InputError

ROOT = Path(__file__).parents[2]
at = datetime.fromisoformat

GOOD = """
roots: [out]
channels:
  archive: {kind: folder, path: out/delivered}
  mail: {kind: smtp, host: mail.example.cn, from: a@example.cn, to: [b@example.cn], user: a, password_env: PW}
  hook: {kind: webhook, url: "https://example.cn/x", secret_env: HOOK}
jobs:
  - id: morning
    cron: "0 8 * * *"
    brief: health_research
    deliver: [archive, mail, hook]
    time_limit: 10m
"""


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "schedule.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_good_file(tmp_path: Path) -> None:
    plan = load(written(tmp_path, GOOD))
    assert plan.job("morning") is plan.jobs[0] and plan.job("evening") is None
    assert plan.jobs[0].time_limit == timedelta(minutes=10) and plan.jobs[0].zone == "Asia/Shanghai"
    assert plan.secrets == ["HOOK", "PW"]


def test_shipped_file() -> None:
    plan = load(ROOT / "parameters" / "schedule.yaml")
    models = {f"environmental_health{topic}" for topic in ("", "_trace", "_burden", "_response")}
    assert {one.runs for one in plan.jobs} == {"health_research"} | models


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("cron:", "corn:", r"unknown setting corn.*cron"),
        ("jobs:", "job:", r"unknown setting job.*jobs"),
        ("host:", "hots:", r"unknown setting hots.*host"),
        ("path:", "pfad:", r"unknown setting pfad.*path"),
        ("0 8 * * *", "0 25 * * *", "jobs.0"),
        ("0 8 * * *", "0 8 * *", "minute hour day month weekday"),
        ("0 8 * * *", "0 8 1 * 1", "ambiguous"),
        ("0 8 * * *", "0 8 * * 6-2", "backwards"),
        ("time_limit: 10m", "time_limit: 10", "time span"),
        ("time_limit: 10m", "time_limit: 0s", "longer than nothing"),
        ("time_limit: 10m", "zone: Asia/Guangzhou", "unknown time zone"),
        ("time_limit: 10m", "zone: ../../etc/passwd", "unknown time zone"),
        ("time_limit: 10m", "model: environmental_health", "either brief or model"),
        ("time_limit: 10m", "retries: -1", "greater than or equal to 0"),
        ("time_limit: 10m", "keep: 0", "greater than or equal to 1"),
        ("time_limit: 10m", "window: 60d", "31d"),
        ("time_limit: 10m", "parameters: {--lake: x}", "not the name of a parameter"),
        ("id: morning", "id: ../morning", "jobs.0.id"),
        ("brief: health_research", "brief: --help", "jobs.0.brief"),
        ("[archive, mail, hook]", "[archiv]", "archive"),
        ("out/delivered", "/etc", "not under roots"),
        ("out/delivered", "out/../../x", "not under roots"),
        ("a@example.cn, to", '"a@example.cn\\nBcc: x@y.cn", to', "not a mail address"),
        ("[b@example.cn]", "[b]", "not a mail address"),
        ("user: a, password_env: PW", "user: a", "both user and password_env"),
        ("user: a,", "user: a, security: none,", "never sent without encryption"),
        ("password_env: PW", "password: geheim", "unknown setting password"),
        ("https://example.cn/x", "ftp://example.cn/x", "only http and https"),
        ("https://example.cn/x", "https://u:geheim@example.cn/x", "env:NAME"),
        ("kind: webhook", "kind: pigeon", "channels.hook"),
    ],
)
def test_wrong_files(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(InputError, match=message) as caught:
        load(written(tmp_path, GOOD.replace(old, new)))
    assert "schedule.yaml" in str(caught.value) and caught.value.fix
    assert "geheim" not in str(caught.value)


def test_two_jobs_of_one_id(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="two jobs have the id morning"):
        load(written(tmp_path, GOOD + '  - {id: morning, cron: "* * * * *", brief: x}\n'))


@pytest.mark.parametrize("text", ["", "[]", "jobs: {", "jobs: 3"])
def test_files_that_are_no_schedule(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError):
        load(written(tmp_path, text))


def test_planned_times_are_half_open() -> None:
    daily = job()
    times = daily.planned(at("2024-12-14T08:00+08:00"), at("2024-12-16T08:00+08:00"))
    assert times == [at("2024-12-15T00:00+00:00"), at("2024-12-16T00:00+00:00")]
    assert daily.next_time(times[-1]) == at("2024-12-17T00:00+00:00")


@pytest.mark.parametrize(
    ("weekday", "days"),
    # crontab(5): 0 and 7 are Sunday; 2024-12-15 was a Sunday
    [("0", [15]), ("7", [15]), ("1", [16]), ("1-5", [16, 17, 18, 19, 20]), ("0,6", [15, 21]), ("sat", [21]),
     ("0-2", [15, 16, 17]), ("*/3", [15, 18, 21]), ("*", [15, 16, 17, 18, 19, 20, 21])],
)  # fmt: skip
def test_weekdays_are_crontabs(weekday: str, days: list[int]) -> None:
    times = job(cron=f"0 8 * * {weekday}").planned(at("2024-12-14T12:00+08:00"), at("2024-12-21T12:00+08:00"))
    assert [time.astimezone(at("2024-12-15T08:00+08:00").tzinfo).day for time in times] == days


def test_clocks_going_back_plan_once() -> None:
    """Europe/London, 2024-10-27: 01:30 comes twice. APScheduler's own trigger never gets past it."""
    london = job(cron="30 1 * * *", zone="Europe/London")
    times = london.planned(at("2024-10-26T12:00+00:00"), at("2024-10-29T00:00+00:00"))
    assert times == [at("2024-10-27T00:30+00:00"), at("2024-10-28T01:30+00:00")]


def test_clocks_going_forward_plan_once() -> None:
    """Europe/London, 2024-03-31: 01:30 does not exist."""
    london = job(cron="30 1 * * *", zone="Europe/London")
    times = london.planned(at("2024-03-30T12:00+00:00"), at("2024-04-01T12:00+00:00"))
    assert times == [at("2024-03-31T01:30+00:00"), at("2024-04-01T00:30+00:00")]


def test_leap_day_and_no_day() -> None:
    assert job(cron="0 8 29 2 *").next_time(at("2097-03-01T00:00+00:00")) == at("2104-02-29T00:00+00:00")
    assert job(cron="0 8 30 2 *").next_time(at("2024-03-01T00:00+00:00")) is None


def test_no_channels_needed() -> None:
    assert Schedule(jobs=[job()]).secrets == []
