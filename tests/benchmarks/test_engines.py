"""The processor time of an engine's processes, also where one of them ends meanwhile."""

import subprocess
import sys
from contextlib import contextmanager

import psutil
from benchmarks.engines import processor_seconds

SPIN = "for _ in range(10**6): pass"


@contextmanager
def child():
    """A process that has computed something, and lives until its input is closed."""
    command = [sys.executable, "-c", f"{SPIN}\nprint(flush=True)\ninput()"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as started:
        started.stdout.readline()
        yield started
        started.communicate()


class Parent(psutil.Process):
    """This process; its child ends as soon as it was listed."""

    def __init__(self, ending):
        super().__init__()
        self._ending = ending

    def children(self, recursive=False):
        listed = super().children(recursive)
        self._ending.communicate()
        return listed


def test_the_time_of_a_child_counts_while_it_lives_and_after():
    with child() as started:
        before = sum(psutil.Process().cpu_times()[:4])
        used = sum(psutil.Process(started.pid).cpu_times()[:2])
        living = processor_seconds(psutil.Process())
        assert living >= before + used > before
    assert processor_seconds(psutil.Process()) >= living


def test_a_child_that_ends_while_it_is_counted_is_no_error():
    with child() as ending:
        assert processor_seconds(Parent(ending)) > 0
