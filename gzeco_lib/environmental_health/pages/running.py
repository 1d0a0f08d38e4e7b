"""Run a model from a page, beside its event loop, one at a time in a server."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import pandas as pd
import panel as pn

from gzeco_lib.errors import N_, GzecoError, InputError
from gzeco_lib.lake import Lake
from gzeco_lib.scenario import execute, registered
from gzeco_lib.views import states
from gzeco_lib.views.words import Translate

logger = logging.getLogger("gzeco.pages")

# Whichever session asks: two runs at once would do the same work twice and need twice the memory.
_RUNNING = threading.Lock()


def start(
    _: Translate,
    lake: Lake,
    model: str,
    values: dict[str, Any],
    at: pd.Timestamp | None,
    told: Callable[[str], None],
    done: Callable[[Exception | None], None],
) -> None:
    """Run the model in a thread of its own.

    Args:
        model: its name.
        values: its parameters.
        at: as known at; None for the newest data.
        told: is given the markup of what goes on, once a second.
        done: is called in the session with the error, or None.
    """
    if not _RUNNING.acquire(blocking=False):
        done(
            InputError(
                N_("the model is running already"), "", N_("wait until it is done, then load the page again")
            )
        )
        return
    document, began = pn.state.curdoc, time.monotonic()

    def tick() -> None:
        elapsed = int(time.monotonic() - began)
        told(states.state("loading", _("The model is running: {n} s").format(n=elapsed), slim=True))

    tick()
    clock = pn.state.add_periodic_callback(tick, period=1000)

    def end(failed: Exception | None) -> None:
        clock.stop()
        done(failed)

    def work() -> None:
        failed: Exception | None = None
        try:
            run(lake, model, values, at)
        except Exception as error:
            failed = error
            if not isinstance(error, GzecoError):
                logger.exception("the model failed")
        finally:
            _RUNNING.release()
        # A reader who left meanwhile has no document any more; the outcome is stored all the same.
        if document is not None and document.session_context is not None:
            document.add_next_tick_callback(lambda: end(failed))

    threading.Thread(target=work, name=f"{model} run", daemon=True).start()


def run(lake: Lake, model: str, values: dict[str, Any], at: pd.Timestamp | None) -> str:
    """Run ``model``, store the outcome and its leads; the id of the outcome."""
    return execute(registered(model).of(values), lake, at or newest(lake)).id


def newest(lake: Lake) -> pd.Timestamp:
    """The end of the newest hour observed, which need not be now.

    Raises:
        InputError: where the lake holds no hourly observations.
    """
    found = lake.query("SELECT max(time) AS newest FROM observation WHERE interval = 'PT1H'")["newest"].iloc[
        0
    ]
    if pd.isna(found):
        raise InputError(
            N_("the lake holds no hourly observations"), "observation", N_("bring some in with gzeco ingest")
        )
    stamp = pd.Timestamp(found)
    stamp = stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp.tz_convert("UTC")
    return min(stamp + pd.Timedelta(hours=1), pd.Timestamp.now("UTC"))
