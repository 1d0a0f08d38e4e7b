"""The page of briefing runs: what ran, what failed, and where the files are; it reads, and starts nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pandas as pd
import panel as pn
import panel_material_ui as pmui
import param

from gzeco_lib.errors import N_
from gzeco_lib.views import cards, states, tables, theme
from gzeco_lib.views.cards import Card, Grade
from gzeco_lib.views.components import DataTable, RankedList
from gzeco_lib.views.layout import choice, column, heading_markup, html, surface, toolbar
from gzeco_lib.views.page import Notices, frame, guarded
from gzeco_lib.views.view_state import ViewState
from gzeco_lib.views.words import Translate, words

SLUG = "runs"
TITLE = N_("Briefing runs")
WEEK = timedelta(days=7)

# Status, its words, and how grave it is on the scale of the theme.
STATUS = {
    "ok": (N_("done"), "low"),
    "running": (N_("running"), "low"),
    "planned": (N_("waiting"), "moderate"),
    "missed": (N_("missed"), "high"),
    "failed": (N_("failed"), "very_high"),
    "timed_out": (N_("took too long"), "very_high"),
}
BAD = ("failed", "timed_out", "missed")
SHOWN = {"all": N_("All"), "bad": N_("Failed or missed"), "ok": N_("Done")}


class RunsState(ViewState):
    """What the address of this page keeps."""

    shown: Any = param.Selector(default="all", objects=list(SHOWN))


def page(history: Callable[[], pd.DataFrame]) -> pmui.Page:
    """The page for this session; ``history`` gives the runs as `gzeco_lib.briefing.jobs.history` does."""
    location = pn.state.location
    state = RunsState.from_query(location.query_params if location is not None else {})
    _ = words(state.lang)
    return guarded(
        _, state, slug=SLUG, title=_(TITLE), build=lambda notices: _build(_, state, notices, history)
    )


def _build(
    _: Translate, state: RunsState, notices: Notices, history: Callable[[], pd.DataFrame]
) -> pmui.Page:
    runs = history()
    body: list[Any] = [notices.pane]
    if runs.empty:
        empty = states.state(
            "empty",
            _("No briefing has run yet."),
            _("Name jobs in parameters/schedule.yaml and start gzeco schedule; its runs appear here."),
        )
        body.append(html(empty))
    else:
        body += _parts(_, state, runs)
    return frame(_, state, slug=SLUG, title=_(TITLE), body=column(*body))


def _parts(_: Translate, state: RunsState, runs: pd.DataFrame) -> list[Any]:
    picked = choice(_("Shown"), {key: _(label) for key, label in SHOWN.items()}, state.shown)
    title = html("")
    table = DataTable(nothing=_("no rows"), sizing_mode="stretch_width", margin=0)
    csv = pmui.FileDownload(
        callback=lambda: _csv(sheet(_, chosen(runs, state.shown))),
        filename=f"{SLUG}.csv",
        label=_("Download CSV"),
        variant="outlined",
        size="small",
        margin=0,
        embed=False,
        auto=True,
    )

    def show(*_event: Any) -> None:
        found = sheet(_, chosen(runs, state.shown))
        columns, rows = found.shown()
        table.param.update(columns=columns, caption=found.title)
        table.rows = rows
        title.object = heading_markup(found.title, _("{n} rows").format(n=len(rows)))

    picked.param.watch(lambda event: setattr(state, "shown", event.new), "value")
    state.param.watch(show, "shown")
    show()
    jobs = RankedList(
        rows=job_rows(_, runs), label=_("Jobs"), nothing=_("no rows"), sizing_mode="stretch_width", margin=0
    )
    return [
        html(cards.answer(answer(_, runs), None, [(_("As of"), _when(pd.Timestamp.now("UTC")))])),
        html(cards.cards(run_cards(_, runs))),
        surface(html(heading_markup(_("Latest run of each job"))), jobs),
        surface(title, toolbar(picked, csv), table),
    ]


def _csv(found: tables.Sheet) -> Any:
    from io import BytesIO

    return BytesIO(tables.csv(found))


def chosen(runs: pd.DataFrame, shown: str) -> pd.DataFrame:
    """The rows of ``runs`` that ``shown`` names."""
    if shown == "bad":
        return runs[runs["status"].isin(BAD)]
    return runs[runs["status"] == "ok"] if shown == "ok" else runs


def answer(_: Translate, runs: pd.DataFrame) -> str:
    """The state of the last seven days in one sentence."""
    week = runs[runs["planned"] >= runs["planned"].max() - WEEK]
    bad = int(week["status"].isin(BAD).sum())
    if bad == 0:
        return _("In the last 7 days every run that was due succeeded ({n} runs).").format(
            n=int((week["status"] == "ok").sum())
        )
    last = week[week["status"].isin(BAD)].iloc[0]
    return _(
        "In the last 7 days {bad} of {n} runs failed or were missed, the latest {job} at {time}."
    ).format(bad=bad, n=len(week), job=last["job"], time=_when(last["planned"]))


def run_cards(_: Translate, runs: pd.DataFrame) -> list[Card]:
    """At most five figures of the last seven days."""
    week = runs[runs["planned"] >= runs["planned"].max() - WEEK]
    ok = int((week["status"] == "ok").sum())
    bad = int(week["status"].isin(BAD).sum())
    ended = ok + bad
    grade = Grade(_("all well"), theme.SEVERITY["low"], theme.SIGNS["low"])
    if bad:
        grade = Grade(_("look here"), theme.SEVERITY["very_high"], theme.SIGNS["very_high"])
    return [
        Card(
            _("Succeeded"),
            theme.number(100 * ok / ended, 0) if ended else theme.NO_VALUE,
            "%",
            _("last 7 days"),
            grade=grade,
        ),
        Card(_("Failed or missed"), theme.number(bad), "", _("last 7 days")),
        Card(_("Median time of a run"), theme.number(week["seconds"].median(), 0), "s", _("last 7 days")),
        Card(
            _("Not delivered yet"),
            theme.number(float((week["deliveries"] - week["delivered"]).sum())),
            "",
            _("messages"),
        ),
    ]


def job_rows(_: Translate, runs: pd.DataFrame) -> list[dict[str, Any]]:
    """The latest run of each job as rows of a list; the bar is the share of its runs that succeeded."""
    rows = []
    for rank, (job, own) in enumerate(runs.groupby("job", sort=True), start=1):
        last = own.iloc[0]
        label, band = STATUS[str(last["status"])]
        ended = own[own["status"].isin((*BAD, "ok"))]
        share = float((ended["status"] == "ok").mean()) if len(ended) else 0.0
        rows.append(
            {
                "key": str(job),
                "rank": str(rank),
                "name": str(job),
                "note": str(last["error"] or ""),
                "share": share,
                "value": _when(last["planned"]),
                "colour": theme.SEVERITY[band],
                "sign": theme.SIGNS[band],
                "grade": _(label),
                "title": str(last["error"] or job),
            }
        )
    return rows


def sheet(_: Translate, runs: pd.DataFrame) -> tables.Sheet:
    """The runs as a table."""
    told = runs.assign(
        state=[_(STATUS[s][0]) for s in runs["status"]],
        late=[_("yes") if made_up else "" for made_up in runs["made_up"]],
        sent=[
            f"{done}/{asked}" if asked else ""
            for done, asked in zip(runs["delivered"], runs["deliveries"], strict=True)
        ],
    )
    columns = [
        tables.Column("planned", _("Planned"), time=True),
        tables.Column("job", _("Job")),
        tables.Column("runs", _("Runs")),
        tables.Column("state", _("Status")),
        tables.Column("late", _("Made up later")),
        tables.Column("attempt", _("Attempts"), "", 0),
        tables.Column("started", _("Started"), time=True),
        tables.Column("seconds", _("Time taken"), "s", 1),
        tables.Column("files", _("Files"), "", 0),
        tables.Column("sent", _("Delivered")),
        tables.Column("folder", _("Folder")),
        tables.Column("error", _("Error")),
    ]
    return tables.Sheet(_("Runs, newest first"), columns, told)


def _when(time: pd.Timestamp) -> str:
    return time.tz_convert(theme.ZONE).strftime(theme.TIME_FORMAT)
