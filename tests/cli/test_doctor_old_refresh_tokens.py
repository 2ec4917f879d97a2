"""`reticket doctor` says that refresh tokens are good at another system too, and until when."""

from __future__ import annotations

import time

import pytest

SETTING = "RETICKET_DIALECTS__CLOUDREVE__OLD_REFRESH_TOKENS"


@pytest.fixture
def adopt(shell, tmp_path):
    key, salt = tmp_path / "key", tmp_path / "salt"
    key.write_text("a secret of the other system, long enough")
    salt.write_text("salt of a drive")

    def adopt(*more, until):
        words = ("--system", "cloudreve", "--until", until, "--key-file", str(key))
        shell.run("key", "adopt", *words, "--salt-file", str(salt), *more)

    return adopt


def lines(shell):
    return [line for line in shell.run("doctor").splitlines() if "old refresh tokens" in line]


def day(days):
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() + days * 86_400))


def test_nothing_is_said_while_the_setting_is_off(shell, adopt):
    adopt("--kind", "cloudreve.user", until=day(30))
    assert lines(shell) == ["ok       old refresh tokens"]


def test_the_setting_without_an_adoption_is_told(shell, adopt, monkeypatch):
    monkeypatch.setenv(SETTING, "true")
    unused = (
        "warning  old refresh tokens: dialects.cloudreve.old_refresh_tokens is on, but no adoption "
        "of its sessions is active. So its refresh tokens are good here alone. Remove the setting"
    )
    assert lines(shell) == [unused]
    adopt("--kind", "cloudreve.user", until=day(30))
    shell.run("key", "unadopt", "cloudreve")
    assert lines(shell) == [unused]


def test_the_end_of_each_kind_is_told(shell, adopt, monkeypatch):
    monkeypatch.setenv(SETTING, "true")
    adopt("--kind", "cloudreve.user", until=day(15))
    adopt("--kind", "cloudreve.app", "--name", "apps", until=day(91))
    assert lines(shell) == [
        f"warning  old refresh tokens: refresh tokens of {kind} are good at cloudreve too, until "
        f"{day(days)} 00:00 UTC. A sign-out, a new password and a reuse here end nothing there"
        for kind, days in (("cloudreve.user", 15), ("cloudreve.app", 91))
    ]
