"""Reads applications into drafts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reticket.core.profiles import Part
from reticket.directory.drafts import ApplicationDraft
from reticket.directory.seed.fields import Entry, Fields, int32
from reticket.directory.seed.parts import keys_of, read_parts
from reticket.directory.seed.yaml_value import YamlValue

_APPLICATION = ("application_id", "shared_secret", "tenants", "disabled")


@dataclass(frozen=True, slots=True)
class ApplicationReader:
    """Reads applications.

    Args:
        parts: the dialects' parts of an application.
    """

    parts: Sequence[Part[Any]]

    def read(self, value: YamlValue) -> Entry[ApplicationDraft]:
        """An application. `tenants`, if given, must be a list: null would mean all tenants."""
        fields = Fields(value, (*_APPLICATION, *keys_of(self.parts)))
        tenants = fields.given("tenants", _tenants, None)
        draft = ApplicationDraft(
            id=fields.required("application_id", YamlValue.filled),
            tenants=None if tenants is None else frozenset(tenants),
            disabled=fields.optional("disabled", YamlValue.flag, False),
            parts=read_parts(value, self.parts),
        )
        secret = fields.required("shared_secret", YamlValue.filled)
        return Entry(value, draft.id, draft, secret, tenants or {})


def _tenants(value: YamlValue) -> dict[int, YamlValue]:
    return {int32(item): item for item in value.items()}
