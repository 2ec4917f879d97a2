"""Whether other users of the machine can read stored files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from reticket.audit.rotated_files import rotated_files
from reticket.cli.doctor.findings import Finding, warning
from reticket.folder import open_to_others
from reticket.runtime.opened_service import OpenedService
from reticket.settings import Settings
from reticket.settings.loading import sqlite_path

TOPIC = "file modes"
BESIDE = ("-wal", "-shm")
"""Ends of the names of SQLite's other files (https://sqlite.org/wal.html)."""


def look(instance: OpenedService) -> Iterator[Finding]:
    """The data folder, its files, and files that settings keep elsewhere.

    The start itself refuses a master key that others can read.
    """
    folder = instance.settings.data
    files = sorted(each for each in folder.iterdir() if each.is_file())
    for sentence in open_to_others(
        *dict.fromkeys((folder, *files, *_elsewhere(instance.settings)))
    ):
        yield warning(sentence)


def _elsewhere(settings: Settings) -> Iterator[Path]:
    """Files of the settings, wherever they are; some may not exist."""
    yield settings.audit_file
    yield from (each.path for each in rotated_files(settings.audit_file))
    yield from filter(None, (settings.metrics_token_file, settings.tls_key))
    for url in (settings.sessions, settings.directory):
        if file := sqlite_path(url):
            yield from (file, *(file.with_name(file.name + end) for end in BESIDE))
