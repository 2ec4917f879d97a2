"""Runs the service in this process, and writes what a refresh calls to a file, as JSON.

The package is imported from PYTHONPATH, and nothing else of a checkout is: an older commit can be
recorded, too. `hops` starts this script and counts what it has written.
"""

from __future__ import annotations

import http.client
import json
import os
import runpy
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from types import FrameType
from typing import Any

WARM, COUNTED = 2, 5
"""How many refreshes fill the caches first, and how many are recorded after them."""

IDLE = 1.1
"""Seconds before each refresh: what the event loop does at most once a second is due again."""

QUIET = 0.7
"""Seconds without work on another thread before each refresh: the tasks of every second are over,
and the directory was last looked at longer ago than half a second.
"""

PATIENCE = 120.0
"""Seconds after which the recorder gives up."""

PACKAGE = "reticket"
GENERATED = "<string>"
"""The file name of constructors that NamedTuple and dataclass generate."""

PERSON = ("counted@example.com", "a password of its own")
"""Nobody of the demo: a service with the demo's people answers this machine alone."""

SEED = f"""
tenants: [{{id: 1000, name: Acme, domain: acme.example.com}}]
users:
  - email: {PERSON[0]}
    password: {PERSON[1]}
    tenants: {{1000: [1]}}
    organization: {{name: Acme, roles: [admin], user_type: admin}}
"""
CHEAP = {"TIME_COST": "1", "MEMORY": "8", "PARALLELISM": "1"}


@dataclass(slots=True)
class Refresh:
    """What was recorded of one refresh.

    Args:
        calls: thread, depth, file and function of each call, in their order.
        made: the values that were first seen during this refresh, by id.
    """

    calls: list[tuple[str, int, str, str]] = field(default_factory=list)
    made: dict[int, object] = field(default_factory=dict)


class Recorder:
    """Owns what is recorded between `start` and `stop`. Every value that was seen is kept alive,
    so that no later value has the same id.
    """

    def __init__(self, package: str) -> None:
        self._package = package
        self._seen: dict[int, object] = {}
        self._depths: dict[str, int] = {}
        self._worked_at = time.monotonic()
        self._now: Refresh | None = None

    def hear(self, frame: FrameType, event: str, result: object) -> None:
        """The profile function of every thread."""
        now, file = self._now, frame.f_code.co_filename
        is_ours = file.startswith(self._package)
        if is_ours and threading.current_thread() is not threading.main_thread():
            self._worked_at = time.monotonic()
        if now is None or event not in ("call", "return"):
            return
        if is_ours:
            self._step(now, frame, event, file.removeprefix(self._package))
        elif file != GENERATED:
            return
        for value in (*frame.f_locals.values(), result):
            if _is_ours(value) and id(value) not in self._seen:
                self._seen[id(value)] = now.made[id(value)] = value

    def start(self) -> Refresh:
        """Record from now on."""
        self._depths.clear()
        self._now = Refresh()
        return self._now

    def stop(self) -> None:
        """Stop recording."""
        self._now = None

    def is_inside(self) -> bool:
        """Whether the event loop, in the main thread, is in a function of the package."""
        return self._depths.get(threading.main_thread().name, 0) > 0

    def is_quiet(self) -> bool:
        """Whether no other thread has worked for a while."""
        return time.monotonic() - self._worked_at > QUIET

    def _step(self, now: Refresh, frame: FrameType, event: str, file: str) -> None:
        thread = threading.current_thread().name
        depth = self._depths.get(thread, 0)
        if event == "call":
            place = (thread.partition("_")[0], depth, file, frame.f_code.co_qualname)
            now.calls.append(place)
        self._depths[thread] = depth + 1 if event == "call" else max(depth - 1, 0)


def _is_ours(value: object) -> bool:
    kind = type(value)
    is_ours = kind.__module__.partition(".")[0] == PACKAGE
    return is_ours and not issubclass(kind, (BaseException, Enum, type))


def _fields(value: object) -> Iterator[object]:
    if isinstance(value, tuple):
        yield from value
    for kind in type(value).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            yield getattr(value, name, None)
    yield from getattr(value, "__dict__", {}).values()


def wrappers(made: dict[int, object]) -> list[tuple[str, str]]:
    """The file and the class of each value that holds another value of the package."""
    holding = [type(each) for each in made.values() if any(map(_is_ours, _fields(each)))]
    return [(_file_of(kind), kind.__qualname__) for kind in holding]


def _file_of(kind: type) -> str:
    return f"{kind.__module__.partition('.')[2].replace('.', '/')}.py"


class Client:
    """Owns a session of the Akinon dialect on one connection."""

    def __init__(self, address: str) -> None:
        self._http = http.client.HTTPConnection(address.removeprefix("http://"), timeout=PATIENCE)

    def sign_in(self) -> str:
        return self._post("login", {"username": PERSON[0], "password": PERSON[1]})

    def refresh(self, token: str) -> str:
        return self._post("refresh-token", {"refreshToken": token})

    def _post(self, name: str, body: dict[str, str]) -> str:
        """A body of bytes leaves together with its head: one read brings both."""
        headers = {"Content-Type": "application/json"}
        self._http.request("POST", f"/api/v1/auth/{name}", json.dumps(body).encode(), headers)
        answer: dict[str, Any] = json.loads(self._http.getresponse().read())
        return str(answer["refreshToken"])


def _address(data: Path) -> str:
    file = data / "address"
    _await(lambda: file.exists() and file.read_text() != "")
    return file.read_text()


def _await(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError("the service has not done what the recorder waits for")
        time.sleep(0.001)


def _record(recorder: Recorder, data: Path) -> Iterator[Refresh]:
    client = Client(_address(data))
    token = client.sign_in()
    while True:
        time.sleep(IDLE)
        _await(recorder.is_quiet)
        refresh = recorder.start()
        token = client.refresh(token)
        _await(lambda: not recorder.is_inside())
        recorder.stop()
        yield refresh


def _drive(recorder: Recorder, data: Path, out: Path) -> None:
    """Write all that was recorded, then stop the service by a signal."""
    try:
        refreshes = _record(recorder, data)
        recorded = [next(refreshes) for _ in range(WARM + COUNTED)][WARM:]
        said = [{"calls": each.calls, "wrappers": wrappers(each.made)} for each in recorded]
        out.write_text(json.dumps(said))
    finally:
        os.kill(os.getpid(), signal.SIGTERM)


def main(out: Path) -> None:
    """Serve in the main thread, and refresh from another one."""
    import reticket

    recorder = Recorder(f"{Path(reticket.__file__).parent}{os.sep}")
    with tempfile.TemporaryDirectory() as folder:
        data, seed = Path(folder, "data"), Path(folder, "seed.yaml")
        seed.write_text(SEED)
        os.environ.update({f"RETICKET_HASHING__{name}": value for name, value in CHEAP.items()})
        threading.Thread(target=_drive, args=(recorder, data, out), daemon=True).start()
        threading.setprofile(recorder.hear)
        sys.argv = ["reticket", "serve", "--port", "0", "--data", str(data), "--seed", str(seed)]
        sys.setprofile(recorder.hear)
        runpy.run_module(PACKAGE, run_name="__main__")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
