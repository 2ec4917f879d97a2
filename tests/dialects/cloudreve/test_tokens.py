import base64
import hashlib
import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from reticket.core.errors import Cause, Refusal
from reticket.core.model import Family, Issued, Outcome
from reticket.core.people import User
from reticket.core.tokens.kinds import Facts
from reticket.core.tokens.mint import Mint
from reticket.crypto.macs import HmacKey
from reticket.dialects.cloudreve.tokens import KIND, refresh_claims, state_hash

NOW = 1_745_650_708_999


class OneKey:
    """A ring of one symmetric key per label."""

    @property
    def snapshot(self):
        return self

    @property
    def macs(self):
        return self

    def __getitem__(self, label: str) -> Any:
        key = HmacKey(b"\0\0\0\1", hashlib.sha256(label.encode()).digest())
        return SimpleNamespace(at=lambda moment: key, likeliest_first=[key], by_id={key.id: key})


@pytest.fixture
def mint() -> Mint:
    ring: Any = OneKey()
    return Mint(ring, msgspec.json.encode, msgspec.json.decode)


@pytest.fixture
def pair(mint: Mint, family: Family, ada: User) -> Issued:
    row = family._replace(rotated_at=NOW, expires_at=NOW + 1_209_600_000)
    return mint.issue(KIND, KIND.policy, Outcome.ADVANCED, row, ada, None, NOW)


def part(token: str, index: int) -> bytes:
    text = token.split(".")[index]
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_token_headers_have_exactly_these_members(pair: Issued) -> None:
    for token in (pair.access_token, pair.refresh_token):
        assert part(token, 0) == b'{"alg":"HS256","typ":"JWT"}'


def test_access_claims(pair: Issued, ada: User) -> None:
    claims = json.loads(part(pair.access_token, 1))
    assert claims["token_type"] == "access"
    assert claims["sub"] == ada.short_id
    assert claims["nbf"] == 1_745_650_708
    assert claims["exp"] * 1000 == pair.access_expires_at == 1_745_654_309_000
    assert claims["aud"] == "cloudreve.user"
    assert claims["scopes"]


def test_refresh_claims(pair: Issued, ada: User) -> None:
    claims = json.loads(part(pair.refresh_token, 1))
    assert claims["token_type"] == "refresh"
    assert claims["sub"] == ada.short_id
    assert claims["nbf"] == 1_745_650_708
    assert claims["exp"] * 1000 == pair.refresh_expires_at == 1_746_860_308_000
    assert claims["root_token_id"] == "019670ae-9f68-7abc-8def-001122334455"
    assert len(base64.b64decode(claims["state_hash"], validate=True)) == 32


def test_the_state_hash_changes_with_credentials_alone(ada: User) -> None:
    assert state_hash(replace(ada, first_name="A", disabled=True)) == state_hash(ada)
    assert state_hash(replace(ada, credential_version=2)) != state_hash(ada)
    assert state_hash(replace(ada, id="f" * 32)) != state_hash(ada)


def test_root_token_id_is_the_same_after_every_refresh(ada: User, family: Family) -> None:
    later = family._replace(generation=9, rotated_at=NOW)
    roots = {
        refresh_claims(Facts(row, ada, None, row.rotated_at, NOW))["root_token_id"]
        for row in (family, later)
    }
    assert len(roots) == 1


def test_a_refresh_token_as_bearer_has_its_own_cause(mint: Mint, pair: Issued) -> None:
    with pytest.raises(Refusal) as caught:
        mint.read_access([KIND], pair.refresh_token, NOW)
    assert caught.value.cause is Cause.WRONG_USE


def test_an_access_token_is_refused_as_a_refresh_token(mint: Mint, pair: Issued) -> None:
    with pytest.raises(Refusal) as caught:
        mint.read_refresh(KIND, pair.access_token)
    assert caught.value.cause is Cause.FORGED
