"""Find an adapter by name or file, read it, and say plainly what is wrong with it."""

from __future__ import annotations

import csv
import re
import typing
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from gzeco_lib.errors import N_, InputError, near
from gzeco_lib.ingest.mapping import FINDINGS, ObservationAdapter, RecordAdapter
from gzeco_lib.ingest.mapping_tables import Adapter, TableAdapter
from gzeco_lib.ingest.problems import refused, unreadable
from gzeco_lib.safe_yaml import read_yaml

_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")
MAX_SITES_BYTES = 20_000_000
_SEE = N_("what the key takes: docs/methods/ingest.md")
MODELS: dict[str, type[ObservationAdapter] | type[RecordAdapter] | type[TableAdapter]] = {
    "observation": ObservationAdapter,
    "site": RecordAdapter,
    "enterprise": RecordAdapter,
    "place": RecordAdapter,
    "presence": TableAdapter,
    "health": TableAdapter,
    "demography": TableAdapter,
    "cell": TableAdapter,
    "exposure": TableAdapter,
    "event": TableAdapter,
}


def folders() -> list[Path]:
    """Folders where adapters are looked up by name: the working folder's, then the checkout's."""
    places = [Path.cwd(), Path(__file__).parents[2]]
    return [place / "parameters" / "adapters" for place in places]


def adapter_names() -> list[str]:
    """Names of the adapters that can be found, sorted."""
    return sorted({path.stem for folder in folders() for path in folder.glob("*.yaml")})


def find_adapter(name: str | Path) -> Path:
    """The file of the adapter ``name``: a name looked up in ``parameters/adapters``, or a YAML file.

    Raises:
        InputError: where there is none.
    """
    text = str(name)
    if text.lower().endswith((".yaml", ".yml")):
        path = Path(text)
        if not path.is_file():
            raise refused(N_("no such file: {path}"), "--adapter", N_("check the path"), path=text)
        return path
    for folder in folders() if _NAME.match(text) else []:
        if (folder / f"{text}.yaml").is_file():
            return folder / f"{text}.yaml"
    known = adapter_names()
    raise refused(
        N_("no adapter {name}"),
        "--adapter",
        N_("name one of: {near}; or give a YAML file"),
        name=text,
        near=near(text, known) if known else "-",
    )


def load_adapter(name: str | Path) -> Adapter:
    """The checked adapter ``name``, with the sites of the file it refers to read in.

    Raises:
        InputError: for an adapter that is not there, not plain YAML, or says something it may not.
    """
    path = find_adapter(name)
    data = read_yaml(path)
    if not isinstance(data, dict):
        raise refused(
            N_("the adapter is not a mapping of keys to values"), path, N_("see docs/methods/ingest.md")
        )
    return check_adapter(data, path)


def check_adapter(data: dict[str, Any], path: Path) -> Adapter:
    """The adapter that ``data``, read from ``path``, describes.

    Raises:
        InputError: with the key at fault and the near name.
    """
    table = data.get("table", "observation")
    if not isinstance(table, str) or table not in MODELS:
        raise refused(
            N_("unknown table {table}"),
            f"{path}: table",
            N_("name one of: {near}"),
            table=str(table),
            near=near(str(table), MODELS),
        )
    if isinstance(data.get("sites"), str):
        data = data | {"sites": _sites_in(_beside(path, data["sites"]))}
    adapter = _validated(MODELS[table], data, path)
    name = adapter.name or path.stem
    if not _NAME.match(name):
        raise refused(
            N_("{name} cannot be an adapter's name"),
            f"{path}: name",
            N_("use letters, digits, - and _, at most 64"),
            name=name,
        )
    return adapter.model_copy(update={"name": name})


def _beside(adapter: Path, name: str) -> Path:
    """The file ``name`` in the folder of the adapter or below; nothing else can be reached."""
    folder = adapter.parent.resolve()
    path = (folder / name).resolve()
    if not path.is_relative_to(folder) or path.suffix.lower() != ".csv":
        raise refused(
            N_("the adapter refers to a file it may not read: {name}"),
            f"{adapter}: sites",
            N_("name a .csv file in the adapter's own folder"),
            name=name,
        )
    if not path.is_file() or path.stat().st_size > MAX_SITES_BYTES:
        raise refused(
            N_("the file of sites is not there or too large: {name}"),
            f"{adapter}: sites",
            N_("put it beside the adapter; at most {limit} bytes"),
            name=name,
            limit=MAX_SITES_BYTES,
        )
    return path


def _sites_in(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV of sites as the entries an adapter would hold inline; empty cells are left out."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [{k: v for k, v in row.items() if v} for row in csv.DictReader(file)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise unreadable(path, error, N_("save it as CSV in UTF-8")) from error


def _validated[M: BaseModel](model: type[M], data: dict[str, Any], path: Path) -> M:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise _told(error, model, path) from error


def _told(error: ValidationError, model: type[BaseModel], path: Path) -> InputError:
    """The first of pydantic's findings as an error a person can act on."""
    first = error.errors(include_url=False)[0]
    places = [str(part) for part in first["loc"]]
    place = f"{path}: {'.'.join(places)}" if places else str(path)
    key, kind = (places[-1] if places else ""), first["type"]
    if kind == "extra_forbidden":
        known = _keys_at(model, first["loc"][:-1])
        return refused(
            N_("unknown key {key}"), place, N_("name one of: {near}"), key=key, near=near(key, known)
        )
    if kind == "missing":
        return refused(N_("the key {key} is missing"), place, N_("add it: docs/methods/ingest.md"), key=key)
    if kind in FINDINGS:
        fix = N_("name it as in the IANA list or as an offset: {near}") if kind == "zone" else _SEE
        return refused(FINDINGS[kind], place, fix, **first.get("ctx", {}))
    found = str(first.get("input"))[:80]
    return refused(
        N_("{key} cannot be {found}: {problem}"), place, _SEE, key=key, found=found, problem=first["msg"]
    )


def _keys_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """Keys that may stand at ``loc`` of ``model``: the fields of the model found on the way down."""
    annotation: Any = model
    for part in loc:
        inner = _model_in(annotation)
        if inner is not None and part in inner.model_fields:
            annotation = inner.model_fields[str(part)].annotation
    inner = _model_in(annotation)
    return list(inner.model_fields) if inner else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model an annotation holds: itself, or inside a list, dict or union."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(argument) for argument in typing.get_args(annotation))
    return next((model for model in found if model is not None), None)
