"""Starts `reticket` out of a process that has imported it: most of what a start costs is imports.
What the command imports only when it serves is among them.

Where a fresh interpreter or another network makes a difference, there is a fresh one.
"""

import atexit
import ctypes
import gc
import importlib
import json
import os
import subprocess
import sys
import threading
import traceback
from pathlib import Path

BECOME_PARENT = 36
"""PR_SET_CHILD_SUBREAPER: a process that its parent has left is ours."""

OURS = [sys.executable, "-m", "reticket"]

LATE = (
    "anyio._backends._asyncio",
    "encodings.idna",
    "reticket.cli.serve",
    "reticket.directory.engines.sqlite",
    "reticket.runtime.opening",
    "reticket.stores.sqlite",
    "uvicorn.lifespan.on",
    "uvicorn.loops.auto",
    "uvicorn.loops.uvloop",
    "uvloop",
)
"""What a service imports beside its dialects once it needs it; its other engines are not here."""

RSA_KEYS = 2
"""A key, and its successor."""


class Adopted(subprocess.Popen):
    """A process that another one has started for us."""

    def __init__(self, pid, command):
        self.args, self.pid, self.returncode = command, pid, None
        self.stdin = self.stdout = self.stderr = None
        self._child_created, self._waitpid_lock = True, threading.Lock()
        self._sigint_wait_secs = 0.0


class Warm:
    """Owns that process, from the first start on.

    Args:
        cold: starts a process from the beginning.
    """

    def __init__(self, cold):
        self._cold = cold
        self._lock = threading.Lock()
        self._network = _network()
        self._process = None

    def start(self, command, log, environment, errors=None):
        """What `cold` does, sooner."""
        if command[:3] != OURS or _needs_a_fresh_one(environment) or _network() != self._network:
            return self._cold(command, log, environment, errors)
        log.touch()
        files = [str(log), str(errors or log)]
        order = {"words": command[3:], "files": files, "environment": environment}
        with self._lock:
            self._process = self._process or _opened()
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            return Adopted(int(self._process.stdout.readline()), command)

    def close(self):
        if self._process:
            self._process.communicate()


def _opened():
    ctypes.CDLL(None).prctl(BECOME_PARENT, 1)
    command = [sys.executable, "-m", "tests.operation.warm"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _needs_a_fresh_one(environment):
    """Whether it says something that is read before the first import."""
    names = {name for name in (*environment, *os.environ) if name.startswith(("PYTHON", "LD_"))}
    return any(environment.get(name) != os.environ.get(name) for name in names)


def _network():
    return Path("/proc/thread-self/ns/net").readlink()


def main():
    """Fork for each line that says what is wanted, and say which process it is."""
    from reticket.__main__ import main as run

    for name in LATE:
        importlib.import_module(name)
    _prepare_documents()
    _prepare_keys()
    gc.freeze()
    for line in sys.stdin:
        pid = _forked()
        if pid is None:
            _become(**json.loads(line))
            _end(run)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


def _prepare_documents():
    """What msgspec tells of the types in documents is known then."""
    from reticket import dialects
    from reticket.openapi import build_document

    for dialect in dialects.with_defaults():
        build_document(dialect)


def _prepare_keys():
    """The first RSA keys that a service makes are here: each takes a tenth of a second."""
    from reticket.crypto.signing import Rs256

    make = Rs256.generate
    prepared = [make() for _ in range(RSA_KEYS)]
    Rs256.generate = staticmethod(lambda: prepared.pop() if prepared else make())


def _forked():
    """The new process that our parent has adopted; None in that process. Whoever is between us and
    it has ended by then.
    """
    hear, tell = os.pipe()
    between = os.fork()
    if not between:
        wanted = os.fork()
        if not wanted:
            return None
        os.write(tell, str(wanted).encode())
        os._exit(0)
    os.waitpid(between, 0)
    said = os.read(hear, 20)
    for each in (hear, tell):
        os.close(each)
    return int(said)


def _end(run):
    """Run to the end of the process. The interpreter is not taken down, which would copy most of
    the memory that is shared with whoever has forked it.
    """
    code = 1
    try:
        run()
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


def _become(words, files, environment):
    nothing = os.open(os.devnull, os.O_RDONLY)
    output, errors = (os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT) for file in files)
    for ours, theirs in ((nothing, 0), (output, 1), (errors, 2)):
        os.dup2(ours, theirs)
    os.closerange(3, errors + 1)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["reticket", *words]


if __name__ == "__main__":
    main()
