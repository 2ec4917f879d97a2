"""A new password, typed or from standard input, for the commands that set one."""

from __future__ import annotations

import sys

import click


def new_password(stdin: bool) -> str:
    """A password, typed twice at the prompt or read as one line of standard input."""
    if not stdin:
        typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return typed
    try:
        piped = sys.stdin.buffer.readline().decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise click.ClickException("the password on standard input is not UTF-8") from None
    if not piped:
        raise click.ClickException("there is no password on standard input")
    return piped


PASSWORD_STDIN = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input."
)
