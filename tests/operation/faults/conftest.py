"""Commands that are killed, and data that is lost: `make test-faults`. It takes a while."""

import os

if not os.environ.get("RETICKET_FAULTS"):
    collect_ignore_glob = ["test_*.py"]
