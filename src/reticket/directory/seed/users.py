"""Users as a seed writes them, into drafts."""

from __future__ import annotations

import base64
import re

from reticket.directory.drafts import NO_PERMISSION, CloudDraft, OrganizationDraft, UserDraft
from reticket.directory.forms import INT32, folded, is_email
from reticket.directory.seed.fields import Entry, Fields, int32, listed
from reticket.directory.seed.yaml_value import YamlValue

_USER = (
    "email",
    "password",
    "first_name",
    "last_name",
    "disabled",
    "active",
    "tenants",
    "developer_accounts",
    "organization",
    "cloudreve",
    "totp_secret",
)
_CLOUD = ("nickname", "group", "totp_secret")
_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,9}")
_GROUP_ID = re.compile(r"[0-9A-Za-z]{1,16}")


def read_user(value: YamlValue) -> Entry[UserDraft]:
    """A user with all memberships."""
    fields = Fields(value, _USER)
    email = fields.required("email", _email)
    tenants = fields.optional("tenants", _places, {})
    accounts = fields.optional("developer_accounts", _places, {})
    draft = UserDraft(
        email=email,
        first_name=fields.optional("first_name", YamlValue.text, None),
        last_name=fields.optional("last_name", YamlValue.text, None),
        disabled=fields.optional("disabled", YamlValue.flag, False),
        active=fields.optional("active", YamlValue.flag, True),
        tenants={place: _behaviors(item) for place, item in tenants.items()},
        accounts={place: _behaviors(item) for place, item in accounts.items()},
        organization=fields.optional("organization", _organization, None),
        cloud=fields.optional("cloudreve", _cloud, None),
        totp_secret=_factor(value, fields),
    )
    password = fields.required("password", YamlValue.filled)
    return Entry(value, folded(email), draft, password, tenants, accounts)


def _factor(value: YamlValue, fields: Fields) -> bytes | None:
    """The person's key; files of before have it among what is Cloudreve's."""
    own = fields.optional("totp_secret", _totp_secret, None)
    of_drive = fields.optional("cloudreve", _totp_of_drive, None)
    if own is not None and of_drive is not None:
        raise value.fault("has a totp_secret, and another one in cloudreve")
    return own or of_drive


def _totp_of_drive(value: YamlValue) -> bytes | None:
    return Fields(value, _CLOUD).optional("totp_secret", _totp_secret, None)


def _email(value: YamlValue) -> str:
    email = value.filled()
    if not is_email(email):
        raise value.fault("does not look like an e-mail address")
    return email


def _places(value: YamlValue) -> dict[int, YamlValue]:
    return {_number(key, item): item for key, item in value.members().items()}


def _number(key: str, value: YamlValue) -> int:
    if not _NUMBER.fullmatch(key) or int(key) not in INT32:
        raise value.fault("must have a 32-bit whole number as its key")
    return int(key)


_behaviors = listed(int32)


def _organization(value: YamlValue) -> OrganizationDraft:
    fields = Fields(value, ("name", "roles", "user_type"))
    return OrganizationDraft(
        name=fields.required("name", YamlValue.filled),
        roles=fields.optional("roles", listed(YamlValue.filled), ()),
        user_type=fields.optional("user_type", YamlValue.filled, "user"),
    )


def _cloud(value: YamlValue) -> CloudDraft:
    fields = Fields(value, _CLOUD)
    group = fields.required("group", lambda item: Fields(item, ("id", "name", "permission")))
    return CloudDraft(
        nickname=fields.required("nickname", YamlValue.filled),
        group=group.required("name", YamlValue.filled),
        group_id=group.optional("id", _group_id, None),
        permission=group.optional("permission", _permission, NO_PERMISSION),
    )


def _group_id(value: YamlValue) -> str:
    text = value.filled()
    if not _GROUP_ID.fullmatch(text):
        raise value.fault("must be one to sixteen letters and digits")
    return text


def _permission(value: YamlValue) -> str:
    text = value.filled()
    try:
        base64.b64decode(text, validate=True)
    except ValueError:
        raise value.fault("must be base64") from None
    return text


def _totp_secret(value: YamlValue) -> bytes:
    """As authenticator apps show it: letter case, spaces and padding do not matter."""
    text = re.sub(r"[\s=-]", "", value.filled()).upper()
    try:
        secret = base64.b32decode(text + "=" * (-len(text) % 8))
    except ValueError:
        raise value.fault("must be base32") from None
    if not secret:
        raise value.fault("must not be empty")
    return secret
