"""Pushing confirmed leads to another system by webhook, through the outbox."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gzeco_lib.errors import N_, InputError
from gzeco_lib.lake import outbox
from gzeco_lib.lake.state import State
from gzeco_lib.lake.state_tables import DeliveryRow, LeadRow
from gzeco_lib.leads import webhook
from gzeco_lib.leads.lead import plain
from gzeco_lib.leads.ledger import described, step
from gzeco_lib.leads.webhook import Webhook


def enqueue(
    state: State,
    lead_ids: Iterable[str],
    hook: Webhook,
    who: str,
    clock: Callable[[], datetime] = outbox.now,
) -> list[str]:
    """Put confirmed leads into the outbox, all or none; one that is already there is not put twice.

    Raises:
        InputError: a lead that does not exist or is not confirmed (or already pushed), nobody named, an address
            or secret that cannot be used.
    """
    if not who.strip():
        raise InputError(N_("nobody is named as the sender"), "gzeco leads push", N_("say who: --who NAME"))
    hook.address()
    if hook.secret_env:
        webhook.secret(hook.secret_env)
    with state.session() as session:
        return [outbox.put(session, _message(session, one, hook, who), clock()).id for one in lead_ids]


def flush(state: State, clock: Callable[[], datetime] = outbox.now) -> outbox.Flushed:
    """Send the pushes that are due; a lead whose push arrived becomes ``pushed`` in the same transaction."""

    def done(session: Session, row: DeliveryRow) -> None:
        lead = session.get(LeadRow, row.lead_id)
        if lead is not None and lead.status == "confirmed":
            step(session, lead.id, "pushed", row.who, row.target, clock())

    return outbox.flush(state, {"webhook": webhook.send}, DeliveryRow.lead_id.is_not(None), done, clock)


def _message(session: Session, lead_id: str, hook: Webhook, who: str) -> outbox.Message:
    row = session.scalars(select(LeadRow).where(LeadRow.id == lead_id)).first()
    if row is None:
        raise InputError(
            N_("there is no lead {lead}"),
            N_("the ledger"),
            N_("see the ids with: gzeco leads list"),
            lead=lead_id,
        )
    if row.status not in ("confirmed", "pushed"):
        raise InputError(
            N_("only a confirmed lead can be pushed, this one is {status}"),
            N_("lead {lead}"),
            N_("confirm it first: gzeco leads review {lead} --to confirmed"),
            status=row.status,
            lead=lead_id,
        )
    where = hashlib.sha256(hook.url.encode()).hexdigest()[:12]
    return outbox.Message(
        key=f"lead-{lead_id}-{where}",
        kind="webhook",
        target=hook.url,
        settings=hook.model_dump(),
        payload={"event": "lead", "lead": payload(row)},
        lead_id=lead_id,
        who=who,
    )


def payload(row: LeadRow) -> dict[str, Any]:
    """The lead as the receiver gets it: plain JSON, times ISO 8601 UTC; message ids are English text."""
    sent: dict[str, Any] = plain(described(row))
    return sent
