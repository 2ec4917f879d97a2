"""The catalogue of settings: their fields, their variables, and their texts for errors and docs.

A key has dots, as in `sign_in.account_window`. In the variable each dot becomes `__`:
RETICKET_SIGN_IN__ACCOUNT_WINDOW.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from reticket.settings.handover import HandoverTable
from reticket.settings.tree import PolicyChange, Settings
from reticket.settings.values import Accepts

PREFIX = "RETICKET_"
REPLACED = {
    "families": "its name is sessions now",
    "metrics_from": "metrics_listen and metrics_token say who may read /metrics, not an address",
}
"""Settings of former versions, each with a sentence that says what to do."""

_ANY_POLICY = "policies.NAME."
_ANY_HANDOVER = "dialects.NAME.handover."


class Setting(NamedTuple):
    """A line of the settings reference."""

    key: str
    type: str
    default: str
    description: str


def reference() -> list[Setting]:
    """Every setting with its accepted values, its default as text and its description."""
    return [
        Setting(key, accepts(field).words, _default(key, field), field.description)
        for key, field in _FIELDS.items()
        if field.description
    ]


def variable(key: str) -> str:
    """The name of the variable for a key."""
    return PREFIX + key.replace(".", "__").upper()


def key_of(variable_name: str) -> str:
    """The key that a variable is for, in lower case."""
    return variable_name.upper().removeprefix(PREFIX).replace("__", ".").lower()


def field_of(key: str) -> FieldInfo | None:
    """The field of a key; None when there is none."""
    table, _, rest = key.partition(".")
    if table == "dialects":
        return _FIELDS[table]
    if table == "policies" and rest:
        return _FIELDS.get(_ANY_POLICY + key.rpartition(".")[2])
    return _FIELDS.get(key)


def siblings_of(key: str) -> list[str]:
    """The known keys that an unknown key may have been meant for."""
    if key.startswith("policies.") and key.count(".") > 1:
        return [f"{key.rpartition('.')[0]}.{name}" for name in PolicyChange.model_fields]
    table = key.rpartition(".")[0]
    members = [name for name in _FIELDS if table and name.rpartition(".")[0] == table]
    return members or [name for name in _FIELDS if ".NAME." not in name]


def accepts(field: FieldInfo) -> Accepts:
    """The texts of a field."""
    metadata = list(field.metadata)
    for member in get_args(field.annotation):  # an optional field has them inside the union
        metadata += getattr(member, "__metadata__", ())
    words = [found for found in metadata if isinstance(found, Accepts)]
    return words[-1] if words else Accepts("a table")


def _default(key: str, field: FieldInfo) -> str:
    if key.startswith(_ANY_POLICY):
        return "the preset's"
    if field.default_factory is not None:
        return accepts(field).default or "none"
    if isinstance(field.default, bool):
        return str(field.default).lower()
    return "none" if field.default in (None, (), PydanticUndefined) else str(field.default)


def _fields(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        yield prefix + name, field
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _fields(field.annotation, f"{prefix}{name}.")


_FIELDS = {
    **dict(_fields(Settings)),
    **dict(_fields(PolicyChange, _ANY_POLICY)),
    **dict(_fields(HandoverTable, _ANY_HANDOVER)),
}
