"""Writes what of docs/ is made from settings, commands, policies and figures: `make docs`."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click
import msgspec
from msgspec import inspect

from reticket import cli, dialects
from reticket.cli.demo_lines import lines
from reticket.core.people import Client, User
from reticket.core.policy import DAY, Policy, by_any_name
from reticket.core.profiles import Part
from reticket.core.tokens.kinds import TokenKind
from reticket.oauth.provider import Provider
from reticket.oauth.registration import Registration, registration_of
from reticket.openapi import WELL_KNOWN
from reticket.runtime.opening import Builder
from reticket.settings.catalogue import Setting, reference, variable
from reticket.wire import Dialect, Offer, Route

PRESETS = dialects.presets()
DIALECTS = dialects.with_defaults()
WORDS = {"none", "the preset's", "one per processor but one, at least 1"}
"""Defaults that a settings file cannot have."""
FROM_SETTINGS = {"issuer", "presets"}
"""Options that are settings of the whole service."""

HERE = Path(__file__).parent
ROOT = HERE.parent

SETTINGS_HEAD = """\
# Settings

Settings come from a TOML file (`--config FILE`) and from variables. A variable wins over the file,
and an option of `serve` wins over both. A dot in a key is `__` in its variable:
`sign_in.account_window` is `RETICKET_SIGN_IN__ACCOUNT_WINDOW`. Commas or spaces separate the items
of a list in a variable.

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
        _row([f"`{one.key}`", one.type, _literal(one), one.description, f"`{variable(one.key)}`"])
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


def readme_page() -> str:
    """The page as it is, with the table of what the service speaks."""
    rows = [_offer(dialect, offer) for dialect in DIALECTS for offer in _offers(dialect)]
    said = ["| dialect | endpoints | tokens | an older token |", "| --- | --- | --- | --- |", *rows]
    return _filled("../README.md", "dialects", "\n".join([*said, ""]))


def second_factor_page() -> str:
    """The page as it is, with the dialects that sign people in."""
    rows = [_factor_row(each) for each in DIALECTS if _signs_people_in(each)]
    head = ["| dialect | a person with a second factor |", "| --- | --- |"]
    return _filled("second-factor.md", "dialects", "\n".join([*head, *rows, ""]))


def _signs_people_in(dialect: Dialect) -> bool:
    return any(kind.subjects is User for kind in dialect.kinds)


def _factor_row(dialect: Dialect) -> str:
    key = f"dialects.{dialect.name}.second_factor"
    asks = "second_factor" not in _option_names(dialect)
    said = "is asked for the code" if asks else f"is refused, unless `{key}` is `ignore`"
    return _row([f"[{dialect.name}](dialects/{dialect.name}.md)", said])


def _option_names(dialect: Dialect) -> list[str]:
    return [each.name for each in dataclasses.fields(dialects.modules()[dialect.name].Options)]


def _offers(dialect: Dialect) -> Sequence[Offer]:
    title, paths = dialect.document.info["title"], (f"{dialect.base_path}/…",)
    return dialect.offers or (Offer(title, paths, dialect.kinds[0].name),)


def _offer(dialect: Dialect, offer: Offer) -> str:
    kind = next(each for each in dialect.kinds if each.name == offer.kind)
    page = f"[{offer.title}](docs/dialects/{dialect.name}.md)"
    older = {"revoke": "ends the session", "tolerate": "tolerated, audited"}[kind.policy.reuse]
    return _row([page, ", ".join(f"`{path}`" for path in offer.paths), _tokens(kind), older])


def _tokens(kind: TokenKind) -> str:
    access = "HS256" if kind.symmetric else "ES256"
    return f"{access}, {'JWT' if kind.refresh_claims else 'opaque'} refresh"


def dialect_page(dialect: Dialect) -> str:
    """What the code knows of a dialect, below what its own text says."""
    routes = [
        _row([f"`{route.method}`", f"`{_path(dialect, route)}`", route.describe.summary])
        for route in dialect.routes
        if route.describe is not None
    ]
    kinds = [
        _row([f"`{kind.name}`", _tokens(kind), f"`{kind.policy.name}`"]) for kind in dialect.kinds
    ]
    parts = [
        *_part(dialect.person, "a person", "users"),
        *_part(dialect.tenant, "a tenant", "tenants"),
        *_part(dialect.program, "an application", "applications"),
    ]
    calls = list(lines("http://127.0.0.1:8088", "http://127.0.0.1:8088", [dialect]))
    said = [
        f"# {dialect.document.info['title']}\n",
        f"{dialect.guide.rstrip()}\n" if dialect.guide else "",
        f"Its paths begin with `{dialect.base_path}`.\n",
        "## Requests\n",
        "| method | path | what for |\n| --- | --- | --- |",
        *routes,
        "\n## Tokens\n",
        "| kind | form | preset |\n| --- | --- | --- |",
        *kinds,
        "\n## Options\n",
        f"Under `[dialects.{dialect.name}]`.\n",
        "| key | default | what for |\n| --- | --- | --- |",
        *_options(dialect),
        *parts,
        "\n## To try\n",
        "With the demo's people (`make run`).\n\n```sh",
        "\n".join(calls).strip(),
        "```\n",
    ]
    return "\n".join(part for part in said if part)


def _path(dialect: Dialect, route: Route) -> str:
    return route.path if WELL_KNOWN in route.path else dialect.base_path + route.path


def _options(dialect: Dialect) -> Iterator[str]:
    kind = dialects.modules()[dialect.name].Options
    words = _arguments(kind.__doc__ or "")
    defaults = kind()
    for field in dataclasses.fields(kind):
        if field.name not in FROM_SETTINGS:
            value = str(getattr(defaults, field.name))
            shown = value.lower() if value in ("True", "False") else value
            yield _row([f"`{field.name}`", f"`{shown}`", words[field.name]])


def _arguments(docstring: str) -> dict[str, str]:
    """The texts of the section `Args:`, by name."""
    found: dict[str, str] = {}
    for name, text in re.findall(r"^ {8}(\w+): (.*(?:\n {12}.*)*)", docstring, re.MULTILINE):
        found[name] = " ".join(text.split())
    return found


def _part(part: Part[Any] | None, whose: str, section: str) -> Iterator[str]:
    if part is None:
        return
    yield f"\n## What it needs to know of {whose}\n"
    if part.inline:
        yield f"Each is a key of an entry of `{section}` in a [directory file](../directory.md).\n"
    elif part.has_places:
        yield "It stands beside `tenants` and `developer_accounts` of a person in a"
        yield "[directory file](../directory.md#users).\n"
    else:
        yield f"Under `{part.key}` in `{section}` of a [directory file](../directory.md).\n"
    yield "| key | is | default | what for |\n| --- | --- | --- | --- |"
    yield from _members(inspect.type_info(part.kind), "")


def _members(info: Any, before: str) -> Iterator[str]:
    for field in info.fields:
        name, kind = f"{before}{field.encode_name}", _present(field.type)
        metadata = kind if isinstance(kind, inspect.Metadata) else None
        words = (metadata.extra_json_schema or {}).get("description", "") if metadata else ""
        kind = metadata.type if metadata else kind
        default = "needed" if field.required else _shown(field.default)
        yield _row([f"`{name}`", FORMS[type(kind)], default, words])
        kind = getattr(kind, "item_type", kind)
        if isinstance(kind, inspect.StructType):
            yield from _members(kind, f"{name}.")


def _present(kind: Any) -> Any:
    """The type of a member that is not null."""
    types = getattr(kind, "types", (kind,))
    return next(each for each in types if not isinstance(each, inspect.NoneType))


def _shown(default: object) -> str:
    if default in ("", (), None) or default is msgspec.NODEFAULT:
        return "none"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


FORMS = {
    inspect.StrType: "text",
    inspect.IntType: "a whole number",
    inspect.BoolType: "true or false",
    inspect.AnyType: "any JSON value",
    inspect.VarTupleType: "a list",
    inspect.DictType: "a mapping",
    inspect.StructType: "a mapping",
}

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
