"""Writes what of docs/ is made from settings, commands, policies and figures: `make docs`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from reticket import cli, dialects
from reticket.core.people import Client
from reticket.core.policy import DAY, Policy, by_any_name
from reticket.oauth.provider import Provider
from reticket.oauth.registration import Registration, registration_of
from reticket.runtime.opening import Builder
from reticket.settings.catalogue import reference, variable

PRESETS = dialects.presets()
HERE = Path(__file__).parent
ROOT = HERE.parent

SETTINGS_HEAD = """\
# Settings

From a TOML file (`--config FILE`) and from variables; a variable wins, and `serve`'s options win
over both. A dot in a key is `__` in its variable: `sign_in.account_window` is
`RETICKET_SIGN_IN__ACCOUNT_WINDOW`. Lists in variables are separated by commas or spaces.

A policy is changed by the name of its preset (`[policies.KIBO_2026]`) or for one kind of token
(`[policies.kibo.application]`), which wins. OAuth's clients choose a preset each, so there the
preset alone counts. The presets, their numbers and how a client chooses one:
[directory.md](directory.md#presets). A dialect's own settings stand under `[dialects.NAME]`.

`enabled = false` there switches a dialect off. It then has no routes, no documents and no examples;
its sessions stay stored, and go on once it is on again. Programs get the tokens of the admin API
from OAuth's endpoints: without `oauth` that API answers nobody.
"""

COMMANDS_HEAD = """\
# Commands

What the file of `--seed` holds, and the presets of `--policy`: [directory.md](directory.md).

A shell completes commands and options once it has loaded the script that `reticket` prints for it:

| shell | line | where |
| --- | --- | --- |
| bash 4.4 or newer | `eval "$(_RETICKET_COMPLETE=bash_source reticket)"` | `~/.bashrc` |
| zsh | `eval "$(_RETICKET_COMPLETE=zsh_source reticket)"` | `~/.zshrc` |
| fish | `_RETICKET_COMPLETE=fish_source reticket \\| source` | `~/.config/fish/config.fish` |
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
    root = cli.command(Builder)
    parts = [COMMANDS_HEAD, *_helps(root, "reticket", None)]
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
    return _filled("scaling.md", "plan", ran.stdout)


def directory_page() -> str:
    """The page as it is, with the presets: their numbers, and what they mean for a client."""
    numbers = [
        "| preset | with its year | access token | idle end | absolute end | window | older token "
        "| rotates |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        *(_numbers(short, PRESETS[name]) for short, name in _presets()),
    ]
    implied = [
        "| preset | grants | pushed requests | tokens bound to a key |",
        "| --- | --- | --- | --- |",
        *(_implied(short) for short, _ in _presets()),
    ]
    between = "A client has these values by default. Long grant types are shown by their last word."
    said = "\n".join([*numbers, "", between, "", *implied, ""])
    return _filled("directory.md", "presets", said)


def _presets() -> list[tuple[str, str]]:
    """Names without the year, and with it; an older year has no short name."""
    known = by_any_name(PRESETS)
    return [(name, preset.name) for name, preset in known.items() if name not in PRESETS]


def _numbers(short: str, policy: Policy) -> str:
    spans = [policy.access, policy.refresh, policy.absolute, policy.window]
    older = {"revoke": "ends the session", "tolerate": "forgiven"}[policy.reuse]
    cells = [f"`{short}`", f"`{policy.name}`", *map(_span, spans), older, _yes(policy.rotates)]
    return _row(cells)


def _implied(preset: str) -> str:
    secret, public = (_registered(preset, public=public) for public in (False, True))
    bound = _yes(secret.dpop_required)
    if public.dpop_required != secret.dpop_required:
        bound = f"{bound}; public clients: {_yes(public.dpop_required)}"
    grants = ", ".join(f"`{grant.rpartition(':')[2]}`" for grant in secret.grants)
    return _row([f"`{preset}`", grants, _yes(secret.par_required), bound])


def _registered(preset: str, *, public: bool) -> Registration:
    said = {"policy": {"preset": preset}}
    client = Client("some", public, False, said, created_at=0, credential_version=0)
    return registration_of(client, Provider("https://id.example.com", by_any_name(PRESETS)))


def _yes(said: bool) -> str:
    return "yes" if said else "no"


def _span(seconds: int) -> str:
    """In the largest unit that it is a whole number of."""
    for unit, length in (("day", DAY), ("hour", 3600), ("minute", 60), ("second", 1)):
        count, rest = divmod(seconds, length)
        if count and not rest:
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "none"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _filled(name: str, what: str, said: str) -> str:
    """A page as it is, but for what stands between two marks."""
    begin, end = f"<!-- {what} -->\n", f"<!-- end of the {what} -->"
    before, _, rest = (HERE / name).read_text().partition(begin)
    return before + begin + said + end + rest.partition(end)[2]


PAGES = {
    "settings.md": settings_page,
    "cli.md": commands_page,
    "scaling.md": scaling_page,
    "directory.md": directory_page,
}


if __name__ == "__main__":
    for name, page in PAGES.items():
        (HERE / name).write_text(page())
