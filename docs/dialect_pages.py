"""What pages say of dialects, as the dialects declare it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from docs.filling import filled, row
from msgspec import inspect

from reticket import dialects
from reticket.cli.demo_lines import lines
from reticket.core.people import User
from reticket.core.profiles import Part
from reticket.core.tokens.kinds import TokenKind
from reticket.wire import Dialect, Offer, Route
from reticket.wire_paths import whole_path

DIALECTS = dialects.with_defaults()
FROM_SETTINGS = {"issuer", "presets", "signing_algorithm"}
"""Options that are settings of the whole service."""


def readme_page() -> str:
    """The page as it is, with the table of what the service speaks."""
    rows = [_offer(dialect, offer) for dialect in DIALECTS for offer in _offers(dialect)]
    said = ["| dialect | endpoints | tokens | on reuse |", "| --- | --- | --- | --- |", *rows]
    return filled("../README.md", "dialects", "\n".join([*said, ""]))


def second_factor_page() -> str:
    """The page as it is, with the dialects that sign people in."""
    rows = [_factor_row(each) for each in DIALECTS if _signs_people_in(each)]
    head = ["| dialect | a person with a second factor |", "| --- | --- |"]
    return filled("second-factor.md", "dialects", "\n".join([*head, *rows, ""]))


def _signs_people_in(dialect: Dialect) -> bool:
    return any(kind.subjects is User for kind in dialect.kinds)


def _factor_row(dialect: Dialect) -> str:
    key = f"dialects.{dialect.name}.second_factor"
    asks = "second_factor" not in _option_names(dialect)
    said = "is asked for the code" if asks else f"is refused, unless `{key}` is `ignore`"
    return row([f"[{dialect.name}](dialects/{dialect.name}.md)", said])


def _option_names(dialect: Dialect) -> list[str]:
    return [each.name for each in dataclasses.fields(dialects.modules()[dialect.name].Options)]


def _offers(dialect: Dialect) -> Sequence[Offer]:
    title, paths = dialect.document.info["title"], (f"{dialect.base_path}/…",)
    return dialect.offers or (Offer(title, paths, dialect.kinds[0].name),)


def _offer(dialect: Dialect, offer: Offer) -> str:
    kind = next(each for each in dialect.kinds if each.name == offer.kind)
    page = f"[{offer.title}](docs/dialects/{dialect.name}.md)"
    older = {
        "revoke": "the session ends",
        "tolerate": "the session goes on, and the audit log has a line",
    }[kind.policy.reuse]
    return row([page, ", ".join(f"`{path}`" for path in offer.paths), _tokens(kind), older])


def _tokens(kind: TokenKind) -> str:
    return f"{_access(kind)}, {_refresh(kind)} refresh"


def _access(kind: TokenKind) -> str:
    return "HS256" if kind.symmetric else "ES256"


def _refresh(kind: TokenKind) -> str:
    return "JWT" if kind.refresh_claims else "opaque"


def dialect_page(dialect: Dialect) -> str:
    """What the code knows of a dialect, below what its own text says."""
    routes = [
        row([f"`{route.method}`", f"`{_path(dialect, route)}`", route.describe.summary])
        for route in dialect.routes
        if route.describe is not None
    ]
    kinds = [
        row([f"`{kind.name}`", _access(kind), _refresh(kind), f"`{kind.policy.name}`"])
        for kind in dialect.kinds
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
        f"The paths begin with `{dialect.base_path}`. The [glossary](../glossary.md) explains the "
        "terms of this page.\n",
        "## Requests\n",
        "| method | path | what for |\n| --- | --- | --- |",
        *routes,
        "\n## Tokens\n",
        "A [preset](../directory.md#presets) sets the lifetimes of a token kind.\n",
        "| token kind | access token | refresh token | preset |\n| --- | --- | --- | --- |",
        *kinds,
        "\n## Options\n",
        f"These are keys under `[dialects.{dialect.name}]` in the "
        "[settings file](../settings.md).\n",
        "| key | default | what for |\n| --- | --- | --- |",
        *_options(dialect),
        *_realms(dialect),
        *parts,
        "\n## To try\n",
        "Start the demo with `make run`, then paste a line.\n\n```sh",
        "\n".join(calls).strip(),
        "```\n",
    ]
    return "\n".join(part for part in said if part)


def _path(dialect: Dialect, route: Route) -> str:
    return whole_path(dialect, route)


def _options(dialect: Dialect) -> Iterator[str]:
    kind = dialects.modules()[dialect.name].Options
    words = _arguments(kind.__doc__ or "")
    defaults = kind()
    for field in dataclasses.fields(kind):
        if field.name not in FROM_SETTINGS:
            shown = msgspec.json.encode(getattr(defaults, field.name)).decode().strip('"')
            yield row([f"`{field.name}`", f"`{shown}`", words[field.name]])


def _arguments(docstring: str) -> dict[str, str]:
    """The texts of the section `Args:`, by name."""
    found: dict[str, str] = {}
    for name, text in re.findall(r"^ {8}(\w+): (.*(?:\n {12}.*)*)", docstring, re.MULTILINE):
        found[name] = " ".join(text.split())
    return found


def _realms(dialect: Dialect) -> Iterator[str]:
    """The texts of `realm` for people of the dialect's own."""
    if not dialect.realms:
        return
    yield "\n## People of its own\n"
    yield (
        "A realm is a set of people. In a [directory file](../directory.md#users) the key `realm` "
        "of a person names it.\n"
    )
    yield "| realm | people |\n| --- | --- |"
    yield from (row([f"`{each.form}`", each.noun]) for each in dialect.realms)


def _part(part: Part[Any] | None, whose: str, section: str) -> Iterator[str]:
    if part is None:
        return
    yield f"\n## What it needs to know of {whose}\n"
    rows = list(rows_of(part.kind))
    where = f"{_place(part, section)}{meaning_of_dots(rows)}"
    yield f"In a [directory file](../directory.md#{section}) {where}\n"
    yield "| key | is | default | what for |\n| --- | --- | --- | --- |"
    yield from rows


def _place(part: Part[Any], section: str) -> str:
    if part.inline:
        return f"these are keys of an entry of `{section}`."
    if part.has_places:
        return (
            f"these are keys of an entry of `{section}`. Each maps an id to a list of behaviors, "
            "which are numbers for permissions."
        )
    return f"these are keys under `{part.key}` in an entry of `{section}`."


def meaning_of_dots(rows: Sequence[str]) -> str:
    """What a dot in a key means, said of the first key that has one."""
    forms = {key.strip("` "): form.strip() for _, key, form, *_ in (row.split("|") for row in rows)}
    nested = next((key for key in forms if "." in key), None)
    if nested is None:
        return ""
    outer, _, inner = nested.rpartition(".")
    of = f"each entry of `{outer}`" if forms[outer] == "a list" else f"`{outer}`"
    return f" `{nested}` is the key `{inner}` in {of}."


def rows_of(kind: type[msgspec.Struct]) -> Iterator[str]:
    """A row for each member of a struct, and of those in it."""
    yield from _members(inspect.type_info(kind), "")


def _members(info: Any, before: str) -> Iterator[str]:
    for field in info.fields:
        name, kinds = f"{before}{field.encode_name}", list(_kinds(field.type))
        default = "needed" if field.required else _shown(field.default)
        yield row([f"`{name}`", " or ".join(map(_form, kinds)), default, _words(field.type)])
        for kind in kinds:
            inner = getattr(kind, "item_type", kind)
            if isinstance(inner, inspect.StructType):
                yield from _members(inner, f"{name}.")


def _kinds(kind: Any) -> Iterator[Any]:
    """The types that a member's value may have, without their annotations and without null."""
    if isinstance(kind, inspect.Metadata):
        yield from _kinds(kind.type)
    elif isinstance(kind, inspect.UnionType):
        for each in kind.types:
            yield from _kinds(each)
    elif not isinstance(kind, inspect.NoneType):
        yield kind


def _words(kind: Any) -> str:
    """The description of a member, which may stand outside or inside of a union."""
    for each in (kind, *getattr(kind, "types", ())):
        if isinstance(each, inspect.Metadata):
            return str((each.extra_json_schema or {}).get("description", ""))
    return ""


def _form(kind: Any) -> str:
    if isinstance(kind, inspect.LiteralType):
        return " or ".join(f"`{value}`" for value in kind.values)
    return FORMS[type(kind)]


def _shown(default: object) -> str:
    if default in ("", (), None) or default is msgspec.NODEFAULT:
        return "none"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


FORMS = {
    inspect.StrType: "text",
    inspect.IntType: "a whole number",
    inspect.FloatType: "a number",
    inspect.BoolType: "true or false",
    inspect.AnyType: "any JSON value",
    inspect.ListType: "a list",
    inspect.VarTupleType: "a list",
    inspect.DictType: "a mapping",
    inspect.StructType: "a mapping",
}
