"""Where briefings are delivered to: folder, mail, webhook, each as the schedule file declares it.

No field holds a secret: a password or key is named by the environment variable it is in.
"""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from gzeco_lib.leads.webhook import Webhook

VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]*$"
ADDRESS = re.compile(r"^[^@\s<>,;:\"\\]+@[A-Za-z0-9.-]+$")


class FolderChannel(BaseModel):
    """A folder that gets a copy of the files, under one of the allowed roots."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["folder"]
    path: str = Field(min_length=1)

    @property
    def target(self) -> str:
        """What people are shown."""
        return self.path

    @property
    def secrets(self) -> list[str]:
        """Environment variables that hold secrets."""
        return []


class MailChannel(BaseModel):
    """A mail server and who gets the briefing."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    kind: Literal["smtp"]
    host: str = Field(pattern=r"^[A-Za-z0-9.:-]+$")
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    ca_file: str | None = None  # certificate authority of an intranet's own server
    sender: str = Field(alias="from")
    to: list[str] = Field(min_length=1, max_length=200)
    user: str | None = None
    password_env: str | None = Field(default=None, pattern=VARIABLE)
    timeout: float = Field(default=30, gt=0, le=300)  # [s]
    attach_limit_mb: float = Field(default=20, gt=0, le=100)  # larger files are named, not attached

    @field_validator("sender", "to", mode="after")
    @classmethod
    def _addresses(cls, value: Any) -> Any:
        for address in [value] if isinstance(value, str) else value:
            if not ADDRESS.match(address) or not address.isprintable():
                raise ValueError(f"{address!r} is not a mail address")
        return value

    @model_validator(mode="after")
    def _no_password_in_clear(self) -> MailChannel:
        if (self.user is None) != (self.password_env is None):
            raise ValueError("give both user and password_env, or neither")
        if self.security == "none" and self.password_env:
            raise ValueError("a password is never sent without encryption: use starttls or tls")
        return self

    @property
    def target(self) -> str:
        """What people are shown."""
        return f"{', '.join(self.to)} ({self.host}:{self.port})"

    @property
    def secrets(self) -> list[str]:
        """Environment variables that hold secrets."""
        return [self.password_env] if self.password_env else []


class WebhookChannel(Webhook):
    """A system that is told by a signed message; ``links`` is put before the files' paths where it can fetch them."""

    kind: Literal["webhook"]
    links: str | None = Field(default=None, pattern=r"^https?://[^?#@\s]+$")

    @property
    def target(self) -> str:
        """What people are shown."""
        return self.url

    @property
    def secrets(self) -> list[str]:
        """Environment variables that hold secrets."""
        named = [self.secret_env] if self.secret_env else []
        return [*named, self.url.removeprefix("env:")] if self.url.startswith("env:") else named


Channel = Annotated[FolderChannel | MailChannel | WebhookChannel, Field(discriminator="kind")]


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def within(path: Path, roots: list[str]) -> bool:
    """Whether ``path``, with every link followed, lies in one of ``roots``."""
    real = path.resolve()
    return any(real.is_relative_to(Path(root).resolve()) for root in roots)
