"""``gzeco leads``: the ledger of problem leads from the command line."""

from __future__ import annotations

import getpass
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from gzeco_lib.cli.app import JsonOption, LakeOption, _, answer, app
from gzeco_lib.errors import N_, FailureError, InputError

leads = typer.Typer(help=_("Problem leads: list, show, review, push."), no_args_is_help=True)
app.add_typer(leads, name="leads")

STATUS = {
    "new": N_("new"),
    "confirmed": N_("confirmed"),
    "dismissed": N_("dismissed"),
    "pushed": N_("pushed"),
    "closed": N_("closed"),
}
SEVERITY = {
    "info": N_("information"),
    "low": N_("minor"),
    "medium": N_("moderate"),
    "high": N_("grave"),
}

LOCAL = ZoneInfo("Asia/Shanghai")
WhoOption = Annotated[
    str, typer.Option("--who", envvar="GZECO_USER", help=_("Who does this; kept in the review trail."))
]
LeadArgument = Annotated[str, typer.Argument(help=_("Id of the lead."))]


def _me() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user need not have a name
        return ""


def told(row: dict[str, Any]) -> str:
    """The lead's finding as a sentence; a field that is not there leaves the sentence as it is."""
    sentence = _translated(row, "title")
    try:
        return sentence.format(**row["fields"])
    except (KeyError, IndexError, ValueError):
        return sentence


def _translated(row: dict[str, Any], name: str) -> str:
    message = row[name]
    return _(message)


def _word(of: dict[str, str], key: str) -> str:
    message = of[key]
    return _(message)


def _line(row: dict[str, Any]) -> str:
    grave, status = _word(SEVERITY, row["severity"]), _word(STATUS, row["status"])
    return f"{row['id']}  {grave}  {status}  {row['last_seen']:%Y-%m-%d}  {told(row)}"


@leads.command("list", help=_("List leads, the gravest first."))
def list_leads(
    lake: LakeOption,
    status: Annotated[str | None, typer.Option(help=_("Only leads of this status."))] = None,
    scenario: Annotated[str | None, typer.Option(help=_("Only leads of this scenario."))] = None,
    rule: Annotated[str | None, typer.Option(help=_("Only leads of this rule."))] = None,
    severity: Annotated[str | None, typer.Option(help=_("Only leads at least this grave."))] = None,
    district: Annotated[str | None, typer.Option(help=_("Only leads of this district (adcode)."))] = None,
    subject: Annotated[
        str | None, typer.Option(help=_("Only leads about this enterprise, site or cell."))
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help=_("At most so many."))] = 100,
    as_json: JsonOption = False,
) -> None:
    """List leads."""
    from dataclasses import asdict

    from gzeco_lib.lake import Lake
    from gzeco_lib.leads.feedback import precision
    from gzeco_lib.leads.ledger import Ledger

    state = Lake.open(lake).state
    rows = Ledger(state).find(status, scenario, rule, severity, district, subject, limit=limit)
    judged = precision(state, scenario)
    lines = [_line(row) for row in rows] or [_("No leads.")]
    for one in judged:
        shares = {k: f"{getattr(one, k):.0%}" for k in ("precision", "low", "high")}
        fields = asdict(one) | shares | {"rule": f"{one.scenario}/{one.rule}"}
        told_ = _(
            "{rule}: {confirmed} confirmed, {dismissed} dismissed, precision {precision} ({low} to {high})"
        )
        lines.append(told_.format(**fields))
    answer({"leads": rows, "precision": [asdict(one) for one in judged]}, as_json, "\n".join(lines))


@leads.command("show", help=_("Show one lead with its evidence, legal basis and review trail."))
def show(lead: LeadArgument, lake: LakeOption, as_json: JsonOption = False) -> None:
    """Show a lead."""
    from gzeco_lib.lake import Lake
    from gzeco_lib.leads.ledger import Ledger

    found = Ledger(Lake.open(lake).state).get(lead)
    lines = [_line(found), _("Suggested action: {action}").format(action=_translated(found, "action"))]
    lines += [
        _("Legal basis: {document} {clause} (as of {date})").format(**basis) for basis in found["legal_basis"]
    ]
    lines += [
        f"{r['at'].astimezone(LOCAL):%Y-%m-%d %H:%M}  {r['who']}: "
        f"{_word(STATUS, r['from'])} → {_word(STATUS, r['to'])}  {r['reason']}"
        for r in found["reviews"]
    ]
    answer(found, as_json, "\n".join(lines))


@leads.command(
    "review", help=_("Take a lead one step further: confirmed, dismissed (with a reason), closed.")
)
def review(
    lead: LeadArgument,
    lake: LakeOption,
    to: Annotated[str, typer.Option("--to", help=_("The status it gets."))],
    who: WhoOption = "",
    reason: Annotated[str, typer.Option(help=_("Why; a dismissal needs one."))] = "",
    as_json: JsonOption = False,
) -> None:
    """Review a lead."""
    from gzeco_lib.lake import Lake
    from gzeco_lib.leads.ledger import Ledger

    found = Ledger(Lake.open(lake).state).review(lead, to, who or _me(), reason)
    answer(found, as_json, _line(found))


@leads.command("push", help=_("Push confirmed leads by webhook; without leads, send what is still waiting."))
def push(
    lake: LakeOption,
    leads_: Annotated[
        list[str] | None, typer.Argument(metavar="LEAD...", help=_("Ids of the leads."))
    ] = None,
    to: Annotated[
        str | None,
        typer.Option("--to", help=_("Address to push to, or env:NAME where the address holds a token.")),
    ] = None,
    secret_env: Annotated[
        str | None, typer.Option(help=_("Environment variable with the secret that signs the message."))
    ] = None,
    allow: Annotated[list[str] | None, typer.Option(help=_("Allowed host; may be repeated."))] = None,
    who: WhoOption = "",
    as_json: JsonOption = False,
) -> None:
    """Push leads."""
    from gzeco_lib.lake import Lake
    from gzeco_lib.leads import push as pushing

    if leads_ and not to:
        raise InputError(N_("no address to push to"), "--to", N_("name one: --to https://…"))
    if to and not leads_:
        raise InputError(N_("no lead is named"), "gzeco leads push", N_("name the leads to push"))
    state = Lake.open(lake).state
    if leads_ and to:
        pushing.enqueue(state, leads_, _hook(to, secret_env, allow), who or _me())
    done = pushing.flush(state)
    counts = {"sent": len(done.sent), "waiting": len(done.waiting), "failed": len(done.failed)}
    answer(
        counts,
        as_json,
        _("{sent} pushed, {waiting} wait for another try, {failed} given up").format(**counts),
    )
    if done.waiting or done.failed:
        raise FailureError(
            N_("{count} leads were not pushed"),
            N_("the outbox"),
            N_("see why with: gzeco leads show; send what waits with: gzeco leads push"),
            count=counts["waiting"] + counts["failed"],
        )


def _hook(to: str, secret_env: str | None, allow: list[str] | None) -> Any:
    from pydantic import ValidationError

    from gzeco_lib.leads.webhook import Webhook

    try:
        return Webhook(url=to, secret_env=secret_env, allow=allow or [])
    except ValidationError as error:
        fault = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise InputError(
            N_("the webhook's address may not be used: {fault}"),
            "--to",
            N_("give an http or https address of an allowed host"),
            fault=fault,
        ) from None
