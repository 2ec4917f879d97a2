"""The table of faults, printed after everything. `make test` has none of them, `make test-faults`
each once, `make torture` more rounds and clients.
"""

import os

import pytest
from tests.torture.services import TORTURE

TABLE = pytest.StashKey()

_ONCE = ["test_adoption.py", "test_faults*.py", "test_kill.py", "test_old_form.py"]
_AGAIN = ["test_partitions_*.py"]
"""They wait for what is silent: too long for every run."""

collect_ignore_glob = (
    [] if TORTURE else _AGAIN if os.environ.get("RETICKET_FAULTS") else _ONCE + _AGAIN
)


@pytest.fixture
def tell(request):
    """Put an outcome into the table, and find nothing wrong with it."""

    def tell(fault, outcome):
        request.config.stash.setdefault(TABLE, []).append({"fault": fault, **outcome.cells()})
        assert outcome.history.faults() == []
        assert outcome.stranded == 0

    return tell


def pytest_terminal_summary(terminalreporter, config):
    rows = config.stash.get(TABLE, [])
    if rows and TORTURE:
        terminalreporter.section("faults")
        for line in _aligned([list(rows[0]), *(map(str, row.values()) for row in rows)]):
            terminalreporter.line(line)


def _aligned(lines):
    columns = list(zip(*lines, strict=True))
    widths = [max(map(len, column)) for column in columns]
    for first, *numbers in zip(*columns, strict=True):
        cells = (cell.rjust(width) for cell, width in zip(numbers, widths[1:], strict=True))
        yield "  ".join([first.ljust(widths[0]), *cells])
