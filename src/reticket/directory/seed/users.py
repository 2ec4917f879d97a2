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


def read_user(spot: YamlValue) -> Entry[UserDraft]:
    """A user with all memberships."""
    fields = Fields(spot, _USER)
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
        totp_secret=_factor(spot, fields),
    )
    password = fields.required("password", YamlValue.filled)
    return Entry(spot, folded(email), draft, password, tenants, accounts)


def _factor(spot: YamlValue, fields: Fields) -> bytes | None:
    """The person's key; files of before have it among what is Cloudreve's."""
    own = fields.optional("totp_secret", _totp_secret, None)
    of_drive = fields.optional("cloudreve", _totp_of_drive, None)
    if own is not None and of_drive is not None:
        raise spot.fault("has a totp_secret, and another one in cloudreve")
    return own or of_drive


def _totp_of_drive(spot: YamlValue) -> bytes | None:
    return Fields(spot, _CLOUD).optional("totp_secret", _totp_secret, None)


def _email(spot: YamlValue) -> str:
    email = spot.filled()
    if not is_email(email):
        raise spot.fault("does not look like an e-mail address")
    return email


def _places(spot: YamlValue) -> dict[int, YamlValue]:
    return {_number(key, item): item for key, item in spot.members().items()}


def _number(key: str, spot: YamlValue) -> int:
    if not _NUMBER.fullmatch(key) or int(key) not in INT32:
        raise spot.fault("must have a 32-bit whole number as its key")
    return int(key)


_behaviors = listed(int32)


def _organization(spot: YamlValue) -> OrganizationDraft:
    fields = Fields(spot, ("name", "roles", "user_type"))
    return OrganizationDraft(
        name=fields.required("name", YamlValue.filled),
        roles=fields.optional("roles", listed(YamlValue.filled), ()),
        user_type=fields.optional("user_type", YamlValue.filled, "user"),
    )


def _cloud(spot: YamlValue) -> CloudDraft:
    fields = Fields(spot, _CLOUD)
    group = fields.required("group", lambda item: Fields(item, ("id", "name", "permission")))
    return CloudDraft(
        nickname=fields.required("nickname", YamlValue.filled),
        group=group.required("name", YamlValue.filled),
        group_id=group.optional("id", _group_id, None),
        permission=group.optional("permission", _permission, NO_PERMISSION),
    )


def _group_id(spot: YamlValue) -> str:
    text = spot.filled()
    if not _GROUP_ID.fullmatch(text):
        raise spot.fault("must be one to sixteen letters and digits")
    return text


def _permission(spot: YamlValue) -> str:
    text = spot.filled()
    try:
        base64.b64decode(text, validate=True)
    except ValueError:
        raise spot.fault("must be base64") from None
    return text


def _totp_secret(spot: YamlValue) -> bytes:
    """As authenticator apps show it: letter case, spaces and padding do not matter."""
    text = re.sub(r"[\s=-]", "", spot.filled()).upper()
    try:
        secret = base64.b32decode(text + "=" * (-len(text) % 8))
    except ValueError:
        raise spot.fault("must be base32") from None
    if not secret:
        raise spot.fault("must not be empty")
    return secret
