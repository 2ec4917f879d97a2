"""What tests of imported people look at."""

from __future__ import annotations

from reticket.core.realms import SignInName


def hash_of(directory, email="ada@example.com"):
    return directory.user_credentials(SignInName("", email)).secret_hash


def refused(settled):
    return [reason for _, reason in settled.refused]


def find_person(directory, email="ada@example.com", realm=""):
    directory.catch_up_now()
    return directory.user_by_name(SignInName(realm, email))
