"""The commands of the page on deployment: they exist, with those options, and so do their files."""

import re
import shlex

import click
import pytest
from tests.docs.tables import ROOT, page, shell

from reticket import cli
from reticket.runtime.opening import Builder

TEXT = page("deploy.md")
DEPLOY = ROOT / "deploy"


def lines():
    """Each line of the page's blocks of shell commands; a line that goes on is one."""
    for block in shell(TEXT):
        yield from block.replace("\\\n", " ").splitlines()


def said_of_reticket():
    found = [re.findall(r"(?:^|-- |exec reticket )(reticket [a-z].*)", line) for line in lines()]
    return sorted({each for some in found for each in some})


def parsed(words):
    """The command with that name and its remaining arguments. An unknown command is an error."""
    command, rest = cli.command(Builder()), words
    while isinstance(command, click.Group):
        context = click.Context(command)
        _, command, rest = command.resolve_command(context, list(rest))
    return command, rest


@pytest.mark.parametrize("said", said_of_reticket())
def test_a_command_exists_with_these_options(said):
    command, rest = parsed(shlex.split(said)[1:])
    known = {name for each in command.params for name in each.opts + each.secondary_opts}
    assert {word for word in rest if word.startswith("--")} - known == set()
    taken = [each for each in command.params if isinstance(each, click.Argument)]
    assert len(taken) <= len([word for word in rest if not word.startswith("--")])


def test_the_check_finds_an_unknown_command():
    with pytest.raises(click.UsageError):
        parsed(["key", "turn"])


def test_every_named_file_exists():
    named = set(re.findall(r"\bdeploy/[\w./-]*\w", TEXT))
    own = {each for each in named if not each.endswith("/.env")}
    assert [each for each in sorted(own) if not (ROOT / each).exists()] == []


def test_every_folder_of_files_is_explained():
    assert [each.name for each in DEPLOY.iterdir() if f"deploy/{each.name}" not in TEXT] == []


def test_the_units_are_installed_where_the_page_says():
    for unit in (DEPLOY / "systemd").glob("*.service"):
        assert "/etc/systemd/system/" in unit.read_text().splitlines()[0]
    text = (DEPLOY / "systemd" / "reticket-backup.service").read_text()
    place, folder, days = re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)[0].split()
    assert f"deploy/systemd/reticket-backup {place}\n" in TEXT
    assert f"0700 {folder}\n" in TEXT
    assert f"older than {days} days" in TEXT


def test_the_versions_on_the_page_are_the_tested_ones():
    tested = (ROOT / "tests" / "deploy" / "test_with_linters.py").read_text()
    releases = re.findall(r"schemas of Kubernetes ([\d.]+) and ([\d.]+)", TEXT)
    assert releases == [tuple(re.findall(r'KUBERNETES = \("([\d.]+)", "([\d.]+)"\)', tested)[0])]


def test_times_of_a_pod_are_those_of_the_manifest():
    manifest = (DEPLOY / "kubernetes" / "deployment.yaml").read_text()
    settings = (DEPLOY / "kubernetes" / "settings.yaml").read_text()
    said = re.findall(r"waits (\d+) s, .* for (\d+) s at most. The pod has (\d+) s", TEXT)
    sleep = re.findall(r'command: \[sleep, "(\d+)"\]', manifest)[0]
    stop = re.findall(r'STOP_TIMEOUT: "(\d+)"', settings)[0]
    grace = re.findall(r"GracePeriodSeconds: (\d+)", manifest)[0]
    assert said == [(sleep, stop, grace)]


def test_the_page_has_the_message_of_doctor_about_a_wrong_master_key():
    (said,) = re.findall(r"With a\s+wrong\s+key\s+it\s+says\s+`([^`]+)`", TEXT)
    sources = (ROOT / "src").rglob("*.py")
    assert any(said in file.read_text() for file in sources)


def test_secrets_that_the_page_creates_are_ignored_by_git():
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert {"/deploy/container/.env", "/secret.env"} <= set(ignored)
