"""The demo and the commands know the two new dialects; these tests pass in the copy alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.operation.commands import Commands

from reticket import dialects
from reticket.cli.demo_lines import lines

SEED = """
tenants: [{id: 1, directus: {project: Shop}}]
users:
  - email: grace@example.com
    password: correct horse
    directus: {role: ROLE}
    onetoken: {nick: Grace}
"""


def test_the_demo_prints_the_examples_of_the_new_dialects() -> None:
    said = "\n".join(lines("http://a", "http://a", dialects.with_defaults()))
    assert "# Directus: sign in\ncurl -sS -X POST 'http://a/directus/auth/login'" in said
    assert "curl -sS -X POST 'http://a/onetoken/renew' -H \"$(curl" in said


@pytest.fixture
def commands(tmp_path: Path) -> Commands:
    made = Commands(tmp_path / "data")
    made.run("init")
    return made


def test_the_settings_and_parts_of_the_new_dialects_work(
    commands: Commands, tmp_path: Path
) -> None:
    seed, settings = tmp_path / "seed.yaml", tmp_path / "reticket.toml"
    seed.write_text(SEED.replace("ROLE", "Editor"))
    commands.run("seed", seed)
    settings.write_text("[policies.DIRECTUS_2026]\nwindow = 5\n[dialects.directus]\nnone = 1\n")
    said = commands.refused("session", "list", "--config", settings)
    assert "did you mean" in said or "second_factor" in said.partition("accepted are ")[2]
    settings.write_text('[dialects.onetoken]\nsecond_factor = "ask"\n')
    said = commands.refused("session", "list", "--config", settings)
    assert "second_factor must be ignore or refuse" in said
    seed.write_text(SEED.replace("ROLE", "{}").replace("grace", "ada"))
    said = commands.refused("seed", seed)
    assert "line 6: users[0].directus.role must be text" in said
