"""Run the notebook of a briefing with papermill, with checked, JSON-able parameters only."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat

from gzeco_lib.errors import N_, FailureError

KERNEL = "python3"
START_S = 60  # a kernel that has not answered by then never will
CELL_S = 600


@dataclass(frozen=True)
class CellError:
    """The error that stopped a notebook."""

    name: str
    value: str
    cell: int


def _kernel_manager(folder: Path) -> type:
    """A manager for the kernel of this very Python, with nothing of the user's Jupyter set-up in the way.

    A user's kernel specification of the same name, or start-up files of IPython, would run other code. The kernel is
    reached through sockets in ``folder``, which only this user can enter, so that nobody else on the machine can
    talk to it and an account without a home can run it.
    """
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from traitlets import default

    class OwnKernelSpecs(KernelSpecManager):
        def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
            return KernelSpec(
                argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
                env={"IPYTHONDIR": str(folder / "ipython"), "MPLBACKEND": "svg"},
                display_name=kernel_name,
                language="python",
            )

    class OwnKernelManager(AsyncKernelManager):
        @default("transport")
        def _transport_default(self) -> str:
            return "ipc"

        @default("connection_file")
        def _connection_file_default(self) -> str:
            return str(folder / "kernel.json")

        @default("kernel_spec_manager")
        def _kernel_spec_manager_default(self) -> KernelSpecManager:
            return OwnKernelSpecs()

    return OwnKernelManager


def execute(source: Path, target: Path, parameters: Mapping[str, Any]) -> CellError | None:
    """Run the notebook ``source`` with ``parameters`` and write what became of it to ``target``.

    Returns:
        The error that stopped it, or None.

    Raises:
        FailureError: where the notebook is missing or its kernel does not start or dies.
    """
    import papermill
    from nbclient.exceptions import CellControlSignal, DeadKernelError

    if not source.is_file():
        raise FailureError(
            N_("the notebook of the briefing is missing"), str(source), N_("restore it from the repository")
        )
    logging.getLogger("papermill").setLevel(logging.ERROR)
    with TemporaryDirectory(prefix="gzeco-kernel-") as folder:
        try:
            papermill.execute_notebook(
                source,
                target,
                parameters=dict(parameters),
                kernel_name=KERNEL,
                progress_bar=False,
                start_timeout=START_S,
                execution_timeout=CELL_S,
                autosave_cell_every=0,
                cwd=folder,
                kernel_manager_class=_kernel_manager(Path(folder)),
            )
        except papermill.PapermillExecutionError as error:
            return CellError(error.ename, error.evalue, int(error.exec_count or 0))
        except (DeadKernelError, CellControlSignal, RuntimeError) as error:
            raise FailureError(
                N_("the notebook's kernel stopped: {reason}"),
                source.name,
                N_("see the notebook kept beside the manifest"),
                reason=" ".join(str(error).split())[:300],
            ) from error
    return None


def read(path: Path) -> nbformat.NotebookNode:
    """The executed notebook at ``path``."""
    return nbformat.read(path, as_version=4)


def errors(notebook: nbformat.NotebookNode) -> list[str]:
    """Names and values of the errors that the cells of ``notebook`` show."""
    return [
        f"{output['ename']}: {output['evalue']}"
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output["output_type"] == "error"
    ]
