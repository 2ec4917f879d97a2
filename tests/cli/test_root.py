"""The root command: what it costs, its version, what it completes."""

import json
import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from reticket import __version__, cli
from reticket.runtime.opening import Builder

DEAREST = 25
"""How many times the CPU time of an empty Python program the help may cost."""
ROUNDS = 5
PAGE = Path(__file__).parents[2] / "docs" / "cli.md"

_MODULES = """
import json, sys
from reticket.__main__ import main
try:
    main()
except SystemExit:
    print(json.dumps([name for name in sys.modules if name.startswith("reticket.")]))
"""


def cpu_of(*words):
    """Seconds of user and system time of one run: what else runs on the machine adds little."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_help_uses_little_cpu_time():
    # A ratio of two CPU times that are taken in turns, the best of several: neither the machine's
    # speed nor its load decides. With the database drivers imported it was 90; without, it is 5.
    bare, helped = zip(
        *((cpu_of("-c", "pass"), cpu_of("-m", "reticket", "--help")) for _ in range(ROUNDS)),
        strict=True,
    )
    assert min(helped) <= DEAREST * min(bare)


@pytest.mark.parametrize("word", ["--help", "--version"])
def test_neither_help_nor_version_imports_a_command(word):
    ran = subprocess.run(
        [sys.executable, "-c", _MODULES, word], check=True, capture_output=True, text=True
    )
    imported = json.loads(ran.stdout.splitlines()[-1])
    assert set(imported) <= {
        "reticket.__main__",
        "reticket.cli",
        "reticket.cli.group",
        "reticket.core",
        "reticket.core.errors",
        "reticket.core.texts",
    }


def test_the_version_is_an_option_too(empty):
    assert empty.bare("--version").output == f"reticket {__version__}\n"


def test_every_command_is_in_its_module_and_every_summary_is_shown_whole(empty):
    output = empty.bare("--help").output
    for name, (_, summary) in cli.KNOWN.items():
        assert empty._command.commands[name].name == name
        assert f"  {summary}\n" in output


def test_no_command_of_a_module_is_left_out(empty):
    for known in cli.KNOWN.values():
        module = sys.modules[f"reticket.cli.{known.module}"]
        assert {command.name for command in module.COMMANDS} <= cli.KNOWN.keys()


def test_every_module_with_commands_is_known():
    folder = os.path.dirname(cli.__file__)
    written = {name.partition(".")[0] for name in os.listdir(folder)}
    having = {
        name
        for name in written - {"__init__", "__pycache__"}
        if hasattr(__import__(f"reticket.cli.{name}", fromlist=["COMMANDS"]), "COMMANDS")
    }
    assert having == {known.module for known in cli.KNOWN.values()}


def completed(words, incomplete):
    completing = ShellComplete(cli.command(Builder), {}, "reticket", "_RETICKET_COMPLETE")
    return {found.value: found.help for found in completing.get_completions(words, incomplete)}


def test_a_shell_completes_commands_and_options():
    assert completed([], "ser") == {"serve": SERVES}
    assert "list" in completed(["user"], "l")
    assert "--demo" in completed(["serve"], "--d")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_documented_line_prints_a_script(shell):
    (line,) = re.findall(rf"_RETICKET_COMPLETE={shell}_source reticket", PAGE.read_text())
    variable = line.split()[0].partition("=")[2]
    ran = subprocess.run(
        [sys.executable, "-m", "reticket"],
        env={**os.environ, "_RETICKET_COMPLETE": variable},
        check=True,
        capture_output=True,
        text=True,
    )
    assert f"_RETICKET_COMPLETE={shell}_complete" in ran.stdout


SERVES = "Run the service until a signal stops it."
