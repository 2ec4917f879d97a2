"""`python -m tests.mutation [file or folder]...`: breaks the rules and the OAuth dialect in small
ways, one at a time, and says which of them no test has seen.

Asked are tests that run in this process: what those of a whole service hold, as they hold the
pages, is shown as alive here. None of the libraries for it fits: mutmut leaves out every method of
a decorated class, which most of ours are, and cosmic-ray starts the whole suite anew each time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat

import click
from tests.mutation.survey import survey
from tests.mutation.trial import FORK, ROOT, Mutant, lives, mutants

FOLDERS = ("src/reticket/core", "src/reticket/oauth", "src/reticket/dialects/oauth")
TESTS = ("tests/core", "tests/dialects/oauth", "tests/dialects/test_every_dialect.py")


@click.command
@click.argument("files", nargs=-1)
@click.option("--processes", default=1, help="Mutants that are judged at the same time.")
def main(files: tuple[str, ...], processes: int) -> None:
    """Judge all mutants of the files, and print those that live and a table."""
    chosen = [each for file in _below(files or FOLDERS) for each in mutants(file)]
    met, lived = Counter(each.file for each in chosen), Counter[str]()
    for mutant in _living(chosen, processes):
        lived[mutant.file] += 1
        click.echo(f"{mutant.file}:{mutant.line}: {mutant.what}")
    click.echo(f"\n{'mutants':>8}{'killed':>8}{'lived':>8}")
    for file, count in met.items():
        click.echo(f"{count:8}{count - lived[file]:8}{lived[file]:8}  {file}")
    click.echo(f"{met.total():8}{met.total() - lived.total():8}{lived.total():8}")


def _living(chosen: list[Mutant], processes: int) -> Iterator[Mutant]:
    found = survey(TESTS, FOLDERS)
    found.import_libraries()
    with ProcessPoolExecutor(processes, mp_context=FORK) as pool:
        tests = map(found.tests_of, chosen)
        patience = repeat(found.patience)
        for mutant, lived in zip(chosen, pool.map(lives, chosen, tests, patience), strict=True):
            if lived:
                yield mutant


def _below(names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        path = ROOT / name
        if not name.startswith(FOLDERS) or not path.exists():
            raise click.UsageError(f"{name} is not below {' or '.join(FOLDERS)}")
        files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        yield from (str(file.relative_to(ROOT)) for file in files)


if __name__ == "__main__":
    main()
