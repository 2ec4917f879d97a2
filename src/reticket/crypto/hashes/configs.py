"""What a form of hashes needs beside its rows: Firebase's parameters, Devise's pepper.

A configuration is JSON, stored sealed under a name. Owns its form; knows no directory.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol, TypeVar

import msgspec

from reticket.core.errors import HashRefused
from reticket.crypto.hashes.known import Configs

_NAME = re.compile(r"[a-z0-9-]{1,32}")


class Checked(Protocol):
    """A type of configurations."""

    def check(self) -> None:
        """HashRefused unless it can be used."""
        ...


C = TypeVar("C", bound=Checked)


def config_of(configs: Configs, name: str, kind: type[C]) -> C:
    """The configuration with a name. HashRefused when it is absent, or another kind's."""
    found = configs(name)
    if found is None:
        raise HashRefused(f"there is no hash configuration with the name {checked_name(name)}")
    return _decoded(found, kind)


def read_configs(data: bytes, kinds: Mapping[str, type[Checked]]) -> dict[str, bytes]:
    """The configurations of a file, in their stored form. HashRefused.

    Args:
        data: a JSON object. Its keys are the `hash_format` of rows, as `firebase` or
            `firebase:shop`.
        kinds: the types, by the names of forms.
    """
    try:
        said = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise HashRefused("the file of hash configurations must be a JSON object") from None
    found = {}
    for key, config in said.items():
        form, _, name = key.partition(":")
        if form not in kinds:
            raise HashRefused(f"a hash configuration must be one of {', '.join(sorted(kinds))}")
        found[checked_name(name or form)] = _stored(bytes(config), kinds[form])
    return found


def _stored(data: bytes, kind: type[Checked]) -> bytes:
    config = _decoded(data, kind)
    config.check()
    return msgspec.json.encode(config, order="deterministic")


def checked_name(name: str) -> str:
    """The name of a configuration. HashRefused for one with other characters."""
    if _NAME.fullmatch(name) is None:
        raise HashRefused(
            "a hash configuration must have a name of 1 to 32 small letters, digits and hyphens"
        )
    return name


def _decoded(data: bytes, kind: type[C]) -> C:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        fault = str(error) if isinstance(error, msgspec.ValidationError) else "it is not JSON"
        raise HashRefused(f"the hash configuration is not valid: {fault}") from None
