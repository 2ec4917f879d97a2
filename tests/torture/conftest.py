"""The table of faults, printed after everything; `make torture` has more rounds and clients."""

import pytest
from tests.torture.services import TORTURE

TABLE = pytest.StashKey()

collect_ignore = [] if TORTURE else ["test_partitions_postgresql.py", "test_partitions_valkey.py"]
"""They wait for what is silent: too long for every run."""


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
