"""What `reticket compare` sends: a recording, requests made here, and sign-ins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from reticket.cli.input_file import STANDARD_INPUT, opened_input
from reticket.core.errors import StartupError
from reticket.moving.compare.calls import CallChain
from reticket.moving.compare.made import made_sample
from reticket.moving.compare.recorded import Recording, belongs, read_recording
from reticket.moving.compare.signed_in import read_credentials, signed_in_sample
from reticket.wire import Dialect


def chosen(dialects: Sequence[Dialect], names: Sequence[str]) -> Sequence[Dialect]:
    """The dialects with these names; all without a name. StartupError."""
    known = {each.name: each for each in dialects}
    for name in names:
        if name not in known:
            raise StartupError(f"--dialect must be one of {', '.join(known)}")
    return [known[name] for name in names or known]


def recording_of(
    sample: Path | None, paths: tuple[str, ...], dialects: Sequence[Dialect]
) -> Recording | None:
    """What --sample has of these paths, or of the dialects' own. StartupError."""
    if sample is None:
        return None
    name = "standard input" if str(sample) == STANDARD_INPUT else sample.name
    with opened_input(sample) as stream:
        if paths:
            return read_recording(stream, name, lambda path: path.startswith(paths))
        return read_recording(stream, name, lambda path: belongs(path, dialects))


def chains_of(
    recording: Recording | None, passwords: Path | None, dialects: Sequence[Dialect]
) -> Iterator[CallChain]:
    """The recording, or requests made here, and sign-ins with the given passwords. StartupError."""
    if recording is not None:
        yield from (CallChain((call,)) for call in recording.calls)
    else:
        for dialect in dialects:
            yield from made_sample(dialect)
    if passwords is not None:
        examples = [example for dialect in dialects for example in dialect.examples]
        with passwords.open("rb") as stream:
            known = list(read_credentials(stream, passwords.name))
        yield from signed_in_sample(examples, known)
