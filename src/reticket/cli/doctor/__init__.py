"""`reticket doctor`: checks a data folder and its settings.

Owns the order and the form of its lines. The checks are the modules of the package `checks`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import click

from reticket.cli.context import with_instance
from reticket.cli.doctor import checks
from reticket.cli.doctor.findings import Check, Finding, Level
from reticket.runtime.opened_service import OpenedService


@click.command()
@with_instance
def doctor(instance: OpenedService) -> None:
    """Check stores, keys, files, settings and policies.

    Each check prints a line with `ok`, or a line for each `warning` and `fault`, which says what to
    do. When the stores cannot be opened, there is one error instead. The exit status is 1 when
    there is a fault or an error, else 0.

    \b
    Example:
      reticket doctor --data ./data --config reticket.toml
    """
    found = [finding for check in known_checks() for finding in look(check, instance)]
    for level, sentence in found:
        click.echo(f"{level:8} {sentence}")
    if any(level is Level.FAULT for level, _ in found):
        raise click.exceptions.Exit(1)


def known_checks() -> Iterator[Check]:
    """Every module of the package of checks, in the order of their names."""
    for module in pkgutil.iter_modules(checks.__path__):
        check: Check = importlib.import_module(f"{checks.__name__}.{module.name}")
        yield check


def look(check: Check, instance: OpenedService) -> Iterator[Finding]:
    """The findings of a check; one `ok` when it has found nothing."""
    found = list(check.look(instance))
    if not found:
        yield Finding(Level.OK, check.TOPIC)
    for level, sentence in found:
        yield Finding(level, f"{check.TOPIC}: {sentence}")


COMMANDS = (doctor,)
