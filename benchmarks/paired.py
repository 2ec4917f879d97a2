"""`python -m benchmarks.paired OTHER`: an operation of this tree beside that of another checkout.

Both serve at once and are measured by turns, so that the machine's other load is the same for both.
"""

from __future__ import annotations

import argparse
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from benchmarks.operations import OPERATION, OPERATIONS, Operation
from benchmarks.servers import CHEAP_HASHES, HERE, service
from benchmarks.wrk import SPARE, drive, require_wrk


def main() -> None:
    """Read the command line, measure, print."""
    options = _options()
    require_wrk()
    operation = operation_of(options.operation)
    rates: dict[str, list[float]] = {"other": [], "this": []}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        trees = {"other": options.other.resolve(), "this": HERE.parent}
        ports = {name: _serve(stack, folder / name, tree) for name, tree in trees.items()}
        for _ in range(options.rounds):
            for name, port in ports.items():
                tokens = [operation.sign_in(port) for _ in range(options.connections + SPARE)]
                measured = drive(
                    operation, port, options.connections, options.seconds, tokens, folder
                )
                rates[name].append(measured.rate)
    for name, found in rates.items():
        print(f"{name}: {median(found):,.0f}/s of {', '.join(f'{each:,.0f}' for each in found)}")
    ratios = [new / old for old, new in zip(rates["other"], rates["this"], strict=True)]
    print(f"this / other: {median(ratios):.3f} of {', '.join(f'{each:.3f}' for each in ratios)}")


def _serve(stack: ExitStack, folder: Path, tree: Path) -> int:
    """By settings that an old tree has as well."""
    folder.mkdir()
    where = {"PYTHONPATH": str(tree / "src")}
    return stack.enter_context(service(folder, where, CHEAP_HASHES))


def operation_of(text: str) -> Operation:
    """The operation whose name begins so. SystemExit when there is none."""
    found = next((each for each in OPERATIONS if each.name.startswith(text)), None)
    if found is None:
        names = ", ".join(each.name for each in OPERATIONS)
        raise SystemExit(f"no operation begins with {text!r}: {names}")
    return found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.paired", description=__doc__)
    parser.add_argument("other", type=Path, help="checkout to compare with")
    parser.add_argument("--operation", default=OPERATION.name, help="the beginning of its name")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=int, default=3, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=7)
    return parser.parse_args()


if __name__ == "__main__":
    main()
