"""The server of the pages: our index, assets from memory, a health address, headers that keep a browser at home."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tornado.httputil import HTTPHeaders, HTTPServerRequest
from tornado.web import OutputTransform, RequestHandler

from gzeco_lib.views import fonts
from gzeco_lib.views.markup import STYLES
from gzeco_lib.views.words import DEFAULT_LANGUAGE, LANGUAGES

logger = logging.getLogger("gzeco.pages")

# Scripts and styles are inline in Bokeh's pages and its components come as blobs; nothing may come from elsewhere.
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' blob: data:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
YEAR = 31_536_000
SESSION_SECONDS = (
    60  # a session nobody is connected to any more is forgotten after this: each holds some 6 MB
)
TYPES = {
    ".woff2": "font/woff2",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True)
class Asset:
    """A file kept in memory: its bytes, its type, and whether its name changes with its content."""

    content: bytes
    type: str
    for_ever: bool = False


def assets(font_folder: Path) -> dict[str, Asset]:
    """Fonts and styles by name."""
    found = {
        cut.file: Asset((font_folder / cut.file).read_bytes(), TYPES[".woff2"], True) for cut in fonts.cuts()
    }
    found["fonts.css"] = Asset(fonts.css(".").encode(), TYPES[".css"])
    for name in ("shell.css", "shell.js", "gzeco.svg"):
        found[name] = Asset((STYLES / name).read_bytes(), TYPES[Path(name).suffix])
    return found


class SafeHeaders(OutputTransform):
    """Adds `HEADERS` to every answer of the server, whichever handler gives it."""

    def __init__(self, request: HTTPServerRequest) -> None:
        super().__init__(request)

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        """The first part of an answer with our headers."""
        for name, value in HEADERS.items():
            headers[name] = value
        return status_code, headers, chunk


class AssetHandler(RequestHandler):
    """Serves `Asset` by name."""

    def initialize(self, found: Mapping[str, Asset]) -> None:
        """Take the assets."""
        self.found = found

    def get(self, name: str) -> None:
        """Answer with the asset, or 404."""
        asset = self.found.get(name)
        if asset is None:
            self.send_error(404)
            return
        self.set_header("Content-Type", asset.type)
        self.set_header(
            "Cache-Control", f"public, max-age={YEAR}, immutable" if asset.for_ever else "no-cache"
        )
        self.write(asset.content)

    head = get


class IndexHandler(RequestHandler):
    """Serves the index in the language asked for."""

    def initialize(self, render: Callable[[str], str], lang: str) -> None:
        """Take the renderer and the default language."""
        self.render_index, self.lang = render, lang

    def get(self) -> None:
        """Answer with the index."""
        asked = self.get_query_argument("lang", self.lang)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-cache")
        self.write(self.render_index(asked if asked in LANGUAGES else self.lang))


class HealthHandler(RequestHandler):
    """Says that the server lives, as JSON for whoever watches it."""

    def initialize(self, state: Callable[[], dict[str, Any]]) -> None:
        """Take what tells the state."""
        self.state = state

    def get(self) -> None:
        """200 with the state, 503 where it cannot be told."""
        self.set_header("Content-Type", "application/json")
        self.set_header("Cache-Control", "no-store")
        try:
            self.write(json.dumps({"status": "ok", **self.state()}, ensure_ascii=False))
        except Exception:
            logger.exception("health")
            self.set_status(503)
            self.write(json.dumps({"status": "failed"}))


def server(
    notebooks: Mapping[str, Path],
    *,
    port: int,
    address: str,
    origins: list[str],
    render_index: Callable[[str], str],
    state: Callable[[], dict[str, Any]],
    lang: str = DEFAULT_LANGUAGE,
    warm: bool = True,
) -> Any:
    """A Bokeh server, not yet started, with one page per notebook.

    Args:
        notebooks: notebook by slug.
        port: 0 lets the system choose one.
        address: the network address to listen on.
        origins: hosts with ports whose pages may open a connection.
        render_index: the index page by language.
        state: what the health address tells.
        lang: language of the index where none is asked for.
        warm: build every page once before the first reader comes.
    """
    import panel as pn

    settings: Any = pn.config
    settings.console_output = "disable"
    settings.log_level = "WARNING"
    # A reader who leaves while something is sent is no event worth a line for every message.
    logging.getLogger("bokeh.server.views.ws").setLevel(logging.ERROR)
    found = assets(fonts.made())
    patterns = [
        (r"/assets/([\w.\-]+)", AssetHandler, {"found": found}),
        (r"/health", HealthHandler, {"state": state}),
        (r"/?", IndexHandler, {"render": render_index, "lang": lang}),
    ]
    made = pn.io.server.get_server(
        {f"/{slug}": str(path) for slug, path in notebooks.items()},
        port=port,
        address=address,
        websocket_origin=origins,
        start=False,
        show=False,
        warm=warm,
        verbose=False,
        extra_patterns=patterns,
        use_index=False,
        unused_session_lifetime_milliseconds=SESSION_SECONDS * 1000,
        check_unused_sessions_milliseconds=15_000,
        websocket_max_message_size=4 * 1024 * 1024,
        websocket_compression_level=1,
    )
    made._tornado.add_transform(SafeHeaders)
    return made


def sessions(made: Any) -> int:
    """Open sessions of a server."""
    return sum(len(made.get_sessions(path)) for path in made._tornado.app_paths)
