"""`reticket migrate`: shows and upgrades the schemas of sessions and directory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from reticket.cli.context import CONFIG, DATA, JSON, CommandContext, show
from reticket.cli.group import Group
from reticket.runtime.opened_service import Schema

COLUMNS = ("store", "place", "found", "known", "to_do")


@click.group(cls=Group)
def migrate() -> None:
    """Show the versions of the schemas, and upgrade them while the service runs."""


@migrate.command()
@DATA
@CONFIG
@JSON
@click.pass_obj
def status(frame: CommandContext, data: Path | None, config: Path | None, as_json: bool) -> None:
    """Show the version of each schema, and what to do.

    FOUND is the version of the schema, and KNOWN the newest one that this program knows. A newer
    schema needs no action while this program can work with it: `needed` in the JSON is the version
    that a program must know for that.

    \b
    Example:
      reticket migrate status --json
    """
    show(map(_row, _schemas(frame, data, config)), COLUMNS, as_json)


@migrate.command()
@DATA
@CONFIG
@click.pass_obj
def up(frame: CommandContext, data: Path | None, config: Path | None) -> None:
    """Upgrade both schemas to the newest version. Safe to repeat.

    Processes of the previous version go on working, unless the changelog says to stop them first.
    Upgrade the schemas first, then replace the processes one by one.

    \b
    Example:
      reticket migrate up --config reticket.toml
    """
    found = [(schema, schema.state()) for schema in _schemas(frame, data, config)]
    for _, before in found:
        if before:
            before.refuse_newer()
    for schema, before in found:
        schema.migrate()
        after = schema.state()
        if before == after:
            click.echo(f"{schema.what}: nothing to do")
        elif before and after:
            click.echo(f"{schema.what}: schema {before.found} is now {after.found}")


def _schemas(
    frame: CommandContext, data: Path | None, config: Path | None
) -> tuple[Schema, Schema]:
    settings = frame.builder.load(config, {"data": data})
    return (
        frame.builder.sessions_schema(settings.sessions),
        frame.builder.directory_schema(settings.directory),
    )


def _row(schema: Schema) -> dict[str, Any]:
    state = schema.state()
    if state is None:
        return {"store": schema.what, **dict.fromkeys(COLUMNS[1:])}
    return {
        "store": schema.what,
        "place": state.place,
        "found": state.found or None,
        "known": state.known,
        "needed": state.needed or None,
        "to_do": state.task,
    }


COMMANDS = (migrate,)
