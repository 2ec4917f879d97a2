"""The fixture is written after Keycloak's UserRepresentation and CredentialRepresentation."""

from __future__ import annotations

import base64
import json

import pytest
from tests.moving.readers.reading import FIXTURES, peak_of, rows_of

from reticket.moving.streams import SourceError, Unreadable

REALM = FIXTURES / "keycloak-realm.json"


def row(number: int):
    return rows_of("keycloak", REALM)[f"keycloak-realm.json users[{number}]"]


def test_a_person_comes_with_password_factor_groups_and_roles():
    assert row(0) == {
        "email": "ada@example.com",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "foreign_id": "1d9b7d8e-0001-4c1f-8a53-000000000001",
        "groups": ["/staff", "/staff/night"],
        "roles": ["clerk"],
        "claims": {"preferred_username": "ada", "email_verified": True},
        "disabled": False,
        "active": True,
        "totp_secret": base64.b32encode(b"Dx1hZ8jTEqAoyLbmzW1O").decode(),
        "hash_format": "keycloak",
        "password_hash": {
            "credentialData": '{"hashIterations":210000,"algorithm":"pbkdf2-sha512",'
            '"additionalParameters":{}}',
            "secretData": '{"value":"AAECAw==","salt":"BAUGBw==","additionalParameters":{}}',
        },
    }


def test_a_disabled_person_stays_disabled_and_an_address_unverified():
    found = row(1)
    assert found["disabled"] is True
    assert found["claims"] == {"email_verified": False}
    assert '"argon2"' in found["password_hash"]["credentialData"]


def test_a_person_of_another_provider_has_no_password():
    assert row(2) == {
        "email": "social@example.com",
        "foreign_id": "1d9b7d8e-0003-4c1f-8a53-000000000003",
        "claims": {"preferred_username": "social", "email_verified": True},
        "disabled": False,
        "active": False,
    }


def test_a_factor_that_cannot_come_is_marked_and_an_address_may_be_missing():
    assert row(3) == {
        "foreign_id": "1d9b7d8e-0004-4c1f-8a53-000000000004",
        "factor_missing": True,
        "disabled": False,
        "active": True,
        "claims": {"preferred_username": "no-mail", "email_verified": False},
    }


def test_a_service_account_is_no_person():
    assert "keycloak-realm.json users[4]" not in rows_of("keycloak", REALM)


def test_a_password_that_must_be_changed_does_not_come():
    assert "password_hash" not in row(5)


def test_something_that_is_no_object_does_not_stop_the_others():
    assert row(6) == Unreadable("the row is not an object")


def one(tmp_path, credential: dict[str, object]) -> dict[str, object]:
    path = tmp_path / "realm.json"
    user = {"email": "a@example.com", "enabled": True, "emailVerified": True}
    path.write_text(json.dumps({"users": [{**user, "credentials": [credential]}]}))
    found = rows_of("keycloak", path)["realm.json users[0]"]
    usual = ("email", "claims", "disabled", "active")
    return {name: value for name, value in found.items() if name not in usual}


def otp(**data: object) -> dict[str, object]:
    usual = {"subType": "totp", "digits": 6, "period": 30, "algorithm": "HmacSHA1"}
    secret = json.dumps({"value": "JBSWY3DPEHPK3PXP"})
    return {"type": "otp", "secretData": secret, "credentialData": json.dumps({**usual, **data})}


def test_a_secret_that_is_base32_already_stays_so(tmp_path):
    assert one(tmp_path, otp(secretEncoding="base32")) == {"totp_secret": "JBSWY3DPEHPK3PXP"}


@pytest.mark.parametrize(
    "credential",
    [
        otp(digits=8),
        otp(period=60),
        otp(algorithm="HmacSHA256"),
        otp(subType="hotp"),
        otp(secretEncoding="hex"),
        {**otp(), "secretData": "{"},
        {"type": "recovery-authn-codes"},
        {"type": "sms-of-an-extension"},
        {"type": 7},
    ],
)
def test_codes_of_another_kind_and_other_factors_are_missing(tmp_path, credential):
    assert one(tmp_path, credential) == {"factor_missing": True}


def test_a_passkey_instead_of_a_password_is_no_factor(tmp_path):
    assert one(tmp_path, {"type": "webauthn-passwordless"}) == {}


def test_a_folder_has_the_files_of_one_realm_in_the_order_of_their_numbers(tmp_path):
    (tmp_path / "shop-realm.json").write_text('{"realm": "shop"}')
    (tmp_path / "shop-federated-users-0.json").write_text('{"federatedUsers": [{"id": "x"}]}')
    for number in (10, 2):
        page = {"realm": "shop", "users": [{"email": f"p{number}@example.com"}]}
        (tmp_path / f"shop-users-{number}.json").write_text(json.dumps(page))
    assert list(rows_of("keycloak", tmp_path)) == [
        "shop-users-2.json users[0]",
        "shop-users-10.json users[0]",
    ]


def test_a_folder_with_several_realms_is_refused(tmp_path):
    for name in ("shop-users-0.json", "master-realm.json"):
        (tmp_path / name).write_text("{}")
    with pytest.raises(SourceError, match=r"has several realms: master, shop\."):
        rows_of("keycloak", tmp_path)


def test_an_export_without_users_says_how_to_export_them(tmp_path):
    (tmp_path / "realm.json").write_text('{"realm": "shop", "users": []}')
    with pytest.raises(SourceError, match=r"^realm\.json has no users: .*--users realm_file"):
        rows_of("keycloak", tmp_path / "realm.json")


def test_a_file_that_is_cut_off_names_the_place(tmp_path):
    (tmp_path / "realm.json").write_text('{"users": [{"email": "a@example.com"}, {"email": "s3c')
    with pytest.raises(SourceError, match=r"^realm\.json users\[1\] is not JSON, or is cut off\.$"):
        rows_of("keycloak", tmp_path / "realm.json")


def test_a_big_realm_needs_no_more_memory_than_a_small_one(tmp_path):
    user = json.dumps(json.loads(REALM.read_text())["users"][0])
    with (tmp_path / "realm.json").open("w") as file:
        file.write('{"users": [' + user + "".join("," + user for _ in range(5_000)) + "]}")
    count, peak = peak_of("keycloak", tmp_path / "realm.json")
    assert count == 5_001
    assert peak < 1_500_000
