"""cloudreve-cli from Cargo: a command that keeps its tokens in a file, and refreshes them when
they have expired. It has no sign-out.
"""

import json
import os
import subprocess
import time

import httpx
import pytest
from tests.pages.instance import TOTP_SECRET
from tests.pages.people import one_time_password
from tests.vendors.programs import INSTALLED
from tests.vendors.services import ADA, ALAN

from reticket.testing.waiting import PATIENCE, until

PROGRAM = INSTALLED / "crates/bin/cloudreve-cli"


class Command:
    """Runs it as a person with a folder of their own."""

    def __init__(self, url, folder):
        self.url, self._folder = url, folder

    def __call__(self, *arguments, typed=""):
        """Whether it succeeded, and what it printed."""
        ran = subprocess.run(
            [PROGRAM, "--url", self.url, *arguments],
            input=typed,
            text=True,
            capture_output=True,
            check=False,
            timeout=PATIENCE,
            env=os.environ | {"HOME": str(self._folder), "XDG_CACHE_HOME": str(self._folder)},
        )
        return ran.returncode == 0, ran.stdout + ran.stderr

    def sign_in(self, email, password, typed=""):
        return self("--email", email, "auth", "--password", password, typed=typed)

    @property
    def refresh_token(self):
        """The one that it keeps."""
        (kept,) = json.loads((self._folder / "cloudreve-cli/tokens.json").read_text())
        return kept["refresh_token"]


@pytest.fixture
def command(url, tmp_path):
    return Command(url, tmp_path)


def printed(command, words):
    """Whether it prints these words after a while, when its access token has expired."""
    said = []

    def has_said():
        said.append(command("user", "info"))
        return words in said[-1][1]

    until(has_said, words, lambda: said[-1])
    return said[-1]


def test_a_person_signs_in_and_later_it_refreshes(command):
    succeeded, said = command.sign_in(**ADA)
    assert succeeded, said
    first = command.refresh_token
    succeeded, said = printed(command, "Token refreshed successfully")
    assert succeeded
    assert "Nickname: Ada" in said
    assert command.refresh_token != first
    assert "Total:" in command("user", "quota")[1]


def test_a_person_with_a_second_factor_signs_in(command):
    succeeded, said = command.sign_in(**ALAN, typed=one_time_password(TOTP_SECRET, time.time()))
    assert succeeded, said
    assert "Nickname: Alan" in command("user", "info")[1]


def test_a_wrong_password_is_told(command):
    succeeded, said = command.sign_in(ADA["email"], "wrong")
    assert not succeeded
    assert "Incorrect password or email address" in said


def test_a_dead_token_is_told(command, url):
    command.sign_in(**ADA)
    ended = {"refresh_token": command.refresh_token}
    httpx.request("DELETE", f"{url}/api/v4/session/token", json=ended).raise_for_status()
    succeeded, said = printed(command, "Failed to issue token pair")
    assert not succeeded
    assert "Please login again" in said
