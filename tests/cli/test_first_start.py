"""A misspelt `--data` is an error and creates nothing: a first start must be explicit."""

import pytest
from tests.cli.conftest import SEED

from reticket.directory.marks import DEMO
from reticket.runtime.opening import Builder

ADA = "ada@example.com"


@pytest.fixture
def served(monkeypatch):
    """The settings with which something would be served."""
    found = []
    monkeypatch.setattr(Builder, "serve", lambda _, settings, started: found.append(settings))
    return found


def leftovers(shell):
    return sorted(path.name for path in shell.data.parent.rglob("*"))


@pytest.mark.parametrize(
    "words",
    [
        ["serve"], ["user", "list"], ["doctor"], ["seed", "seed.yaml"], ["purge"],
        ["session", "revoke", "--all", "--yes"], ["key", "list"],
    ],
    ids=" ".join,
)  # fmt: skip
@pytest.mark.parametrize("kind", ["no folder", "an empty folder"])
def test_a_misspelt_folder_stops_the_start_and_creates_nothing(empty, served, words, kind):
    if kind == "an empty folder":
        empty.data.mkdir(mode=0o700)
    before = leftovers(empty)
    said = empty.run(*words, ok=False)
    assert f"there is no folder {empty.data}:" in said or kind == "an empty folder"
    assert str(empty.data) in said
    assert "reticket init" in said
    assert leftovers(empty) == before
    assert served == []


def test_serve_lists_every_way_to_start(empty, served):
    said = empty.run("serve", ok=False)
    assert len(said.splitlines()) == 1
    for way in ("reticket init", "--create", "--seed FILE", "--demo"):
        assert way in said


def test_each_way_to_start_can_be_repeated_later(empty, served, tmp_path):
    (tmp_path / "seed.yaml").write_text(SEED)
    for words in (["--create"], ["--seed", str(tmp_path / "seed.yaml")]):
        empty.run("serve", *words)
        empty.run("serve", *words)
    assert len(served) == 4
    empty.run("init")
    empty.run("serve")
    empty.run("serve", "--create")


def test_a_seed_in_the_settings_is_a_way_to_start(empty, served, monkeypatch, tmp_path):
    monkeypatch.setenv("RETICKET_SEED", str(tmp_path / "seed.yaml"))
    empty.run("serve")
    assert served[0].seed == tmp_path / "seed.yaml"


def test_a_missing_session_store_is_reported(shell, served):
    (shell.data / "families.sqlite").unlink()
    assert "no sessions found at" in shell.run("serve", ok=False)
    assert not (shell.data / "families.sqlite").exists()


def test_the_demo_has_a_folder_of_its_own(empty, served, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert empty.bare("serve", "--demo").exit_code == 0
    assert served[0].data.resolve() == tmp_path / "data-demo"
    monkeypatch.setenv("RETICKET_DATA", "elsewhere")
    assert empty.bare("serve", "--demo").exit_code == 0
    assert [settings.data.name for settings in served] == ["data-demo", "elsewhere"]
    assert not (tmp_path / "data").exists()


def test_a_demo_folder_stays_marked_and_can_be_started_again(empty, served):
    empty.run("serve", "--demo")
    empty.run("serve", "--demo")
    instance = empty.instance()
    assert instance.directory.marks.has(DEMO)
    instance.close()


def test_the_demo_refuses_a_folder_with_real_people(shell, served):
    said = shell.run("serve", "--demo", ok=False)
    assert "has people of its own" in said
    assert served == []
    instance = shell.instance()
    assert not instance.directory.marks.has(DEMO)
    instance.close()


def test_init_names_demo_accounts_until_their_passwords_change(empty):
    instance = empty.instance()
    instance.close()
    empty.run("seed", "src/reticket/directory/demo.yaml")
    said = empty.run("init")
    shopper = "user kibo.shopper:1000/joan@example.com"
    for name in (f"user {ADA}", shopper, "application ns.app.1.0.0.Release", "client backend"):
        assert f"everybody knows the password of a demo account: {name}\n" in said
    assert "spa" not in said
    empty.run("user", "passwd", ADA, "--password-stdin", said="changed and secret\n")
    assert f"user {ADA}" not in empty.run("init")
