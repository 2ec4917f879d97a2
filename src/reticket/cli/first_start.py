"""A misspelt `--data` makes no new folder: a new folder needs an explicit option."""

from __future__ import annotations

from reticket.core.errors import StartupError
from reticket.core.storage.schema import Task
from reticket.runtime.opening import Builder
from reticket.settings import Settings

WAYS = "see what --data and the settings say, or make one with reticket init"


def expect_made(builder: Builder, settings: Settings, ways: str = WAYS) -> None:
    """StartupError unless the data folder and the schemas of directory and sessions are there.
    Nothing is made. `ways` ends its sentence: how to make them.
    """
    if not settings.data.is_dir():
        raise StartupError(f"there is no folder {settings.data}: {ways}")
    sessions = builder.sessions_schema(settings.sessions)
    for schema in (sessions, builder.directory_schema(settings.directory)):
        state = schema.state()
        if state is not None and state.task is Task.MAKE:
            raise StartupError(f"no {schema.what} found at {state.place}: {ways}")
