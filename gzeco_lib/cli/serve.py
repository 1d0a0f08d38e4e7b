"""``gzeco serve``: the dashboards of ``apps/`` with our index, nothing asked from outside."""

from __future__ import annotations

import os
import socket
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gzeco_lib.cli.app import LakeOption, _, app
from gzeco_lib.errors import N_, FailureError, InputError
from gzeco_lib.views.words import DEFAULT_LANGUAGE, words

if TYPE_CHECKING:
    from gzeco_lib.lake import Lake

EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 (compared with, not bound to unasked)


@app.command(help=_("Serve the dashboards."))
def serve(
    lake: LakeOption,
    port: Annotated[int, typer.Option("--port", help=_("Port to serve on; 0 takes a free one."))] = 5006,
    address: Annotated[
        str, typer.Option("--address", help=_("Address to listen on; 0.0.0.0 for all networks."))
    ] = "127.0.0.1",
    origin: Annotated[
        list[str] | None,
        typer.Option(
            "--origin", help=_("Further host name readers use, e.g. env.example.gov.cn; may be repeated.")
        ),
    ] = None,
    lang: Annotated[
        str, typer.Option("--lang", help=_("Language of pages that do not name one: zh or en."))
    ] = DEFAULT_LANGUAGE,
    browser: Annotated[bool, typer.Option("--open/--no-open", help=_("Open the index in a browser."))] = True,
) -> None:
    """Check, warm up, serve until stopped."""
    from gzeco_lib.lake import Lake
    from gzeco_lib.views import fonts
    from gzeco_lib.views.index import index
    from gzeco_lib.views.serving import server, sessions

    opened = Lake.open(lake)
    words(lang)  # refuses an unknown language before anything is warmed up
    notebooks = found_notebooks()
    port = _free(address, port)
    os.environ["GZECO_LAKE"] = lake
    os.environ["GZECO_PAGE_LANG"] = lang
    if not all((fonts.cache_folder() / "fonts" / cut.file).is_file() for cut in fonts.cuts()):
        typer.echo(_("Preparing the Chinese web fonts, once on this machine…"))
    typer.echo(_("Warming up…"))
    made: Any = server(
        notebooks,
        port=port,
        address=address,
        origins=origins(address, port, origin or []),
        lang=lang,
        render_index=lambda asked: index(asked, list(notebooks), news(opened, asked)),
        state=lambda: {"sessions": sessions(made)},
    )
    url = f"http://{socket.gethostname() if address in EVERYWHERE else address}:{made.port}/"
    typer.echo(_("Serving at {url} (stop with Ctrl+C)").format(url=url))
    if browser:
        made.io_loop.add_callback(webbrowser.open, url)
    made.start()
    made.io_loop.start()


def home() -> Path:
    """The folder that holds ``apps``: ``GZECO_HOME``, or beside the library."""
    import gzeco_lib

    return Path(os.environ.get("GZECO_HOME") or Path(gzeco_lib.__file__).parents[1])


def found_notebooks() -> dict[str, Path]:
    """The notebooks of ``apps/`` by slug.

    Raises:
        FailureError: where there are none.
    """
    folder = home() / "apps"
    notebooks = {path.stem: path for path in sorted(folder.glob("*.ipynb"))}
    if not notebooks:
        raise FailureError(
            N_("there are no dashboards to serve"),
            str(folder),
            N_("set GZECO_HOME to the checkout that holds apps/"),
        )
    return notebooks


def origins(address: str, port: int, further: list[str]) -> list[str]:
    """Hosts whose pages may open a connection: the address, this machine's names, and ``further`` ones."""
    names = {"127.0.0.1", "localhost", socket.gethostname(), *further}
    if address not in EVERYWHERE:
        names.add(address)
    else:
        names |= {str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    return sorted(name if ":" in name else f"{name}:{port}" for name in names) + sorted(
        name for name in further if ":" not in name
    )


def _free(address: str, port: int) -> int:
    """The port to listen on, a free one for 0; one that is taken is refused before time is spent on warming up.

    Raises:
        InputError: where something else listens there, or the port may not be used.
    """
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((address, port))
            return int(trial.getsockname()[1])
        except OSError as error:
            raise InputError(
                N_("cannot listen on {address}:{port}: {problem}"),
                "--port",
                N_("stop what runs there or choose another port"),
                address=address,
                port=port,
                problem=str(error.strerror),
            ) from error


def news(lake: Lake, lang: str) -> dict[str, str]:
    """A line for each card of the index: until when its data reach."""
    translate = words(lang)
    rows = lake.read("outcome", columns=["scenario", "at"])
    newest: Any = rows.groupby("scenario")["at"].max() if len(rows) else {}
    return {
        name: translate(N_("Newest outcome: {time}")).format(
            time=f"{at.tz_convert('Asia/Shanghai'):%Y-%m-%d %H:%M}"
        )
        for name, at in dict(newest).items()
    }
