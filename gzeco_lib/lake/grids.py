"""Grids: xarray Datasets as Zarr groups, replaced as a whole.

Each write makes a new group and then moves a small pointer to it; a reader sees the old grid or the new one,
never a mixture, on a folder as on an object store.
"""

from __future__ import annotations

import json
import uuid

import xarray as xr
import zarr

from gzeco_lib.errors import N_, InputError
from gzeco_lib.lake.store import Store

POINTER = "current.json"


def write(store: Store, name: str, dataset: xr.Dataset) -> None:
    """Store ``dataset`` as the grid ``name``, replacing what was there."""
    group = f"{uuid.uuid4().hex[:12]}.zarr"
    base = f"grids/{name}"
    try:
        dataset.to_zarr(_zarr_store(store, f"{base}/{group}"), mode="w", zarr_format=3, consolidated=False)
    except BaseException:
        store.remove(f"{base}/{group}")
        raise
    store.put(f"{base}/{POINTER}", json.dumps({"group": group}).encode())
    for old in store.names(base):
        if old.endswith(".zarr") and old != group:
            store.remove(f"{base}/{old}")


def read(store: Store, name: str) -> xr.Dataset:
    """The grid ``name``, read lazily.

    Raises:
        InputError: where the lake holds no such grid.
    """
    pointer = f"grids/{name}/{POINTER}"
    if not store.exists(pointer):
        raise InputError(
            N_("the lake holds no grid {name}"),
            "{url}",
            N_("see what it holds: gzeco catalogue"),
            name=name,
            url=store.url,
        )
    group = json.loads(store.get(pointer))["group"]
    return xr.open_zarr(_zarr_store(store, f"grids/{name}/{group}"), consolidated=False)


def names(store: Store) -> list[str]:
    """The names of all grids."""
    if not store.exists("grids"):
        return []
    root = store.path("grids")
    found = [str(path) for path in store.fs.find(root)]
    pointers = [path for path in found if path.endswith(f"/{POINTER}")]
    start = pointers[0].index("grids/") + len("grids/") if pointers else 0
    return sorted(path[start : -len(POINTER) - 1] for path in pointers)


def _zarr_store(store: Store, name: str) -> zarr.storage.StoreLike:
    if store.local:
        return store.path(name)
    return zarr.storage.FsspecStore.from_url(store.uri(name))
