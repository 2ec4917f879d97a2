"""Several processes behind one listening socket: started, watched, stopped together."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

import structlog

RESTART_PAUSE = 1.0
"""Seconds before a process that ended by itself gets a successor."""

_log = structlog.get_logger("reticket.http")

Work = Callable[[int], None]


class Workers:
    """Owns child processes that do the same work; they end with this one, however it ends.

    Args:
        work: runs in each child until a SIGTERM, given the child's number from 0 on. Nothing that
            a fork would break (connections, threads) may be open when it is started.
    """

    def __init__(self, count: int, work: Work) -> None:
        self._work = work
        self._stopping = False
        self._alive, self._lifeline = os.pipe()
        self._numbers = {self._start(number): number for number in range(count)}

    def run(self) -> None:
        """Until SIGINT or SIGTERM: whoever dies is started anew. Then wait for all to end."""
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, self._stop)
        while self._numbers:
            pid, status = os.wait()
            number = self._numbers.pop(pid)
            if not self._stopping:
                _log.error("worker_ended", worker=number, status=os.waitstatus_to_exitcode(status))
                time.sleep(RESTART_PAUSE)
                self._restart(number)

    def _restart(self, number: int) -> None:
        if not self._stopping:
            pid = self._start(number)
            self._numbers[pid] = number
            if self._stopping:
                os.kill(pid, signal.SIGTERM)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._stopping = True
        for pid in list(self._numbers):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)

    def _start(self, number: int) -> int:
        pid = os.fork()
        if pid:
            return pid
        try:
            self._be_a_child(number)
        except SystemExit as end:
            os._exit(end.code if isinstance(end.code, int) else 1)
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)

    def _be_a_child(self, number: int) -> None:
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_DFL)
        os.close(self._lifeline)
        threading.Thread(target=self._end_with_the_parent, daemon=True).start()
        self._work(number)

    def _end_with_the_parent(self) -> None:
        os.read(self._alive, 1)
        os.kill(os.getpid(), signal.SIGTERM)
