"""Pushes go out signed, once for the receiver, and survive a crash of the sender."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from leads_samples import FOUND, lead
from sqlalchemy import select

from gzeco_lib.errors import InputError
from gzeco_lib.lake import outbox
from gzeco_lib.lake.state import State
from gzeco_lib.lake.state_tables import DeliveryRow
from gzeco_lib.leads import push, webhook
from gzeco_lib.leads.ledger import Ledger
from gzeco_lib.leads.webhook import Webhook

pytest_plugins = ["state_databases"]

SECRET = "geheim-4711"


class Receiver(ThreadingHTTPServer):
    """A webhook receiver that keeps what it gets and answers what it is told to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[int] = []
        self.got: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/leads"


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((dict(self.headers), body))
        self.send_response(self.server.answers.pop(0) if self.server.answers else 200)
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class Clock:
    def __init__(self) -> None:
        self.time = FOUND

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def confirmed(state: State, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("PUSH_SECRET", SECRET)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    Ledger(state).record([lead()], FOUND)
    Ledger(state).review(lead().lead_id, "confirmed", "li")
    return lead().lead_id


def rows(state: State) -> list[DeliveryRow]:
    with state.reading() as session:
        return list(session.scalars(select(DeliveryRow)))


def test_push_arrives_signed(state: State, receiver: Receiver, confirmed: str) -> None:
    push.enqueue(state, [confirmed], Webhook(url=receiver.url, secret_env="PUSH_SECRET"), "li")
    assert len(push.flush(state).sent) == 1
    ((headers, body),) = receiver.got
    signed = headers["X-Gzeco-Timestamp"].encode() + b"." + body
    assert (
        headers["X-Gzeco-Signature"]
        == "sha256=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    )
    assert headers["Idempotency-Key"].startswith(f"lead-{confirmed}-")
    sent = json.loads(body)["lead"]
    assert sent["id"] == confirmed and sent["legal_basis"][0]["document"] == "HJ 818-2018"
    found = Ledger(state).get(confirmed)
    assert found["status"] == "pushed" and found["pushes"][0]["status"] == "sent"
    assert [r["to"] for r in found["reviews"]] == ["confirmed", "pushed"]


def test_pushing_again_sends_nothing(state: State, receiver: Receiver, confirmed: str) -> None:
    for _ in range(3):
        push.enqueue(state, [confirmed], Webhook(url=receiver.url), "li")
        push.flush(state)
    assert len(receiver.got) == 1


def test_retry_with_backoff_and_the_same_key(state: State, receiver: Receiver, confirmed: str) -> None:
    clock = Clock()
    receiver.answers = [503, 429]
    push.enqueue(state, [confirmed], Webhook(url=receiver.url), "li", clock)
    assert push.flush(state, clock).waiting
    assert push.flush(state, clock) == outbox.Flushed()  # not yet due
    assert Ledger(state).get(confirmed)["status"] == "confirmed"
    clock.time += timedelta(seconds=61)
    assert push.flush(state, clock).waiting
    clock.time += timedelta(seconds=61)
    assert push.flush(state, clock) == outbox.Flushed()  # the wait has doubled
    clock.time += timedelta(seconds=61)
    assert push.flush(state, clock).sent
    assert len({headers["Idempotency-Key"] for headers, _ in receiver.got}) == 1 and len(receiver.got) == 3


def test_refusal_is_final_and_can_be_asked_anew(state: State, receiver: Receiver, confirmed: str) -> None:
    receiver.answers = [400]
    push.enqueue(state, [confirmed], Webhook(url=receiver.url), "li")
    assert push.flush(state).failed
    assert (rows(state)[0].status, rows(state)[0].error) == ("failed", "HTTP 400")
    push.enqueue(state, [confirmed], Webhook(url=receiver.url), "li")
    assert push.flush(state).sent


def test_redirect_is_not_followed(state: State, receiver: Receiver, confirmed: str) -> None:
    receiver.answers = [307]
    push.enqueue(state, [confirmed], Webhook(url=receiver.url), "li")
    assert push.flush(state).failed and len(receiver.got) == 1


def test_given_up_after_the_last_attempt(state: State, confirmed: str) -> None:
    clock = Clock()
    push.enqueue(state, [confirmed], Webhook(url="http://127.0.0.1:1/x", timeout=2), "li", clock)
    for _ in range(outbox.ATTEMPTS - 1):
        assert push.flush(state, clock).waiting
        clock.time += outbox.LONGEST_WAIT
    assert push.flush(state, clock).failed
    assert rows(state)[0].attempts == outbox.ATTEMPTS and rows(state)[0].error


def test_sender_killed_between_sending_and_marking(state: State, receiver: Receiver, confirmed: str) -> None:
    clock = Clock()
    push.enqueue(state, [confirmed], Webhook(url=receiver.url), "li", clock)

    class Killed(BaseException):
        pass

    def die(row: DeliveryRow) -> None:
        webhook.send(row)
        raise Killed

    with pytest.raises(Killed):
        outbox.flush(state, {"webhook": die}, DeliveryRow.lead_id.is_not(None), clock=clock)
    assert rows(state)[0].status == "sending"
    assert push.flush(state, clock) == outbox.Flushed()  # the lease still holds
    clock.time += outbox.LEASE
    assert push.flush(state, clock).sent
    assert len({headers["Idempotency-Key"] for headers, _ in receiver.got}) == 1
    assert Ledger(state).get(confirmed)["status"] == "pushed"


def test_senders_side_by_side_send_once(state: State, receiver: Receiver) -> None:
    for number in range(6):
        Ledger(state).record([lead(subject=f"s{number}")], FOUND)
        Ledger(state).review(lead(subject=f"s{number}").lead_id, "confirmed", "li")
    ids = [lead(subject=f"s{number}").lead_id for number in range(6)]
    push.enqueue(state, ids, Webhook(url=receiver.url), "li")
    threads = [threading.Thread(target=push.flush, args=(state,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(receiver.got) == 6 and {row.status for row in rows(state)} == {"sent"}


def test_only_confirmed_leads_and_all_or_none(state: State, confirmed: str) -> None:
    Ledger(state).record([lead(subject="new")], FOUND)
    with pytest.raises(InputError, match="only a confirmed lead"):
        push.enqueue(state, [confirmed, lead(subject="new").lead_id], Webhook(url="http://127.0.0.1/x"), "li")
    assert rows(state) == []


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://h/x",
        "http://",
        "http://u:geheim@h/x",
        "http://h/x?key=geheim",
        "http://h:a/",
        "x",
    ],
)
def test_addresses_refused(url: str) -> None:
    with pytest.raises(ValueError):
        Webhook(url=url)


def test_address_with_a_token_stays_in_the_environment(
    state: State, confirmed: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("ROBOT", "http://127.0.0.1:1/robot?key=geheim")
    push.enqueue(state, [confirmed], Webhook(url="env:ROBOT", timeout=2), "li")
    assert push.flush(state).waiting
    (row,) = rows(state)
    stored = f"{row.target} {row.settings} {row.payload} {row.error} {caplog.text}"
    assert "geheim" not in stored and row.target == "env:ROBOT"


def test_missing_secret_and_host_off_the_list(
    state: State, confirmed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="NOT_SET is not set"):
        push.enqueue(state, [confirmed], Webhook(url="http://127.0.0.1/x", secret_env="NOT_SET"), "li")
    with pytest.raises(InputError, match="allow-list"):
        push.enqueue(state, [confirmed], Webhook(url="http://evil.cn/x", allow=[".gov.cn"]), "li")
    assert Webhook(url="http://a.gd.gov.cn/x", allow=[".gov.cn"]).address()
    with pytest.raises(InputError, match="allow-list"):
        Webhook(url="http://evilgov.cn/x", allow=[".gov.cn"]).address()
