import gc
from dataclasses import replace

import pytest

from reticket.core.people import User
from reticket.dialects.kibo import profile
from reticket.dialects.kibo.profile import Profiles, admin_profile, last_login


def test_a_record_is_encoded_once(ada: User) -> None:
    profiles = Profiles(admin_profile)
    assert profiles.of(ada) is profiles.of(ada)
    assert profiles.of(replace(ada)) is not profiles.of(ada)


def test_a_changed_record_is_seen(ada: User) -> None:
    profiles = Profiles(admin_profile)
    profiles.of(ada)
    assert b'"firstName":"Augusta"' in bytes(profiles.of(replace(ada, first_name="Augusta")).user)


def test_the_identity_of_a_cached_record_is_not_reused(ada: User) -> None:
    profiles = Profiles(admin_profile)
    for number in range(500):
        record = replace(ada, first_name=str(number))
        assert f'"firstName":"{number}"'.encode() in bytes(profiles.of(record).user)
        del record
        gc.collect(0)


def test_the_number_of_cached_profiles_is_limited(
    ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profile, "MOST_PROFILES", 3)
    made: list[str | None] = []

    def make(user: User) -> profile.Profile:
        made.append(user.first_name)
        return admin_profile(user)

    profiles = Profiles(make)
    records = [replace(ada, first_name=str(number)) for number in range(4)]
    for record in (*records, records[1], records[0]):
        profiles.of(record)
    assert made == ["0", "1", "2", "3", "0"]


def test_the_last_login_date_is_filled_in_everywhere(ada: User) -> None:
    of_ada = admin_profile(ada)
    for filled in (None, 0, 1_745_650_708_456):
        said = last_login(filled)
        text = bytes(of_ada.available.fill(said))
        assert text.count(b'"lastLoginDate":' + said + b",") == len(ada.tenants)
        assert b"\0" not in text


def test_a_nul_in_a_name_is_not_replaced(ada: User) -> None:
    tenant = replace(ada.tenants[0], name="a\0b")
    named = replace(ada, tenants=(tenant,))
    assert b'"name":"a\\u0000b"' in bytes(admin_profile(named).available.fill(b"null"))
