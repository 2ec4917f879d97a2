"""`python -m demo postgresql|cluster`: two services over one engine, until a signal to stop."""

from __future__ import annotations

import argparse
import base64
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from demo.engines import ENGINES
from demo.watch import end_on_signals, first_to_end
from reticket.cli.demo_lines import lines
from reticket.crypto.sealing import master_key
from reticket.runtime.demo import FOLDER
from reticket.runtime.opening import Builder
from reticket.testing import RunningServer, running_server

PORTS = (8088, 8089)


def main() -> None:
    """Start the engine and the services, say what to try, and stop all of them together."""
    options = _options()
    end_on_signals()
    folder: Path = (options.data or FOLDER / options.engine).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / "lock", timeout=0), ExitStack() as running:
            _run(options.engine, options.ports, folder, running)
    except Timeout:
        raise SystemExit(f"the data folder {folder} is in use by another demo") from None


def _run(engine: str, ports: Sequence[int], folder: Path, running: ExitStack) -> None:
    start, name = ENGINES[engine]
    _say(f"starting two services over {name}; their data and logs: {folder}")
    settings = {
        "RETICKET_MASTER_KEY": _master_key(folder / "master.key"),
        "RETICKET_ISSUER": f"http://127.0.0.1:{ports[0]}",
        **running.enter_context(start(folder)),
    }
    services = [_service(folder / f"service{n}", settings, port) for n, port in enumerate(ports, 1)]
    started = [running.enter_context(service) for service in services]
    for line in _greeting(name, [each.url for each in started]):
        _say(line)
    ended = first_to_end({each.process.pid: f"the service at {each.url}" for each in started})
    print(f"{ended} has ended; stopping all others", file=sys.stderr, flush=True)
    raise SystemExit(1)


@contextmanager
def _service(folder: Path, settings: Mapping[str, str], port: int) -> Iterator[RunningServer]:
    folder.mkdir(exist_ok=True)
    with ExitStack() as running:
        try:
            started = running.enter_context(
                running_server(folder, seed=None, settings=settings, port=port)
            )
        except RuntimeError as error:
            *_, reason = f"no log\n{error}".strip().splitlines()
            raise SystemExit(f"the service at port {port} did not start: {reason}") from None
        yield started


def _greeting(name: str, urls: Sequence[str]) -> Iterator[str]:
    yield f"reticket answers on two addresses, as one, over {name}:"
    for url in urls:
        yield f"  {url}  documents and a page to try them: {url}/docs"
    yield "\nWhat the first has issued the second refreshes:"
    first, second = urls
    builder = Builder()
    yield from lines(first, second, builder.dialects(builder.load(None, {})))
    yield "\nCtrl-C stops everything."


def _master_key(file: Path) -> str:
    """The same at every start: it opens what the directory keeps sealed."""
    return base64.b64encode(master_key(None, file, lambda: False, os.urandom)).decode()


def _say(line: str) -> None:
    print(line, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("engine", choices=ENGINES)
    parser.add_argument("--data", type=Path, help="folder; default data-demo/ENGINE")
    parser.add_argument("--ports", type=int, nargs=2, default=PORTS, metavar="PORT")
    return parser.parse_args()


if __name__ == "__main__":
    main()
