"""Programs around the clients of vendors. They run beside the service, with what `make
test-vendors` has installed, and do what lines ask of them.
"""

import json
import os
import subprocess
from contextlib import contextmanager, suppress
from pathlib import Path

from reticket.testing.waiting import PATIENCE

HERE = Path(__file__).parent
INSTALLED = HERE.parents[1] / ".venv" / "vendors"
"""Where `make test-vendors` puts the clients."""
MARK = "> "
"""Begins an answer: some clients print, too."""


class ClientFailed(Exception):
    """An action failed. Its text is what the client says."""


class Client:
    """A program that is running. Call it with the name of an action."""

    def __init__(self, process, log):
        self._process, self._log = process, log

    def __call__(self, action, **given):
        """What the action gave.

        Raises:
            ClientFailed: the client raised an error.
        """
        self._process.stdin.write(json.dumps([action, given]) + "\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            if line.startswith(MARK):
                return _result(json.loads(line.removeprefix(MARK)))
        raise AssertionError(f"it ended; {self._log.read_text()}")

    def attempt(self, action, **given):
        """What the action gave; None when it failed. A client that uses its token to the very
        moment of its end is refused now and then.
        """
        with suppress(ClientFailed):
            return self(action, **given)

    def is_told(self, words, action):
        """Whether the action fails, and the client says these words then."""
        try:
            self(action)
        except ClientFailed as failed:
            return words in str(failed)
        return False


def _result(said):
    if "failed" in said:
        raise ClientFailed(said["failed"])
    return said["gave"]


def node(name, folder, variables):
    """A program of Node with one of the clients from npm."""
    where = {"NODE_PATH": str(INSTALLED / "npm" / "node_modules")}
    return _running(["node", str(HERE / "node" / f"{name}.cjs")], folder, where | variables)


def python(name, folder, variables):
    """A program of Python with one of the clients from PyPI."""
    program = HERE / "python" / f"{name}_program.py"
    return _running([str(INSTALLED / "pypi/bin/python"), str(program)], folder, variables)


def java(name, folder, variables):
    """A program of Java with one of the clients from Maven."""
    classes = str(INSTALLED / "maven/target/*")
    return _running(["java", "-cp", classes, f"vendors.{name}"], folder, variables)


def rust(name, folder, variables):
    """A program of Rust with one of the clients from Cargo."""
    return _running([str(INSTALLED / "crates/target/debug" / name)], folder, variables)


@contextmanager
def _running(command, folder, variables):
    """The client: the program's own errors are in a file."""
    log = folder / "client.log"
    with log.open("ab") as errors:
        process = subprocess.Popen(
            command,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=os.environ | {"HOME": str(folder)} | variables,
        )
    try:
        yield Client(process, log)
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE)
