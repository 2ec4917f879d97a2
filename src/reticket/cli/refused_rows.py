"""The options that all commands have that import rows, and how they say which they have refused."""

from __future__ import annotations

import click

from reticket.cli.context import PathOption, show
from reticket.moving.rows.report import RefusedRow, Report

SOME_REFUSED = 3
"""Exit code when rows were refused."""


REPORT = click.option(
    "--report", type=PathOption(), help="A file for the refused rows, with line and reason."
)
DRY_RUN = click.option("--dry-run", is_flag=True, help="Check all rows, and change nothing.")


def tell(line: str) -> None:
    """Say something beside the output."""
    click.echo(line, err=True)


def show_refused(refused: Report) -> None:
    """Show the first refused rows."""
    if refused.first:
        show([row._asdict() for row in refused.first], RefusedRow._fields, False, err=True)
    if refused.many > len(refused.first):
        tell(f"{refused.many - len(refused.first)} more; --report FILE has all of them")
