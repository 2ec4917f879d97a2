"""Two services over one engine: `make test-faults`. Starting them takes a while."""

import os

if not os.environ.get("RETICKET_FAULTS"):
    collect_ignore_glob = ["test_*.py"]
