"""One signed JSON message by HTTP POST.

The receiver checks ``X-Gzeco-Signature: sha256=HMAC(secret, timestamp + "." + body)`` against
``X-Gzeco-Timestamp`` and drops an ``Idempotency-Key`` it has seen. Secrets come from the environment only.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import time
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

import gzeco_lib
from gzeco_lib.errors import N_, InputError
from gzeco_lib.lake.outbox import SendError
from gzeco_lib.lake.state_tables import DeliveryRow

FROM_ENVIRONMENT = re.compile(r"^env:([A-Za-z_][A-Za-z0-9_]*)$")
AGAIN = (408, 425, 429)  # besides 5xx: the receiver asks for a later try


class Webhook(BaseModel):
    """Where to post and how; an address that holds a token is given as ``env:NAME``."""

    model_config = ConfigDict(extra="forbid")

    url: str
    secret_env: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    timeout: float = Field(default=10, gt=0, le=120)  # [s]
    allow: list[str] = Field(default_factory=list)  # hosts; ".gd.gov.cn" also allows its subdomains

    @field_validator("url")
    @classmethod
    def _address(cls, url: str) -> str:
        if FROM_ENVIRONMENT.match(url):
            return url
        parts = urlsplit(url)
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("an address with a user, password or query may hold a secret: give env:NAME")
        if fault := unusable(url, []):
            raise ValueError(fault)
        return url

    def address(self) -> str:
        """The address to post to.

        Raises:
            InputError: the environment variable is not set, or the address is not one that may be used.
        """
        named = FROM_ENVIRONMENT.match(self.url)
        url = secret(named[1]) if named else self.url
        if fault := unusable(url, self.allow):
            raise InputError(
                N_("the webhook's address may not be used: {fault}"),
                "{place}",
                N_("give an http or https address of an allowed host"),
                place=self.url,
                fault=fault,
            )
        return url


def unusable(url: str, allow: list[str]) -> str:
    """Why ``url`` may not be posted to; "" where it may."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        return "not an address"
    if parts.scheme not in ("http", "https"):
        return "only http and https"
    if not host:
        return "no host"
    if allow and not any(host == name or (name[:1] == "." and host.endswith(name)) for name in allow):
        return f"host {host} is not in the allow-list"
    return ""


def secret(name: str) -> str:
    """The secret in environment variable ``name``.

    Raises:
        InputError: it is not set or empty.
    """
    value = os.environ.get(name, "")
    if not value:
        raise InputError(
            N_("the environment variable {name} is not set"),
            N_("secrets are read from the environment"),
            N_("set it for the process that sends"),
            name=name,
        )
    return value


def hide(message: str, *secrets: str) -> str:
    """``message`` without any of ``secrets``."""
    for value in secrets:
        if value:
            message = message.replace(value, "***")
    return message


def signature(key: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 (RFC 2104) of timestamp and body, as the header has it."""
    return "sha256=" + hmac.new(key.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def post(hook: Webhook, key: str, payload: dict[str, Any]) -> None:
    """Post ``payload`` as JSON; redirects are not followed.

    Raises:
        SendError: no answer or not a 2xx; permanent where the receiver refuses the message itself.
    """
    import httpx

    body = json.dumps(payload, ensure_ascii=False, sort_keys=True).encode()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": f"gzeco/{gzeco_lib.__version__}",
        "Idempotency-Key": key,
    }
    try:
        url = hook.address()
        if hook.secret_env:
            timestamp = str(int(time.time()))
            headers["X-Gzeco-Timestamp"] = timestamp
            headers["X-Gzeco-Signature"] = signature(secret(hook.secret_env), timestamp, body)
    except InputError as error:
        raise SendError(str(error)) from None
    try:
        with httpx.Client(timeout=hook.timeout, follow_redirects=False) as client:
            status = client.post(url, content=body, headers=headers).status_code
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        # The address can hold a token and httpx can quote it.
        raise SendError(hide(f"{type(error).__name__}: {error}", url, urlsplit(url).query)) from None
    if not 200 <= status < 300:
        raise SendError(f"HTTP {status}", permanent=status < 500 and status not in AGAIN)


def send(row: DeliveryRow) -> None:
    """Send an outbox row of kind ``webhook``."""
    post(Webhook(**row.settings), row.key, row.payload)
