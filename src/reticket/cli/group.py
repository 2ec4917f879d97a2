"""Groups of commands. Imports no command, since it is imported before all of them."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from typing import Any, NamedTuple, cast

import click
from click.shell_completion import CompletionItem

from reticket.core.errors import ReticketError
from reticket.core.texts import escaped_lines

WHOLE = 1000
"""More characters than the first sentence of a command has, so that lists cut none."""


class Group(click.Group):
    """A group whose commands fail with one sentence instead of a traceback.

    Args:
        renamed: names of former versions, each with the new one.
    """

    def __init__(
        self, *arguments: Any, renamed: Mapping[str, str] | None = None, **said: Any
    ) -> None:
        super().__init__(*arguments, **said)
        self._renamed = renamed or {}

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except ReticketError as error:
            raise click.ClickException(escaped_lines(sentence_of(error))) from None

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The error for a former command names the new one."""
        if args[0] in self._renamed:
            group, name, new = context.command_path, args[0], self._renamed[args[0]]
            raise click.ClickException(f"the command {group} {name} is now {group} {new}")
        return super().resolve_command(context, args)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """The names, each with the first sentence of its help."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, self.commands[name].get_short_help_str(WHOLE))
                    for name in self.list_commands(context)
                ]
            )


def sentence_of(error: ReticketError) -> str:
    """The error in the form of all errors of commands: no capital, no full stop."""
    from reticket.directory.errors import DirectoryError

    said = str(error).removesuffix(".")
    return said[:1].lower() + said[1:] if isinstance(error, DirectoryError) else said


class Known(NamedTuple):
    """A command that may not be imported yet.

    Args:
        module: below `reticket.cli`; its `COMMANDS` have the command.
        summary: its line in `--help`, on a terminal of 80 columns.
    """

    module: str
    summary: str


class _Commands(Mapping[str, click.Command]):
    """Imports a command when it is looked up."""

    def __init__(self, known: Mapping[str, Known]) -> None:
        self._known = known

    def __getitem__(self, name: str) -> click.Command:
        module = importlib.import_module(f"reticket.cli.{self._known[name].module}")
        found: Sequence[click.Command] = module.COMMANDS
        return next(command for command in found if command.name == name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


class LazyGroup(Group):
    """The root group, whose help and completion import no command.

    Args:
        known: its commands by name.
    """

    def __init__(self, *arguments: Any, known: Mapping[str, Known], **said: Any) -> None:
        super().__init__(*arguments, **said)
        self.commands = cast("MutableMapping[str, click.Command]", _Commands(known))
        self._known = known

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """The names and their summaries."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._known[name].summary) for name in sorted(self._known)])

    def shell_complete(self, context: click.Context, incomplete: str) -> list[CompletionItem]:
        """The same as click's own completion, without imports."""
        names = [name for name in sorted(self._known) if name.startswith(incomplete)]
        found = [CompletionItem(name, help=self._known[name].summary) for name in names]
        return found + click.Command.shell_complete(self, context, incomplete)
