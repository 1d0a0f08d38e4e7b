"""Independent tasks, in this process or on a Dask cluster, with the same results in the same order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from gzeco_lib.errors import N_, FailureError, InputError

Map = Callable[..., list[Any]]


@contextmanager
def workers(cluster: str | None = None) -> Iterator[Map]:
    """A ``map(function, *sequences) -> list`` that runs here (None) or on a cluster.

    Args:
        cluster: None for this process; ``local`` starts one single-threaded worker process a core and stops them at the
            end; an address (``tcp://host:port``) is a running Dask scheduler whose workers have this package.

    Functions and arguments must be picklable; a task that needs random numbers takes its own seed, so that the result
    does not depend on where it ran. Scripts guard their start with ``if __name__ == "__main__"``: workers are spawned.

    Raises:
        InputError: the name is no cluster.
        FailureError: no scheduler answers at the address.
    """
    if cluster is None:
        yield lambda function, *sequences: [
            function(*arguments) for arguments in zip(*sequences, strict=True)
        ]
        return
    if cluster != "local" and not cluster.startswith(("tcp://", "tls://")):
        raise InputError(
            N_("{cluster} is not a cluster"), "--cluster", N_("name one of: {near}"),
            cluster=repr(cluster), near="local, tcp://HOST:PORT, tls://HOST:PORT",
        )  # fmt: skip
    from distributed import Client, LocalCluster

    if cluster == "local":
        with (
            LocalCluster(threads_per_worker=1, dashboard_address=None) as started,
            Client(started) as client,
        ):
            yield lambda function, *sequences: _on(client, function, sequences)
        return
    try:
        client = Client(cluster, timeout="10s")
    except (OSError, TimeoutError) as error:
        raise FailureError(
            N_("no Dask scheduler answers at {cluster}"),
            "--cluster",
            N_("start it, or name local"),
            cluster=cluster,
        ) from error
    with client:
        yield lambda function, *sequences: _on(client, function, sequences)


def _on(client: Any, function: Callable[..., Any], sequences: Sequence[Sequence[Any]]) -> list[Any]:
    """``function`` over the sequences on the cluster, in order."""
    tasks = [client.submit(function, *arguments, pure=False) for arguments in zip(*sequences, strict=True)]
    return client.gather(tasks)
