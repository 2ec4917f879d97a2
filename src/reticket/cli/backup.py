"""`reticket backup` and `restore`: copies of both databases, and what the copies have not seen."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import click

from reticket.audit import revocations
from reticket.cli.frame import CONFIG, DATA, Frame, Place, with_house
from reticket.cli.house import House
from reticket.config import sqlite_path
from reticket.core.errors import StartupError
from reticket.core.model import Family, Selection
from reticket.core.policy import SECOND
from reticket.core.ports import Event
from reticket.crypto.life import KeyRefused
from reticket.settings import Settings

PAGE = 1_000


@click.command()
@click.argument("folder", type=Place())
@with_house
def backup(house: House, folder: Path) -> None:
    """Copy both databases into a new folder while the service runs.

    The master key is left out on purpose: without it the copies open nothing. Keep it elsewhere.

    \b
    Example:
      reticket backup /backups/2026-11-21 --data ./data
    """
    _make(folder)
    for url, copy in house.copies():
        copy(folder / sqlite_path(url).name)
    click.echo(f"{folder} holds the databases; the master key is left out, keep it elsewhere")


@click.command()
@click.argument("folder", type=Place())
@click.option(
    "--audit",
    "streams",
    type=click.Path(path_type=Path, exists=True),
    multiple=True,
    help="An audit stream to replay revocations from; default: the data folder's own.",
)
@DATA
@CONFIG
@click.pass_obj
def restore(
    frame: Frame,
    folder: Path,
    streams: tuple[Path, ...],
    data: Path | None,
    config: Path | None,
) -> None:
    """Put the copies of a backup in place, and end again what was revoked since.

    Stop the service first. The master key must be there, in its file or variable.

    \b
    Example:
      reticket restore /backups/2026-11-21 --data ./data --audit /logs/audit.jsonl.1
    """
    settings = frame.builder.load(config, {"data": data})
    with frame.builder.alone(settings):
        _place(settings, folder)
        with frame.opened(settings) as house:
            _keep_to_heal(house)
            told = [event for stream in streams or _own(settings) for event in revocations(stream)]
            replayed = replay(told, house.upkeep.revoke) + _distrust(house, told)
    click.echo(f"{folder} is restored; {replayed} revocations replayed")
    click.echo(
        "What was changed of people, applications and keys since the backup is gone: disable, "
        "change passwords and rotate keys again where it matters"
    )


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, mode=0o700)
    except FileExistsError:
        raise StartupError(f"{folder} is there already; name a new folder") from None
    except OSError as error:
        raise StartupError(f"cannot make {folder}: {error.strerror}") from None


def _place(settings: Settings, folder: Path) -> None:
    targets = [sqlite_path(url) for url in (settings.families, settings.directory)]
    for target in targets:
        if not (folder / target.name).is_file():
            raise StartupError(f"{folder} is no backup: it has no {target.name}")
    for target in targets:
        fresh = target.with_name(f"{target.name}.restored")
        fresh.touch(mode=0o600)
        shutil.copyfile(folder / target.name, fresh)
        for leftover in ("-wal", "-shm"):
            Path(f"{target}{leftover}").unlink(missing_ok=True)
        os.replace(fresh, target)


def _own(settings: Settings) -> tuple[Path, ...]:
    return (settings.audit_file,) if settings.audit_file.is_file() else ()


def replay(events: Iterable[Event], revoke: Callable[[Selection, str], Sequence[Family]]) -> int:
    """End again the families that an audit stream tells were ended; how many those were."""
    ended = 0
    for event in events:
        if event.family is not None:
            chosen = Selection(family=bytes.fromhex(event.family))
            ended += len(revoke(chosen, event.cause or "restored"))
    return ended


def _keep_to_heal(house: House) -> None:
    """A copy does not know how long its sessions have gone on since; a purge must not forget them
    before their clients have come back with newer tokens.
    """
    cursor: bytes | None = None
    while True:
        page = house.store.page(Selection(), PAGE, cursor)
        house.store.absorb([_lasting(house, family) for family in page.families])
        cursor = page.cursor
        if cursor is None:
            return


def _lasting(house: House, family: Family) -> Family:
    policy = house.policies.get(family.resource)
    lasts = house.clock() + policy.refresh * SECOND if policy else 0
    return family._replace(expires_at=max(family.expires_at, min(family.ends_at, lasts)))


def _distrust(house: House, events: Iterable[Event]) -> int:
    """Compromise again the keys that the copy still trusts; how many those were."""
    distrusted = 0
    for event in events:
        if event.detail is not None:
            with suppress(KeyRefused):
                house.ring.compromise(str(event.detail["key"]))
                distrusted += 1
    return distrusted


COMMANDS = (backup, restore)
