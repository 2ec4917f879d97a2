"""Writes what of docs/ is made from the settings, the commands and the figures: `make docs`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from reticket import cli
from reticket.app import Builder
from reticket.settings.catalogue import reference, variable

HERE = Path(__file__).parent
ROOT = HERE.parent

SETTINGS_HEAD = """\
# Settings

From a TOML file (`--config FILE`) and from variables; a variable wins, and `serve`'s options win
over both. A dot in a key is `__` in its variable: `sign_in.account_window` is
`RETICKET_SIGN_IN__ACCOUNT_WINDOW`. Lists in variables are separated by commas or spaces.

A policy is changed by the name of its preset (`[policies.KIBO_2026]`) or for one resource alone
(`[policies.kibo.application]`), which wins. A dialect's own settings stand under `[dialects.NAME]`.
"""

EXAMPLE = """
```toml
port = 9000
data = "/var/lib/reticket"
trusted_proxies = ["10.0.0.0/8"]

[policies.KIBO_2026]
reuse = "revoke"          # once no client shares a token any more

[policies.cloudreve.user]
access = 7200

[dialects.cloudreve]
title = "Our drive"
```
"""


def settings_page() -> str:
    """Every setting with what it accepts, its default and its variable."""
    rows = [
        f"| `{one.key}` | {one.type} | {one.default} | {one.description} | `{variable(one.key)}` |"
        for one in reference()
    ]
    table = ["| key | is | default | what for | variable |", "| --- | --- | --- | --- | --- |"]
    return "\n".join([SETTINGS_HEAD, *table, *rows, EXAMPLE])


def commands_page() -> str:
    """The help of every command, as the command prints it."""
    root = cli.command(Builder())
    parts = ["# Commands\n", *_helps(root, "reticket", None)]
    return "\n".join(parts)


def _helps(command: click.Command, path: str, parent: click.Context | None) -> Iterator[str]:
    said = {**command.context_settings, "terminal_width": 100, "max_content_width": 100}
    context = click.Context(command, parent, path.rpartition(" ")[2], **said)
    yield f"## `{path}`\n\n```\n{command.get_help(context)}\n```\n"
    for name, inner in sorted(getattr(command, "commands", {}).items()):
        yield from _helps(inner, f"{path} {name}", context)


def scaling_page() -> str:
    """The page as it is, with the plan that the command prints now."""
    command = [sys.executable, "-m", "benchmarks", "plan"]
    ran = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
    begin, end = "<!-- plan -->\n", "<!-- end of the plan -->"
    before, _, rest = (HERE / "scaling.md").read_text().partition(begin)
    return before + begin + ran.stdout + end + rest.partition(end)[2]


PAGES = {"settings.md": settings_page, "cli.md": commands_page, "scaling.md": scaling_page}


if __name__ == "__main__":
    for name, page in PAGES.items():
        (HERE / name).write_text(page())
