"""Shared by all commands: options, opening the service, and printing of tables and JSON."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import click
import msgspec

from reticket.cli.first_start import expect_made
from reticket.core.texts import escaped, escaped_lines
from reticket.runtime.opened_service import OpenedService
from reticket.runtime.opening import Builder
from reticket.settings import Settings

P = ParamSpec("P")
R = TypeVar("R")


class PathOption(click.Path):
    """A path. An empty text is an error, and not the current folder."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        if value == "":
            self.fail("a path must not be empty", param, ctx)
        return super().convert(value, param, ctx)


DATA = click.option("--data", type=PathOption(), help="Folder of the data; default ./data.")
CONFIG = click.option("--config", type=PathOption(), help="A TOML file with settings.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


def renamed(old: str, new: str, **form: Any) -> Callable[..., Any]:
    """An option of a former version; the error names the option that replaced it."""

    def refuse(context: click.Context, option: click.Parameter, value: object) -> None:
        if value is not None:
            raise click.ClickException(f"the option {old} is now {new}")

    return click.option(old, hidden=True, expose_value=False, callback=refuse, **form)


@dataclass(frozen=True, slots=True)
class CommandContext:
    """Opens services for commands."""

    builder: Builder

    @contextmanager
    def instance(self, data: Path | None, config: Path | None) -> Iterator[OpenedService]:
        """The opened service of a data folder. StartupError when nothing was made there."""
        settings = self.builder.load(config, {"data": data})
        expect_made(self.builder, settings)
        with self.opened(settings) as instance:
            yield instance

    @contextmanager
    def opened(self, settings: Settings) -> Iterator[OpenedService]:
        """The same for settings; makes a data folder that does not exist."""
        instance = self.builder.open(settings)
        try:
            yield instance
        finally:
            instance.close()


def with_instance(work: Callable[Concatenate[OpenedService, P], R]) -> Callable[..., R]:
    """Give a command the opened service of --data and --config as its first argument.

    When the command returns, the sessions that its changes must end have ended.
    """

    @DATA
    @CONFIG
    @click.pass_obj
    @functools.wraps(work)
    def run(frame: CommandContext, /, *arguments: Any, **options: Any) -> R:
        with frame.instance(options.pop("data"), options.pop("config")) as instance:
            result = work(instance, *arguments, **options)
            instance.upkeep.apply_intents()
            return result

    return run


def show(
    rows: Iterable[Mapping[str, Any]], columns: Sequence[str], as_json: bool, *, err: bool = False
) -> None:
    """Print rows as a table of those columns, or all of them as a JSON list. `err` prints the table
    on standard error.
    """
    rows = list(rows)
    if as_json:
        show_json(rows)
        return
    cells = [[_cell(row.get(column)) for column in columns] for row in rows]
    lines = [[column.upper().replace("_", " ") for column in columns], *cells]
    widths = [max(len(line[index]) for line in lines) for index in range(len(columns))]
    for line in lines:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(padded).rstrip(), err=err)


def show_json(value: object) -> None:
    """Print JSON. Characters that act on a terminal are escaped as JSON does."""
    text = msgspec.json.format(msgspec.json.encode(value, enc_hook=str)).decode()
    click.echo(escaped_lines(text))


def rfc3339(time: int | None) -> str | None:
    """Milliseconds as RFC 3339, or None."""
    if time is None:
        return None
    moment = datetime.fromtimestamp(time / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return escaped(",".join(map(str, value))) or "-"
    return escaped(str(value))
