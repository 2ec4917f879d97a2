"""The same server without the work: answers every request with the bytes of one real answer."""

from __future__ import annotations

import json
import os
from pathlib import Path

from benchmarks.whole import answering

_said = json.loads(Path(os.environ["BENCH_ECHO"]).read_text())
STATUS: int = _said["status"]
BODY: bytes = _said["body"].encode()
HEADERS = [(name.encode(), value.encode()) for name, value in _said["headers"]]

app = answering(STATUS, HEADERS, BODY)
