"""Options of commands that adopt the sessions of another system."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from reticket.cli.context import PathOption
from reticket.cli.input_file import opened_input
from reticket.core.errors import StartupError
from reticket.core.policy import SECOND

LARGEST_SECRET = 65_536
"""Bytes of a file with a secret."""

_Command = Callable[..., Any]


class Time(click.ParamType):  # type: ignore[type-arg]  # no such in click 8.2
    """A day or a time with its zone, in milliseconds."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The beginning of that day in UTC, or that time."""
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail("it must look like 2027-01-31 or 2027-01-31T12:00:00Z", param, ctx)
        if moment.tzinfo is None and len(value) > len("2027-01-31"):
            self.fail("a time needs its zone, such as Z", param, ctx)
        return round(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * SECOND)


UNTIL = click.option(
    "--until",
    type=Time(),
    required=True,
    help="No token of the other system is accepted from then on: a day in UTC, or a time with its "
    "zone.",
)
NAME = click.option("--name", help="The name of the adoption. Default: that of the system.")
CLIENT = click.option("--client", help="The client of all sessions, where their tokens name none.")


def secret_options(noun: str, what: str) -> Callable[[_Command], _Command]:
    """Two options for a secret, which never is an argument: other people see those."""

    def add(command: _Command) -> _Command:
        file = click.option(
            f"--{noun}-file", type=PathOption(), help=f"A file with {what}; standard input for `-`."
        )
        variable = click.option(
            f"--{noun}-env", metavar="NAME", help=f"An environment variable with {what}."
        )
        return file(variable(command))

    return add


def secret_of(noun: str, file: Path | None, variable: str | None) -> str:
    """The secret; empty where neither is said. A line end after it is no part of it."""
    if file is not None and variable is not None:
        raise click.UsageError(f"say either --{noun}-file or --{noun}-env")
    if variable is not None:
        if variable not in os.environ:
            raise click.ClickException(f"there is no environment variable {variable}")
        return os.environ[variable]
    return "" if file is None else _text_of(file)


def _text_of(file: Path) -> str:
    try:
        with opened_input(file) as opened:
            data = opened.read(LARGEST_SECRET + 1)
        text = data.decode()
    except UnicodeDecodeError:
        raise StartupError(f"{file} is not UTF-8.") from None
    if len(data) > LARGEST_SECRET:
        raise StartupError(f"{file} has more than {LARGEST_SECRET} bytes.")
    return text.rstrip("\r\n")


def pairs(said: Sequence[str]) -> Mapping[str, str]:
    """Options of the form NAME=VALUE."""
    found = [each.partition("=") for each in said]
    if not all(name and sign for name, sign, _ in found):
        raise click.UsageError("--option has the form NAME=VALUE")
    return {name: value for name, _, value in found}
