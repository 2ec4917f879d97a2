"""mypy knows the result type of a command, and refuses unknown attributes of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

OPERATION = """
from reticket.core.commands import FindClient, Refresh
from reticket.wire import Operation, WireResponse

def refresh() -> Operation:
    issued = yield from Refresh("akinon.user", "a token")
    client = yield from FindClient("a client")
    print(issued.access_token, client.id)
    print(issued.nonsense)
    return WireResponse(200, b"")
"""


def test_mypy_knows_the_result_type_of_a_command(tmp_path: Path) -> None:
    file = tmp_path / "operation.py"
    file.write_text(OPERATION)
    ran = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            "--cache-dir",
            str(tmp_path / "cache"),
            str(file),
        ],
        cwd=ROOT / "src",
        capture_output=True,
        text=True,
        check=False,
    )
    found = [line.partition(": error: ")[2] for line in ran.stdout.splitlines() if "error" in line]
    assert found[:2] == [
        'Item "None" of "Client | None" has no attribute "id"  [union-attr]',
        '"Issued" has no attribute "nonsense"  [attr-defined]',
    ]
