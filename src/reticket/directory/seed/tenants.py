"""Reads tenants and developer accounts of a seed file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reticket.core.people import DeveloperAccount
from reticket.core.profiles import Part
from reticket.directory.drafts import TenantDraft
from reticket.directory.seed.fields import Entry, Fields, int32
from reticket.directory.seed.parts import keys_of, read_parts
from reticket.directory.seed.yaml_value import YamlValue


def read_account(value: YamlValue) -> Entry[DeveloperAccount]:
    """A developer account."""
    fields = Fields(value, ("id", "name"))
    account_id = fields.required("id", int32)
    account = DeveloperAccount(account_id, fields.optional("name", YamlValue.text, None))
    return Entry(value, account_id, account)


@dataclass(frozen=True, slots=True)
class TenantReader:
    """Reads tenants.

    Args:
        parts: the dialects' parts of a tenant.
    """

    parts: Sequence[Part[Any]]

    def read(self, value: YamlValue) -> Entry[TenantDraft]:
        """A tenant, with the parts of all dialects."""
        fields = Fields(value, ("id", "name", *keys_of(self.parts)))
        draft = TenantDraft(
            id=fields.required("id", int32),
            name=fields.optional("name", YamlValue.text, None),
            parts=read_parts(value, self.parts),
        )
        return Entry(value, draft.id, draft)
