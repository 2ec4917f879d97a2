"""The engines of the directory, by the scheme of its URL.

Knows no details of an engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reticket.core.errors import StartupError
from reticket.core.storage.schema import SchemaState
from reticket.directory.engines.storage import EngineModule, Storage


def open_storage(url: str) -> Storage:
    """Open the database of a URL; an empty one gets its tables.

    Raises:
        StartupError: one sentence without a password. The URL is wrong, a driver is missing, the
            server is unreachable, or the file or schema is not reticket's or of another version.
    """
    return _kind(url).open_storage(url)


def schema_state(url: str) -> SchemaState:
    """The version of the schema; nothing is created. StartupError."""
    return _kind(url).schema_state(url)


def migrate(url: str) -> None:
    """Create or upgrade the schema while older programs use it. StartupError."""
    _kind(url).migrate(url)


def _kind(url: str) -> EngineModule:
    scheme, _, _ = url.partition(":")
    if scheme not in KINDS:
        raise StartupError(
            "the directory's URL must look like sqlite:///FOLDER/directory.sqlite or "
            "postgresql://USER:PASSWORD@HOST:PORT/DATABASE."
        )
    return KINDS[scheme]()


def _sqlite() -> EngineModule:
    from reticket.directory.engines import sqlite

    return sqlite


def _postgresql() -> EngineModule:
    try:
        from reticket.directory.engines import postgresql
    except ImportError as error:
        raise StartupError(
            f"the directory is in PostgreSQL, which needs {error.name}: "
            "pip install 'reticket[postgresql]'."
        ) from error
    return postgresql


KINDS: Mapping[str, Callable[[], EngineModule]] = {"sqlite": _sqlite, "postgresql": _postgresql}
"""By scheme. Each imports its driver only when needed."""
