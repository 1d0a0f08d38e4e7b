"""Ingest: files of any usual kind into the lake, described by one mapping in YAML."""

from gzeco_lib.ingest.adapters import adapter_names, load_adapter
from gzeco_lib.ingest.mapping import ObservationAdapter, RecordAdapter
from gzeco_lib.ingest.mapping_tables import Adapter, TableAdapter
from gzeco_lib.ingest.report import Report
from gzeco_lib.ingest.run import ingest

__all__ = [
    "Adapter",
    "ObservationAdapter",
    "RecordAdapter",
    "Report",
    "TableAdapter",
    "adapter_names",
    "ingest",
    "load_adapter",
]
