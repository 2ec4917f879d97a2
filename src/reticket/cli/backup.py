"""`reticket backup` and `restore`: copies of files, and the revocations after a copy."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from reticket.audit import is_stream
from reticket.cli.context import CONFIG, DATA, CommandContext, PathOption, with_instance
from reticket.cli.first_start import expect_made
from reticket.cli.replay import STREAM, replayed
from reticket.core.errors import ReticketError, StartupError
from reticket.folder import sync
from reticket.runtime.opened_service import OpenedService
from reticket.settings import Settings
from reticket.settings.loading import sqlite_path

NAMES = {"sessions": "families.sqlite", "directory": "directory.sqlite"}
"""The files of a backup, by the settings with their place."""

FRESH = ".restored"
"""End of the name of a copy that will replace a file."""

BESIDE = ("-wal", "-shm")
"""Ends of the names of SQLite's other files (https://sqlite.org/wal.html)."""


@click.command()
@click.argument("folder", type=PathOption())
@with_instance
def backup(instance: OpenedService, folder: Path) -> None:
    """Copy sessions and directory into a new folder while the service runs.

    Data on a server is copied by the tools of that server; the command says so. It fails only if
    there is no file to copy. The master key is left out on purpose: the copies need it, so keep it
    elsewhere.

    \b
    Example:
      reticket backup /backups/2026-11-21 --data ./data
    """
    _make(folder)
    held, elsewhere = [], []
    for what, copy in instance.copies().items():
        try:
            copy(folder / NAMES[what])
            held.append(what)
        except StartupError as reason:
            elsewhere.append(str(reason).rstrip("."))
    if not held:
        folder.rmdir()
        raise StartupError(f"nothing here is a file to copy: {'; '.join(elsewhere)}")
    for sentence in elsewhere:
        click.echo(f"not copied: {sentence}")
    click.echo(
        f"{folder} holds {' and '.join(held)}; the master key is left out, keep it elsewhere"
    )


@click.command()
@click.argument("folder", type=PathOption())
@click.option(
    "--audit",
    "streams",
    type=STREAM,
    multiple=True,
    help="An audit file to replay revocations from, beside the data folder's own; may be repeated.",
)
@DATA
@CONFIG
@click.pass_obj
def restore(
    frame: CommandContext,
    folder: Path,
    streams: tuple[Path, ...],
    data: Path | None,
    config: Path | None,
) -> None:
    """Restore a backup, and end again the sessions revoked since.

    Stop the service first. The master key must be there, in its file or variable. Restore data on a
    server by the tools of that server before this, or before `reticket replay`.

    \b
    Example:
      reticket restore /backups/2026-11-21 --audit /logs/audit.20261121T081934123Z.jsonl
    """
    settings = frame.builder.load(config, {"data": data})
    with frame.builder.alone(settings):
        targets = _targets(_files(settings), folder)
        with _cleared(targets):
            _copy(folder, targets)
            _try(frame, _of_copies(settings, targets), folder)
            _put_in_place(targets)
        with frame.opened(settings) as instance:
            instance.record_change("backup_restored", folder=str(folder))
            count = replayed(instance, (*streams, *_own(settings)))
    click.echo(f"{folder} is restored; {count} revocations replayed")
    click.echo(
        "What was changed of people, applications and keys since the backup is gone: disable, "
        "change passwords and rotate keys again where it matters"
    )


def _own(settings: Settings) -> tuple[Path, ...]:
    return (settings.audit_file,) if is_stream(settings.audit_file) else ()


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, mode=0o700)
    except FileExistsError:
        raise StartupError(f"{folder} is there already; name a new folder") from None
    except OSError as error:
        raise StartupError(f"cannot make {folder}: {error.strerror}") from None


def _files(settings: Settings) -> Mapping[str, Path | None]:
    """The place of each file, by its name in a backup; None for data on a server."""
    return {name: sqlite_path(getattr(settings, what)) for what, name in NAMES.items()}


def _targets(files: Mapping[str, Path | None], folder: Path) -> Mapping[str, Path]:
    """The target of each copy in the folder. StartupError if they do not fit the settings."""
    for name, target in files.items():
        copied = (folder / name).is_file()
        if target is None and copied:
            raise StartupError(
                f"{folder} has {name}, but the settings name a server for it: name a file, and "
                "carry it to the server afterwards"
            )
        if target is not None and not copied:
            raise StartupError(f"{folder} is no backup of these settings: it has no {name}")
    targets = {name: target for name, target in files.items() if target is not None}
    if not targets:
        raise StartupError(
            "sessions and directory are on servers: restore them by their own tools, then run "
            "`reticket replay`"
        )
    return targets


@contextmanager
def _cleared(targets: Mapping[str, Path]) -> Iterator[None]:
    """Removes the copies that replaced nothing, at the end."""
    try:
        yield
    finally:
        for target in targets.values():
            _remove(_fresh(target), "", *BESIDE)


def _copy(folder: Path, targets: Mapping[str, Path]) -> None:
    """Copy each file beside the one that it will replace."""
    for name, target in targets.items():
        try:
            _fresh(target).touch(mode=0o600)
            shutil.copyfile(folder / name, _fresh(target))
        except OSError as error:
            reason = f"cannot copy {folder / name}: {error.strerror}"
            raise StartupError(f"{reason}; nothing was changed") from None


def _try(frame: CommandContext, settings: Settings, folder: Path) -> None:
    """StartupError unless all copies are complete and the master key opens them. The backup may
    have been interrupted.
    """
    try:
        expect_made(frame.builder, settings, "it may have been interrupted")
        with frame.opened(settings) as instance:
            instance.store.check()
    except ReticketError as fault:
        raise StartupError(f"{folder} is no whole backup: {fault}; nothing was changed") from None


def _of_copies(settings: Settings, targets: Mapping[str, Path]) -> Settings:
    """The same settings, with the copies in place of the files."""
    named = [what for what, name in NAMES.items() if name in targets]
    return settings.model_copy(update={what: f"{getattr(settings, what)}{FRESH}" for what in named})


def _put_in_place(targets: Mapping[str, Path]) -> None:
    for target in targets.values():
        sync(_fresh(target))
        _remove(target, *BESIDE)
        os.replace(_fresh(target), target)
        sync(target.parent)


def _fresh(target: Path) -> Path:
    return target.with_name(f"{target.name}{FRESH}")


def _remove(file: Path, *ends: str) -> None:
    for end in ends:
        Path(f"{file}{end}").unlink(missing_ok=True)


COMMANDS = (backup, restore)
