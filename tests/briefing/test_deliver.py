"""Deliveries arrive whole, once, encrypted and signed, and never show a secret."""

from __future__ import annotations

import base64
import datetime as dt
import email
import hashlib
import hmac
import ipaddress
import json
import logging
import os
import ssl
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from schedule_samples import EIGHT, GOOD, keeper, on_sqlite
from sqlalchemy import select

from gzeco_lib.briefing import deliver, deliver_folder, deliver_mail
from gzeco_lib.briefing.deliver_channels import MailChannel
from gzeco_lib.briefing.schedule_service import once
from gzeco_lib.lake import outbox
from gzeco_lib.lake.outbox import SendError
from gzeco_lib.lake.state import State
from gzeco_lib.lake.state_tables import DeliveryRow

pytest_plugins = ["state_databases"]
pytestmark = on_sqlite

PASSWORD = "geheim-0815"
FAIL = "import sys; print('no such lake', file=sys.stderr); sys.exit(2)"


class Mailbox:
    """An SMTP server's inside: takes mail from who may log in and keeps it."""

    def __init__(self) -> None:
        self.got: list[tuple[list[str], EmailMessage]] = []
        self.logins: list[str] = []
        self.refuse = ""

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address.startswith("nobody"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.refuse:
            return self.refuse
        message = email.message_from_bytes(envelope.content, policy=default)
        self.got.append((envelope.rcpt_tos, message))  # type: ignore[arg-type]
        return "250 OK"

    def authenticate(
        self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append(data.login.decode())
        return AuthResult(success=data.password.decode() == PASSWORD, handled=False)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate of 127.0.0.1, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    start = datetime.now(dt.UTC) - timedelta(days=1)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=30))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("certificate") / "mail.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(built.public_bytes(pem) + private)
    return file


def server(mailbox: Mailbox, certificate: Path, implicit: bool = False, **options: Any) -> Controller:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    options |= {"ssl_context": context} if implicit else {"tls_context": context, "require_starttls": True}
    return Controller(
        mailbox,
        hostname="127.0.0.1",
        port=0,
        authenticator=mailbox.authenticate,
        auth_require_tls=not implicit,
        **options,
    )


def start(controller: Controller) -> Controller:
    """Start on a free port, and keep that port where aiosmtpd's start-up check looks for it."""
    check = controller._trigger_server

    def found() -> None:
        assert controller.server is not None
        controller.port = controller.server.sockets[0].getsockname()[1]
        check()

    controller._trigger_server = found  # type: ignore[method-assign]
    controller.start()
    return controller


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def mail(mailbox: Mailbox, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """A channel to a mail server that wants STARTTLS and a login."""
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)
    controller = server(mailbox, certificate)
    start(controller)
    yield {
        "kind": "smtp", "host": "127.0.0.1", "port": controller.port, "ca_file": str(certificate),
        "from": "gzeco@example.cn", "to": ["leader@example.cn"], "user": "gzeco", "password_env": "MAIL_PASSWORD",
    }  # fmt: skip
    controller.stop()


def rows(state: State) -> list[DeliveryRow]:
    with state.reading() as session:
        return list(session.scalars(select(DeliveryRow).order_by(DeliveryRow.created)))


def run(
    state: State, tmp_path: Path, channel: dict[str, Any], code: str = GOOD, **changes: Any
) -> outbox.Flushed:
    work = keeper(
        state,
        tmp_path / "runs",
        code,
        channels={"there": channel},
        deliver=["there"],
        roots=[str(tmp_path)],
        **changes,
    )
    return once(work, EIGHT).delivered


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def test_mail_arrives_with_the_pdf(
    state: State, tmp_path: Path, mailbox: Mailbox, mail: dict[str, Any]
) -> None:
    assert run(state, tmp_path, mail).sent
    ((to, message),) = mailbox.got
    assert to == ["leader@example.cn"] and mailbox.logins == ["gzeco"]
    assert message["Subject"] == "环境健康研究简报 2024-12-15 08:00"
    assert message["Auto-Submitted"] == "auto-generated"
    (pdf,) = message.iter_attachments()
    assert (pdf.get_content_type(), pdf.get_filename()) == ("application/pdf", "brief.pdf")
    assert pdf.get_content() == b"%PDF-1.7 ..."
    assert "brief.html" in part(message, "html") and "brief.html" in part(message, "plain")
    assert "stdout.log" not in part(message, "plain")


def test_failed_run_is_told_by_mail(
    state: State, tmp_path: Path, mailbox: Mailbox, mail: dict[str, Any]
) -> None:
    assert run(state, tmp_path, mail, FAIL, lang="en").sent
    ((_, message),) = mailbox.got
    assert "FAILED" in message["Subject"] and "no such lake" in part(message, "plain")
    assert not list(message.iter_attachments())


def test_text_of_a_run_cannot_become_markup_or_header(
    state: State, tmp_path: Path, mailbox: Mailbox, mail: dict[str, Any]
) -> None:
    code = "import sys; print('<script>x</script>', file=sys.stderr); sys.exit(2)"
    assert run(state, tmp_path, mail, code).sent
    assert "<script>" not in part(mailbox.got[0][1], "html")
    row, channel = rows(state)[0], MailChannel.model_validate(mail)
    row.payload = row.payload | {"title": "x\r\nBcc: spy@example.cn"}
    with pytest.raises(ValueError, match=r"linefeed|newline|carriage"):
        deliver_mail.compose(channel, row)


def test_large_files_are_named_not_attached(
    state: State, tmp_path: Path, mailbox: Mailbox, mail: dict[str, Any]
) -> None:
    assert run(state, tmp_path, mail | {"attach_limit_mb": 0.000001}, lang="en").sent
    message = mailbox.got[0][1]
    assert not list(message.iter_attachments()) and "brief.pdf (1 kB), not attached" in part(message, "plain")


def test_implicit_tls(
    state: State, tmp_path: Path, mailbox: Mailbox, mail: dict[str, Any], certificate: Path
) -> None:
    controller = server(mailbox, certificate, implicit=True)
    start(controller)
    try:
        assert run(state, tmp_path, mail | {"port": controller.port, "security": "tls"}).sent
    finally:
        controller.stop()


def test_no_mail_without_encryption(
    state: State, tmp_path: Path, mailbox: Mailbox, mail: dict[str, Any]
) -> None:
    """A server without STARTTLS, or with a certificate of nobody we know, gets neither password nor mail."""
    plain = Controller(mailbox, hostname="127.0.0.1", port=0)
    start(plain)
    try:
        assert run(state, tmp_path, mail | {"port": plain.port}).waiting
    finally:
        plain.stop()
    work = keeper(state, tmp_path / "runs", channels={"there": mail | {"ca_file": None}}, deliver=["there"])
    assert once(work, EIGHT + timedelta(days=1)).delivered.waiting
    assert not mailbox.got and not mailbox.logins
    assert "STARTTLS" in str(rows(state)[0].error) and "CERTIFICATE_VERIFY_FAILED" in str(
        rows(state)[1].error
    )


@pytest.mark.parametrize(
    ("answer", "outcome", "error"),
    [("451 try later", "waiting", "SMTP 451 try later"), ("554 not here", "failed", "SMTP 554 not here")],
)
def test_server_that_refuses(
    state: State,
    tmp_path: Path,
    mailbox: Mailbox,
    mail: dict[str, Any],
    answer: str,
    outcome: str,
    error: str,
) -> None:
    mailbox.refuse = answer
    assert getattr(run(state, tmp_path, mail), outcome)
    assert rows(state)[0].error == error


def test_recipients_that_are_refused(
    state: State, tmp_path: Path, mailbox: Mailbox, mail: dict[str, Any]
) -> None:
    assert run(state, tmp_path, mail | {"to": ["nobody@example.cn", "leader@example.cn"]}).failed
    assert len(mailbox.got) == 1 and rows(state)[0].error == "not accepted for: nobody@example.cn"


def test_password_is_nowhere(
    state: State, tmp_path: Path, mail: dict[str, Any], monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("MAIL_PASSWORD", "wrong-geheim")
    assert run(state, tmp_path, mail).waiting  # a wrong password can be put right
    (row,) = rows(state)
    stored = f"{row.target} {row.settings} {row.payload} {row.error} {caplog.text}"
    assert "535" in str(row.error)
    for form in (b"wrong-geheim", base64.b64encode(b"\0gzeco\0wrong-geheim")):
        assert form.decode() not in stored


def test_missing_password_waits(
    state: State, tmp_path: Path, mail: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MAIL_PASSWORD")
    assert run(state, tmp_path, mail).waiting
    assert "MAIL_PASSWORD is not set" in str(rows(state)[0].error)


def test_mail_that_failed_goes_out_later_with_the_same_id(
    state: State, tmp_path: Path, mailbox: Mailbox, mail: dict[str, Any]
) -> None:
    mailbox.refuse = "451 try later"
    run(state, tmp_path, mail)
    first = deliver_mail.compose(MailChannel.model_validate(mail), rows(state)[0])["Message-ID"]
    mailbox.refuse = ""
    assert deliver.flush(state) == outbox.Flushed()
    assert deliver.flush(state, lambda: outbox.now() + timedelta(minutes=2)).sent
    assert mailbox.got[0][1]["Message-ID"] == first


def folder(tmp_path: Path) -> dict[str, Any]:
    return {"kind": "folder", "path": str(tmp_path / "shelf")}


def test_folder_gets_a_whole_copy(state: State, tmp_path: Path) -> None:
    assert run(state, tmp_path, folder(tmp_path)).sent
    target = tmp_path / "shelf" / "morning" / "20241215T000000Z"
    assert sorted(path.name for path in target.iterdir()) == ["brief.html", "brief.pdf", "manifest.json"]
    assert [path.name for path in target.parent.iterdir()] == [target.name]  # nothing half-made beside it
    before = (target / "brief.pdf").stat().st_mtime_ns
    deliver_folder.send(rows(state)[0])  # a repetition after a crash
    assert (target / "brief.pdf").stat().st_mtime_ns == before


def test_folder_gets_nothing_of_a_failed_run(state: State, tmp_path: Path) -> None:
    assert run(state, tmp_path, folder(tmp_path), FAIL) == outbox.Flushed()
    assert not (tmp_path / "shelf").exists() and rows(state) == []


def test_what_lies_in_the_way_is_kept(state: State, tmp_path: Path) -> None:
    target = tmp_path / "shelf" / "morning" / "20241215T000000Z"
    target.mkdir(parents=True)
    (target / "brief.pdf").write_text("half a copy")
    assert run(state, tmp_path, folder(tmp_path)).sent
    assert (target / "brief.pdf").read_bytes() == b"%PDF-1.7 ..."
    (old,) = target.parent.glob("*.old.*/*/brief.pdf")
    assert old.read_text() == "half a copy"


def test_folder_that_became_a_link_out_of_the_root(state: State, tmp_path: Path) -> None:
    root, elsewhere = tmp_path / "root", tmp_path / "elsewhere"
    root.mkdir(), elsewhere.mkdir()  # type: ignore[func-returns-value]
    work = keeper(
        state, tmp_path / "runs", channels={"there": {"kind": "folder", "path": str(root / "shelf")}},
        deliver=["there"], roots=[str(root)],
    )  # fmt: skip
    (root / "shelf").symlink_to(elsewhere)
    assert once(work, EIGHT).delivered.failed
    assert list(elsewhere.iterdir()) == [] and "allowed root" in str(rows(state)[0].error)


def test_file_that_changed_after_the_run(state: State, tmp_path: Path) -> None:
    run(state, tmp_path, folder(tmp_path))
    (row,) = rows(state)
    (Path(row.payload["folder"]) / "brief.pdf").write_bytes(b"%PDF-1.7 ??!")
    row.settings = row.settings | {"path": str(tmp_path / "second")}
    with pytest.raises(SendError, match="changed after the run"):
        deliver_folder.send(row)
    assert not list((tmp_path / "second").rglob("*.pdf"))


@pytest.mark.skipif(not os.access("/dev/full", os.W_OK), reason="needs /dev/full")
def test_full_disk_is_told_and_leaves_nothing(
    state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        with open("/dev/full", "wb", buffering=0) as file:  # noqa: PTH123
            file.write(b"x")

    monkeypatch.setattr(deliver_folder.shutil, "copyfile", full)
    assert run(state, tmp_path, folder(tmp_path)).waiting
    assert "disk is full" in str(rows(state)[0].error)
    assert list((tmp_path / "shelf" / "morning").iterdir()) == []


class Hook(BaseHTTPRequestHandler):
    got: ClassVar[list[tuple[dict[str, str], bytes]]] = []

    def do_POST(self) -> None:
        self.got.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    monkeypatch.setenv("HOOK_SECRET", PASSWORD)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    Hook.got = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Hook) as listening:
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield {
            "kind": "webhook", "url": f"http://127.0.0.1:{listening.server_port}/x", "secret_env": "HOOK_SECRET",
            "links": "https://files.example.cn/briefs/",
        }  # fmt: skip
        listening.shutdown()
        thread.join()


def test_webhook_tells_files_with_link_and_hash(state: State, tmp_path: Path, hook: dict[str, Any]) -> None:
    assert run(state, tmp_path, hook).sent
    ((headers, body),) = Hook.got
    signed = headers["X-Gzeco-Timestamp"].encode() + b"." + body
    assert (
        headers["X-Gzeco-Signature"]
        == "sha256=" + hmac.new(PASSWORD.encode(), signed, hashlib.sha256).hexdigest()
    )
    told = json.loads(body)
    assert (told["event"], told["job"], told["planned"]) == ("ok", "morning", "2024-12-15T00:00:00+00:00")
    (pdf,) = [entry for entry in told["files"] if entry["path"] == "brief.pdf"]
    assert pdf["sha256"] == hashlib.sha256(b"%PDF-1.7 ...").hexdigest()
    assert pdf["link"] == "https://files.example.cn/briefs/morning/20241215T000000Z/brief.pdf"
    assert str(tmp_path) not in body.decode()  # where files lie on the server is nobody's business


def test_webhook_is_told_of_a_failure(state: State, tmp_path: Path, hook: dict[str, Any]) -> None:
    assert run(state, tmp_path, hook, FAIL).sent
    told = json.loads(Hook.got[0][1])
    assert (told["event"], told["error"]) == ("failed", "no such lake")


def test_delivery_is_written_with_the_end_of_the_run(
    state: State, tmp_path: Path, hook: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scheduler dies after the run and before sending: the next one sends."""
    with monkeypatch.context() as patch:
        patch.setattr(deliver, "flush", lambda *_: outbox.Flushed())
        run(state, tmp_path, hook)
    assert [row.status for row in rows(state)] == ["waiting"] and not Hook.got
    assert run(state, tmp_path, hook).sent and len(Hook.got) == 1
    assert run(state, tmp_path, hook) == outbox.Flushed() and len(Hook.got) == 1


def test_files_stay_while_a_message_waits(
    state: State, tmp_path: Path, mail: dict[str, Any], mailbox: Mailbox
) -> None:
    mailbox.refuse = "451 try later"
    for day in range(2):
        work = keeper(state, tmp_path / "runs", channels={"there": mail}, deliver=["there"], keep=1)
        once(work, EIGHT + timedelta(days=day))
    assert all(Path(row.payload["folder"], "brief.pdf").exists() for row in rows(state))
