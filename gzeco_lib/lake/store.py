"""The folder or object-store prefix a lake lives in: safe names, atomic writes, the mark that makes it a lake."""

from __future__ import annotations

import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any, cast

import fsspec

from gzeco_lib.errors import N_, InputError

MARK = "lake.json"
FORMAT = {"format": "gzeco-lake", "version": 1}
SAFE_NAME = re.compile(r"[\w][\w.+-]*(/[\w][\w.+-]*)*", re.ASCII)


def checked_name(name: str) -> str:
    """``name`` where it is a plain relative name that cannot leave the lake.

    Raises:
        InputError: for absolute paths, ``..`` and characters outside letters, digits and ``._+-/``.
    """
    if not SAFE_NAME.fullmatch(name):
        raise InputError(
            N_("{name} cannot be a name in the lake"),
            "lake",
            N_("use letters, digits and . _ + - / only"),
            name=repr(name)[:120],
        )
    return name


class Store:
    """Bytes by name under one root, local or remote; a name either holds the whole content or does not exist."""

    def __init__(self, url: str) -> None:
        self.local = "://" not in url or url.startswith("file://")
        self.url = (
            str(Path(url.removeprefix("file://")).expanduser().resolve()) if self.local else url.rstrip("/")
        )
        # Listings are not cached: other writers are at work in the same place.
        fs, root = fsspec.core.url_to_fs(
            f"file://{self.url}" if self.local else self.url, use_listings_cache=False
        )
        self.fs, self.root = cast(Any, fs), str(root)

    def open_marked(self, create: bool) -> None:
        """Check that the root is a lake; with ``create`` make one of a missing or empty root.

        Raises:
            InputError: where it is not a lake, of a newer format, or holds something else.
        """
        if self.exists(MARK):
            self._check_mark()
            return
        if self.local and Path(self.url).is_file():
            raise InputError(
                N_("the lake is a file, not a folder"), "{url}", N_("name a folder"), url=self.url
            )
        if self.fs.exists(self.root) and self.fs.ls(self.root):
            raise InputError(
                N_("this folder is not a lake and holds other files"),
                "{url}",
                N_("name an empty folder, a new one, or an existing lake"),
                url=self.url,
            )
        if not create:
            raise InputError(
                N_("there is no lake here"),
                "{url}",
                N_("make one: gzeco demo --lake {url}, or gzeco ingest … --lake {url}"),
                url=self.url,
            )
        self.put(MARK, json.dumps(FORMAT).encode())

    def _check_mark(self) -> None:
        try:
            mark = json.loads(self.get(MARK))
            version = mark["version"] if mark["format"] == FORMAT["format"] else None
        except (ValueError, KeyError, TypeError):
            version = None
        if not isinstance(version, int):
            raise InputError(
                N_("the mark of the lake is damaged"),
                "{url}",
                N_("restore {mark} from a copy"),
                url=self.url,
                mark=MARK,
            )
        if version > cast(int, FORMAT["version"]):
            raise InputError(
                N_("the lake was made by a newer version of gzeco"), "{url}", N_("update gzeco"), url=self.url
            )

    def path(self, name: str) -> str:
        """The full path of ``name`` in the file system of the store."""
        return f"{self.root}/{checked_name(name)}"

    def uri(self, name: str) -> str:
        """The address of ``name`` for libraries that open addresses themselves."""
        return f"{self.url}/{checked_name(name)}"

    def exists(self, name: str) -> bool:
        """Whether ``name`` holds something."""
        return bool(self.fs.exists(self.path(name)))

    def get(self, name: str) -> bytes:
        """The content of ``name``.

        Raises:
            InputError: where there is none.
        """
        try:
            return cast(bytes, self.fs.cat_file(self.path(name)))
        except FileNotFoundError as error:
            raise InputError(
                N_("the lake holds no {name}"),
                "{url}",
                N_("see what it holds: gzeco catalogue"),
                url=self.url,
                name=name,
            ) from error

    def put(self, name: str, content: bytes) -> None:
        """Store ``content`` under ``name`` whole or not at all."""
        path = self.path(name)
        if not self.local:
            self.fs.pipe_file(path, content)
            return
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".part-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    def remove(self, name: str) -> None:
        """Remove ``name`` and all below it, where it exists."""
        if self.exists(name):
            self.fs.rm(self.path(name), recursive=True)

    def names(self, under: str) -> list[str]:
        """The names directly below ``under``, sorted."""
        path = self.path(under)
        if not self.fs.exists(path):
            return []
        found = (entry.rstrip("/").rsplit("/", 1)[-1] for entry in self.fs.ls(path, detail=False))
        return sorted(name for name in found if not name.startswith("."))

    def delta_options(self) -> dict[str, str]:
        """What Delta Lake must be told beside the address: the same endpoint that fsspec was given."""
        endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
        if self.local or not endpoint:
            return {}
        return {"AWS_ENDPOINT_URL": endpoint, "AWS_ALLOW_HTTP": str(endpoint.startswith("http://")).lower()}
