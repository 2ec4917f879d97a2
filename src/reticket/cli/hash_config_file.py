"""A file with hash configurations, for the commands that take one."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import click

from reticket.runtime.opened_service import OpenedService

LONGEST_FILE = 65536
"""Bytes."""


def keep_hash_configs(instance: OpenedService, configs: Mapping[str, bytes]) -> list[str]:
    """Keep configurations; returns the names of new ones. AlreadyExists."""
    names = instance.directory.hash_configs.keep(configs)
    for name in names:
        instance.record_change("hash_config_added", hash_config=name)
    return names


def read_config_file(file: Path) -> bytes:
    """Its bytes, or those of standard input."""
    try:
        if str(file) == "-":
            return sys.stdin.buffer.read(LONGEST_FILE)
        with file.open("rb") as opened:
            return opened.read(LONGEST_FILE)
    except OSError as error:
        raise click.ClickException(f"cannot read {file}: {error.strerror}") from None
