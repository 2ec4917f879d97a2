"""The real commands, in this process, with exactly the given environment."""

from __future__ import annotations

import json
import os
import threading
from contextlib import closing, contextmanager

import pytest
from click.testing import CliRunner
from tests.logs.restored import logging_restored

from reticket import cli
from reticket.runtime.opening import Builder
from reticket.testing.server import CHEAP_SIGN_INS


class Commands:
    """Runs them in a data folder with some settings, one at a time: the environment and the output
    are the whole process's.
    """

    def __init__(self, data, settings=()):
        self.data = data
        self.settings = {**CHEAP_SIGN_INS, **dict(settings)}

    def run(self, *words, said=""):
        """The output of a command with that standard input; it must succeed."""
        result = self._invoke(words, said)
        assert result.exit_code == 0, result.output
        return result.output

    def says(self, *words):
        """The output of a command, with any exit code."""
        return self._invoke(words).output

    def refused(self, *words):
        """The one sentence of a command that fails."""
        result = self._invoke(words)
        assert result.exit_code == 1, result.output
        (line,) = result.output.splitlines()
        said = line.removeprefix("Error: ")
        assert said != line
        return said

    def rows(self, *words):
        return json.loads(self.run(*words, "--json"))

    def misused(self, *words):
        """The message of a command about arguments that it does not accept."""
        result = self._invoke(words)
        assert result.exit_code == 2, result.output
        return result.output

    @contextmanager
    def opened(self):
        """What it works on."""
        with pytest.MonkeyPatch.context() as environment, logging_restored():
            for name, value in self.settings.items():
                environment.setenv(name, value)
            builder = Builder()
            instance = builder.open(builder.load(None, {"data": self.data}))
        with closing(instance):
            yield instance

    def _invoke(self, words, said=""):
        assert threading.current_thread() is threading.main_thread(), "use `ran` in other threads"
        mine = dict.fromkeys(name for name in os.environ if name.startswith("RETICKET_"))
        runner = CliRunner(env={**mine, **self.settings})
        words = [*map(str, words), "--data", str(self.data)]
        with logging_restored():
            return runner.invoke(cli.command(Builder), words, input=said)
