"""Runs `reticket` to its end, out of the warm process where there is one."""

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.operation.warm import OURS

from reticket.testing import server
from reticket.testing.waiting import PATIENCE


def ran(words, environment):
    """`reticket` with these words, run to its end: what `subprocess.run` would return."""
    command = [*OURS, *map(str, words)]
    with TemporaryDirectory() as folder:
        files = Path(folder, "output"), Path(folder, "errors")
        process = server.start(command, files[0], environment, files[1])
        try:
            code = process.wait(PATIENCE)
        finally:
            process.kill()
        return subprocess.CompletedProcess(command, code, *(file.read_text() for file in files))
