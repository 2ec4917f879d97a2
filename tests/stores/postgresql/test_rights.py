"""The rights that suffice: docs/running.md names them."""

import os
import re
from pathlib import Path

import pytest
from tests.cli.conftest import SEED, Shell, cheap_alone

PAGE = Path(__file__).parents[3] / "docs" / "running.md"


@pytest.fixture
def modest(administration, database):
    """The address of the database for a role that has been granted what the page says."""
    administration.run("CREATE ROLE modest LOGIN")
    (granted,) = re.findall(r"`(GRANT [^`]*) TO [^`]*`", PAGE.read_text())
    database.run(f"{granted} TO modest")
    yield re.sub("//[^@/]*@", "//modest@", database.url)
    database.run("SET client_min_messages = error; DROP OWNED BY modest")
    administration.run("DROP ROLE modest")


def test_the_documented_grants_suffice(modest, tmp_path, monkeypatch):
    cheap_alone(monkeypatch)
    for name in ("SESSIONS", "DIRECTORY"):
        monkeypatch.setitem(os.environ, f"RETICKET_{name}", modest)
    (tmp_path / "seed.yaml").write_text(SEED)
    shell = Shell(tmp_path)
    shell.run("init")
    shell.run("migrate", "up")
    shell.run("seed", str(tmp_path / "seed.yaml"))
    shell.run("session", "start", "--client", "spa", "--user", "ada@example.com")
    assert len(shell.rows("session", "list")) == 1
    shell.run("user", "passwd", "ada@example.com", "--password-stdin", said="another word\n")
    assert shell.rows("session", "list") == []
    shell.run("purge")
    shell.run("user", "delete", "ada@example.com")
    assert "ok       stores" in shell.run("doctor")
