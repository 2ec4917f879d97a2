"""Writes what of docs/ is made from settings, commands, policies and figures: `make docs`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial

import click
from docs.dialect_pages import DIALECTS, dialect_page, readme_page, second_factor_page
from docs.filling import HERE, filled, row, yes

from reticket import cli, dialects
from reticket.core.people import Client
from reticket.core.policy import DAY, Policy, by_any_name
from reticket.oauth.provider import Provider
from reticket.oauth.registration import Registration, registration_of
from reticket.runtime.opening import Builder
from reticket.settings.catalogue import Setting, reference, variable

PRESETS = dialects.presets()
WORDS = {"none", "the preset's", "one per processor but one, at least 1"}
"""Defaults that a settings file cannot have."""
ROOT = HERE.parent

SETTINGS_HEAD = """\
# Settings

Settings come from a TOML file (`--config FILE`) and from variables. A variable wins over the file,
and an option of `serve` wins over both. A dot in a key is `__` in its variable:
`sign_in.account_window` is `RETICKET_SIGN_IN__ACCOUNT_WINDOW`. Commas or spaces separate the items
of a list in a variable. A list may also be a JSON array there.

A policy is changed for a preset (`[policies.BROWSER_2026]`) or for one kind of token
(`[policies.DIALECT.KIND]`). The kind wins over the preset. Each OAuth client chooses a preset, so
only changes of presets count for OAuth. [directory.md](directory.md#presets) has the presets, their
numbers, and how a client chooses one. A dialect's own settings stand under `[dialects.NAME]`.

`enabled = false` there switches a dialect off. It then has no routes, no documents and no examples.
Its sessions stay stored, and go on once it is on again. Programs get the tokens of the admin API
from OAuth's endpoints, so without `oauth` there is no such API.
"""

COMMANDS_HEAD = """\
# Commands

[directory.md](directory.md) describes the file of `--seed` and the presets of `--policy`.

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

[policies.BROWSER_2026]
window = 20

[dialects.oauth]
asked_per_address = 100
```
"""


def settings_page() -> str:
    """Every setting with what it accepts, its default and its variable."""
    rows = [
        row([f"`{one.key}`", one.type, _literal(one), one.description, f"`{variable(one.key)}`"])
        for one in reference()
    ]
    table = ["| key | is | default | what for | variable |", "| --- | --- | --- | --- | --- |"]
    return "\n".join([SETTINGS_HEAD, *table, *rows, EXAMPLE])


def _literal(setting: Setting) -> str:
    """The default as code, unless it is described in words."""
    return setting.default if setting.default in WORDS else f"`{setting.default}`"


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
    return filled("scaling.md", "plan", ran.stdout)


def directory_page() -> str:
    """The page as it is, with the presets: their numbers, and what they mean for a client."""
    numbers = [
        "| preset | with its year | access token | idle end | absolute end | window "
        "| older token after the window | new refresh token at each refresh |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        *(_numbers(short, PRESETS[name]) for short, name in _presets()),
    ]
    implied = [
        "| preset | grants | pushed requests | tokens bound to a key |",
        "| --- | --- | --- | --- |",
        *(_implied(short) for short, _ in _presets()),
    ]
    between = (
        "By its preset a client has these values, if its own keys do not say otherwise. Of a long "
        "grant type the table shows the last word."
    )
    said = "\n".join([*numbers, "", between, "", *implied, ""])
    return filled("directory.md", "presets", said)


def _presets() -> list[tuple[str, str]]:
    """Names without the year, and with it; an older year has no short name."""
    known = by_any_name(PRESETS)
    return [(name, preset.name) for name, preset in known.items() if name not in PRESETS]


def _numbers(short: str, policy: Policy) -> str:
    spans = [policy.access, policy.refresh, policy.absolute, policy.window]
    older = {"revoke": "ends the session", "tolerate": "is accepted"}[policy.reuse]
    cells = [f"`{short}`", f"`{policy.name}`", *map(_span, spans), older, yes(policy.rotates)]
    return row(cells)


def _implied(preset: str) -> str:
    secret, public = (_registered(preset, public=public) for public in (False, True))
    bound = yes(secret.dpop_required)
    if public.dpop_required != secret.dpop_required:
        bound = f"{bound}; public clients: {yes(public.dpop_required)}"
    grants = ", ".join(f"`{grant.rpartition(':')[2]}`" for grant in secret.grants)
    return row([f"`{preset}`", grants, yes(secret.par_required), bound])


def _registered(preset: str, *, public: bool) -> Registration:
    said = {"policy": {"preset": preset}}
    client = Client("some", public, False, said, created_at=0, credential_version=0)
    return registration_of(client, Provider("https://id.example.com", by_any_name(PRESETS)))


def _span(seconds: int) -> str:
    """In the largest unit that it is a whole number of."""
    for unit, length in (("day", DAY), ("hour", 3600), ("minute", 60), ("second", 1)):
        count, rest = divmod(seconds, length)
        if count and not rest:
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "none"


PAGES: dict[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "cli.md": commands_page,
    "scaling.md": scaling_page,
    "directory.md": directory_page,
    "../README.md": readme_page,
    "second-factor.md": second_factor_page,
    **{f"dialects/{each.name}.md": partial(dialect_page, each) for each in DIALECTS},
}


if __name__ == "__main__":
    for name, page in PAGES.items():
        (HERE / name).write_text(page())
