"""Delivery by mail: a short summary as text and HTML, the PDF attached, over TLS."""

from __future__ import annotations

import html
import smtplib
import ssl
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from pathlib import Path
from zoneinfo import ZoneInfo

from gzeco_lib.briefing.deliver_channels import MailChannel
from gzeco_lib.errors import N_, InputError
from gzeco_lib.lake.outbox import SendError
from gzeco_lib.lake.state_tables import DeliveryRow
from gzeco_lib.leads.webhook import hide, secret
from gzeco_lib.views.words import words

KINDS = {".pdf": ("application", "pdf")}  # what is attached
FAILED = {
    "failed": N_("FAILED: {title}, {time}"),
    "timed_out": N_("FAILED, it took too long: {title}, {time}"),
}


def send(row: DeliveryRow) -> None:
    """Send an outbox row of kind ``smtp``.

    Raises:
        SendError: no connection, no encryption, not accepted; permanent where the server refuses it for good.
    """
    channel = MailChannel.model_validate(row.settings)
    password = ""
    try:
        password = secret(channel.password_env) if channel.password_env else ""
        message = compose(channel, row)
        with _connect(channel) as server:
            if channel.user:
                server.login(channel.user, password)
            refused = server.send_message(message)
    except InputError as error:
        raise SendError(str(error)) from None
    except smtplib.SMTPResponseException as error:
        said = (
            error.smtp_error.decode("utf-8", "replace")
            if isinstance(error.smtp_error, bytes)
            else error.smtp_error
        )
        final = 500 <= error.smtp_code < 600 and not isinstance(error, smtplib.SMTPAuthenticationError)
        raise SendError(hide(f"SMTP {error.smtp_code} {said}", password), permanent=final) from None
    except smtplib.SMTPRecipientsRefused as error:
        raise SendError("no recipient was accepted: " + ", ".join(error.recipients), permanent=True) from None
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise SendError(hide(f"{type(error).__name__}: {error}", password)) from None
    if refused:
        # The others have it: sending again would give it to them twice.
        raise SendError("not accepted for: " + ", ".join(refused), permanent=True)


def _connect(channel: MailChannel) -> smtplib.SMTP:
    if channel.security == "none":
        return smtplib.SMTP(channel.host, channel.port, timeout=channel.timeout)
    context = ssl.create_default_context(cafile=channel.ca_file)
    if channel.security == "tls":
        return smtplib.SMTP_SSL(channel.host, channel.port, timeout=channel.timeout, context=context)
    server = smtplib.SMTP(channel.host, channel.port, timeout=channel.timeout)
    try:
        server.starttls(context=context)  # raises where the server has none: never go on in clear
    except BaseException:
        server.close()
        raise
    return server


def compose(channel: MailChannel, row: DeliveryRow) -> EmailMessage:
    """The message; a line break in any header is refused by the message itself (``ValueError``)."""
    told, _ = row.payload, words(row.payload["lang"])
    time = (
        datetime.fromisoformat(told["planned"]).astimezone(ZoneInfo(told["zone"])).strftime("%Y-%m-%d %H:%M")
    )
    title, sentence = told["title"], FAILED.get(told["event"])
    subject = _(sentence).format(title=_(title), time=time) if sentence else f"{_(title)} {time}"
    message = EmailMessage(policy=SMTP)
    message["Subject"], message["From"], message["To"] = subject, channel.sender, ", ".join(channel.to)
    message["Date"] = formatdate(localtime=False)
    # The same id on every try, so that a mailbox can drop the repetition after a crash.
    message["Message-ID"] = f"<{row.key}@{channel.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    attached, lines = _attachments(channel, row), [subject]
    if told["error"]:
        lines.append(_("Reason: {error}").format(error=told["error"]))
    for entry in told["files"]:
        size = _("{name} ({size} kB)").format(name=entry["path"], size=max(1, entry["bytes"] // 1024))
        lines.append(size if entry["path"] in attached else _("{file}, not attached").format(file=size))
    message.set_content("\n".join(lines) + "\n")
    message.add_alternative(_page(lines, told["lang"]), subtype="html")
    for name, (kind, data) in attached.items():
        message.add_attachment(data, maintype=kind[0], subtype=kind[1], filename=Path(name).name)
    return message


def _attachments(channel: MailChannel, row: DeliveryRow) -> dict[str, tuple[tuple[str, str], bytes]]:
    left, found = int(channel.attach_limit_mb * 1_000_000), {}
    for entry in row.payload["files"]:
        kind, path = KINDS.get(Path(entry["path"]).suffix), Path(row.payload["folder"]) / entry["path"]
        if kind and entry["bytes"] <= left and path.is_file():
            found[entry["path"]] = (kind, path.read_bytes())
            left -= entry["bytes"]
    return found


def _page(lines: list[str], lang: str) -> str:
    head, *rest = (html.escape(line) for line in lines)
    items = "".join(f"<li>{line}</li>" for line in rest)
    return (
        f'<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8"><title>{head}</title></head>'
        f"<body><h1>{head}</h1><ul>{items}</ul></body></html>\n"
    )
