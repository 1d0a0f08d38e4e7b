"""The words a column of a table of counts may hold: closed, so that no name or number of a person can pass for one."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

from gzeco_lib.errors import N_, near
from gzeco_lib.ingest.causes import names
from gzeco_lib.ingest.mapping_tables import GRIDDED, TableAdapter
from gzeco_lib.ingest.problems import refused
from gzeco_lib.lake.tables import MEASURES, TABLES

GROUPS = ("all", "child_0_14", "adult_15_64", "elder_65", "outdoor_worker")
DEATH_CAUSES = ("", "NCD+LRI", "IHD", "Stroke", "COPD", "LC", "LRI", "all")
ATTRIBUTES = ("green_share", "noise_zone", "residents")
WORDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("health", "measure"): MEASURES,
    ("health", "cause"): names(),
    ("presence", "group"): GROUPS,
    ("exposure", "group"): GROUPS,
    ("exposure", "day_type"): ("workday", "restday"),
    ("exposure", "hour"): tuple(map(str, range(24))),
    ("demography", "measure"): ("population", "death_rate"),
    ("demography", "cause"): DEATH_CAUSES,
    ("demography", "age"): ("-1", *map(str, range(0, 81, 5))),
    ("cell", "attribute"): ATTRIBUTES,
    ("event", "kind"): ("complaint", "opinion", "inspection", "status"),
}
OURS = ("generated", "source", "suppressed")


def allowed(adapter: TableAdapter, column: str) -> Collection[str] | None:
    """The words ``column`` may hold: the table's own, and those the adapter itself names; None where any may stand."""
    if (adapter.table, column) == ("health", "age"):
        return {str(year) for year in range(121)} if adapter.rows == "persons" else _spans()
    known = WORDS.get((adapter.table, column))
    if known is None:
        return None
    own = {adapter.fixed[column]} if column in adapter.fixed else set()
    return {*known, *adapter.map.get(column, {}).values(), *own}


@cache
def _spans() -> set[str]:
    """Every group of years that may stand: all, and any first and last year."""
    spans = {f"{a}-{b}" for a in range(0, 121) for b in range(a, 121)} | {f"{a}+" for a in range(0, 121)}
    return spans | {"all"}


def check_table(adapter: TableAdapter, place: str) -> None:
    """Refuse an adapter that names a column the table does not have, or leaves one empty that it needs.

    Raises:
        InputError: naming the column and the near one.
    """
    table = TABLES[adapter.table]
    fillable = set(table.columns) - set(OURS)
    extra = {"lon", "lat"} if adapter.table in GRIDDED else set()
    wide = adapter.wide
    named = {
        "columns": list(adapter.columns.values()),
        "map": list(adapter.map),
        "fixed": list(adapter.fixed),
        "wide": [wide.value, *(name for words in wide.columns.values() for name in words)] if wide else [],
    }
    for key, names_ in named.items():
        for name in names_:
            if name not in fillable | (extra if key == "columns" else set()):
                raise refused(
                    N_("the table {table} has no column {column} to fill"), f"{place}: {key}",
                    N_("name one of: {near}"), table=table.name, column=name, near=near(name, fillable),
                )  # fmt: skip
    _check_words(adapter, place)
    filled = {name for names_ in named.values() for name in names_} | set(OURS) | _made(adapter)
    lacking = [name for name, column in table.columns.items() if column.required and name not in filled]
    if lacking:
        raise refused(
            N_("the adapter leaves the column {column} of the table {table} empty"), f"{place}: columns",
            N_("name the source column for it, or give it under fixed"), column=lacking[0], table=table.name,
        )  # fmt: skip


def _made(adapter: TableAdapter) -> set[str]:
    """Columns that ingest fills by itself."""
    made = {"time", "end", "event"} if adapter.time else set()
    if {"lon", "lat"} <= set(adapter.columns.values()) and adapter.table in GRIDDED:
        made.add("cell")
    if adapter.rows == "persons":
        made |= {"count", "population", "age"}
    if adapter.table in ("presence", "exposure"):
        made.add("group")
    return made


def _check_words(adapter: TableAdapter, place: str) -> None:
    """Words of the adapter's own that the table has no place for."""
    wide = adapter.wide.columns.values() if adapter.wide else ()
    given = [(name, word) for words in (adapter.fixed, *wide) for name, word in words.items()]
    for name, word in given:
        known = allowed(adapter.model_copy(update={"fixed": {}, "map": {}}), name)
        if name in ("measure", "hour", "day_type", "age") and known is not None and word not in known:
            some = [w for w in known if len(w) < 12][:200]
            raise refused(
                N_("{word} cannot stand in the column {column}"), f"{place}: {name}",
                N_("name one of: {near}"), word=word, column=name, near=near(word, some)[:200],
            )  # fmt: skip
