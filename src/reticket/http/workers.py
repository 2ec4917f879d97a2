"""Several processes behind one listening socket: started, restarted and stopped together."""

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
"""Seconds before a process that ended by itself is replaced."""

_log = structlog.get_logger("reticket.http")

Work = Callable[[int], None]


class Workers:
    """Owns child processes that do the same work. They end with this process, however it ends.

    Args:
        count: of children.
        work: runs in each child until a SIGTERM, with the child's number from 0 on. Connections and
            threads must not be open at that time: a fork would break them.
    """

    def __init__(self, count: int, work: Work) -> None:
        self._work = work
        self._stopping = False
        self._alive_pipe, self._lifeline = os.pipe()
        self._numbers = {self._start(number): number for number in range(count)}

    def run(self) -> None:
        """Run until SIGINT or SIGTERM: a child that dies is replaced. Then wait for all to end."""
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
            self._run_child(number)
        except SystemExit as end:
            os._exit(end.code if isinstance(end.code, int) else 1)
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)

    def _run_child(self, number: int) -> None:
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_DFL)
        os.close(self._lifeline)
        threading.Thread(target=self._end_with_the_parent, daemon=True).start()
        self._work(number)

    def _end_with_the_parent(self) -> None:
        os.read(self._alive_pipe, 1)
        os.kill(os.getpid(), signal.SIGTERM)
