"""The option `--profile`: what a dialect knows of a person, a tenant or an application."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from reticket.cli.group import sentence_of
from reticket.core.errors import ReticketError
from reticket.directory.seed.yaml_value import yaml_text


class PartOption(click.ParamType[tuple[str, object]]):
    """`KEY={...}`: a part of a profile, in YAML or JSON."""

    name = "KEY={...}"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, object]:
        if isinstance(value, tuple):
            return value
        key, equals, said = str(value).partition("=")
        if not equals:
            self.fail(f"{value!r} is not like organization={{name: Acme}}", param, ctx)
        try:
            return key, yaml_text(said).json()
        except ReticketError as error:
            self.fail(f"{value!r}: {sentence_of(error)}", param, ctx)


def profile_option(meaning: str) -> Callable[..., Any]:
    """The option, which may be repeated. The command gets the pairs as `parts`."""
    return click.option("--profile", "parts", type=PartOption(), multiple=True, help=meaning)
