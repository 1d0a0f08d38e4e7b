"""Files made to exhaust memory or to be run are refused; nothing in them is followed."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from gzeco_lib.errors import InputError
from gzeco_lib.ingest import ingest
from gzeco_lib.ingest.readers import nested, sheet
from gzeco_lib.lake import Lake


def workbook(path: Path, rows: int = 3, columns: int = 4) -> Path:
    """A workbook the wide adapter can read."""
    book = openpyxl.Workbook(write_only=True)
    page = book.create_sheet()
    page.append(["time", "station", "PM2.5", "CO", *(f"c{k}" for k in range(columns - 4))])
    for hour in range(rows):
        page.append([f"2024-04-01 {hour:02d}:00", "A", 5, 1])
    book.save(path)
    return path


def test_a_zip_bomb_is_refused_before_it_is_unpacked(
    tmp_path: Path, adapter: Callable[..., Path], lake: Lake
) -> None:
    path = workbook(tmp_path / "bomb.xlsx")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/zeros.bin", b"\0" * 60_000_000)
    assert path.stat().st_size < 200_000
    with pytest.raises(InputError, match="unpacks to"):
        ingest(path, adapter(), lake)


def test_a_sheet_with_too_many_columns_is_refused(
    tmp_path: Path, adapter: Callable[..., Path], lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = workbook(tmp_path / "wide.xlsx", columns=60)
    assert ingest(path, adapter(), lake).stored == 6
    monkeypatch.setattr(sheet, "MAX_COLUMNS", 50)
    with pytest.raises(InputError, match="wider than 50 columns"):
        ingest(path, adapter(), lake)


def test_a_sheet_that_is_not_there(tmp_path: Path, adapter: Callable[..., Path], lake: Lake) -> None:
    path = workbook(tmp_path / "t.xlsx")
    with pytest.raises(InputError, match="no sheet Sheet2") as caught:
        ingest(path, adapter(sheet="Sheet2"), lake)
    assert "Sheet" in caught.value.told()["fix"]


def test_an_entity_bomb_in_a_workbook(tmp_path: Path, adapter: Callable[..., Path], lake: Lake) -> None:
    """The "billion laughs": ten levels of entities, each ten times the one before."""
    path, bomb = workbook(tmp_path / "t.xlsx"), tmp_path / "laughs.xlsx"
    entities = '<!ENTITY l0 "ha">' + "".join(f'<!ENTITY l{k} "{f"&l{k - 1};" * 10}">' for k in range(1, 11))
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(bomb, "w") as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename.startswith("xl/worksheets/"):
                head, _, body = content.decode().rpartition("<sheetData>")
                content = f"<!DOCTYPE x [{entities}]>{head}<sheetData>{body}".replace(
                    "PM2.5", "&l10;"
                ).encode()
            new.writestr(entry, content)
    with pytest.raises(InputError, match="cannot be read"):
        ingest(bomb, adapter(), lake)


@pytest.mark.parametrize("depth", [1_000, 200_000])
def test_json_nested_deep(
    depth: int, source: Callable[..., Path], adapter: Callable[..., Path], lake: Lake
) -> None:
    path = source("[" * depth + "]" * depth, "t.json")
    with pytest.raises(InputError):
        ingest(path, adapter(), lake)


def test_a_cell_of_json_nested_deep_is_no_number(
    source: Callable[..., Path], adapter: Callable[..., Path], lake: Lake
) -> None:
    deep: object = 1
    for _ in range(300):
        deep = {"a": deep}
    record = {"time": "2024-04-01 00:00", "station": "A", "PM2.5": [1], "CO": 1, "deep": deep}
    report = ingest(source(json.dumps([record, 5]), "t.json"), adapter(), lake)
    assert (report.stored, report.reasons) == (1, {"not_number": 1})


@pytest.mark.parametrize(
    ("text", "records", "error"),
    [
        ("{}", "", "no list of records"),
        ("[]", "", "no list of records"),
        ('{"data": {"items": 1}}', "data.item", "no item in the document"),
        ('{"data": {"items": 1}}', "data.items", "no list of records"),
        ('[{"time": 1', "", "cannot be read"),
        ("", "", "empty"),
    ],
)
def test_json_that_is_no_list_of_records(
    text: str, records: str, error: str, source: Callable[..., Path], adapter: Callable[..., Path], lake: Lake
) -> None:
    with pytest.raises(InputError, match=error):
        ingest(source(text, "t.json"), adapter(records=records), lake)


def test_json_too_large_to_be_read_whole(
    source: Callable[..., Path], adapter: Callable[..., Path], lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nested, "MAX_BYTES", 1000)
    with pytest.raises(InputError, match="too large to be read whole"):
        ingest(source(json.dumps(["x" * 2000]), "t.json"), adapter(), lake)
