"""Attacks go to loopback alone."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.attacks.target import Target, target_of

FOLDER = Path(__file__).parent
NAMES = sorted(
    path.stem
    for path in FOLDER.glob("*.py")
    if "__main__" in path.read_text() and not path.stem.startswith("test_")
)


@pytest.mark.parametrize(
    "url",
    ["http://192.0.2.1:80", "http://10.0.0.1:80", "http://example.com:80", "http://localhost:80",
     "https://127.0.0.1:80", "http://127.0.0.1", "http://0.0.0.0:80", "http://127.0.0.1:x", ""],
)  # fmt: skip
def test_no_other_address_is_attacked(url):
    with pytest.raises(SystemExit, match="alone"):
        target_of(url)


@pytest.mark.parametrize(
    ("url", "target"),
    [("http://127.0.0.1:8088", Target("127.0.0.1", 8088)), ("http://[::1]:80/", Target("::1", 80))],
)
def test_loopback_addresses_are_attacked(url, target):
    assert target_of(url) == target


def test_the_attacks_are_found():
    assert {"smuggling", "flooding", "password_spraying", "throng"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_attack_is_a_command(name):
    command = [sys.executable, "-m", f"tests.attacks.{name}"]
    assert "usage" in subprocess.run(command, capture_output=True, text=True).stderr
    refused = subprocess.run([*command, "http://192.0.2.1:80"], capture_output=True, text=True)
    assert "alone" in refused.stderr
    assert refused.returncode == 1
