"""Starts the clients that are processes of their own, and reads what they measured."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from benchmarks.operations import OPERATION
from benchmarks.servers import HERE

Said = Mapping[str, Any]


def started(module: str, *arguments: str) -> subprocess.Popen[bytes]:
    """A module of this tree as a process with pipes."""
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.Popen(command, cwd=HERE.parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def ended(process: subprocess.Popen[bytes]) -> Said:
    """Close its input, and wait for the line of JSON that it prints last."""
    said: Said = json.loads(process.communicate()[0].splitlines()[-1])
    return said


def honest(port: int, clients: int, rate: float, seconds: float) -> subprocess.Popen[bytes]:
    """So many clients with sessions of their own, refreshing (`benchmarks.honest`)."""
    tokens = "\n".join(OPERATION.sign_in(port) for _ in range(clients))
    process = started("benchmarks.honest", str(port), str(rate), str(seconds))
    assert process.stdin is not None
    process.stdin.write(tokens.encode())
    process.stdin.close()
    process.stdin = None
    return process
