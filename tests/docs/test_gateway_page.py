"""The commands of docs/gateway.md work when they are pasted into a shell beside a demo."""

import json
import os
import subprocess
import sys

from tests.docs.tables import page, shell

from reticket.testing import running_server
from reticket.testing.waiting import PATIENCE

SHOWN = "http://127.0.0.1:8088"
RETICKET = f'reticket() {{ "{sys.executable}" -m reticket "$@"; }}\n'


def test_a_gateway_is_registered_and_exchanges_a_token(tmp_path):
    with running_server(tmp_path, seed=None) as demo:
        pasted = "\n".join(shell(page("gateway.md")))
        assert SHOWN in pasted
        ran = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", RETICKET + pasted.replace(SHOWN, demo.url)],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            cwd=tmp_path,
            env={**os.environ, "RETICKET_DATA": str(demo.data)},
        )
    assert ran.returncode == 0, ran.stderr
    said = json.loads(ran.stdout)
    assert (said["act"], said["aud"]) == ({"sub": "gateway"}, "https://orders.example.com")
