"""Whether other users of the machine can read what is stored."""

from __future__ import annotations

from collections.abc import Iterator

from reticket.cli.doctor.findings import Finding, warning
from reticket.cli.house import House
from reticket.folder import open_to_others

TOPIC = "file modes"


def look(house: House) -> Iterator[Finding]:
    """The data folder, and what is in it. A master key that others can read stops every start."""
    folder = house.settings.data
    files = sorted(each for each in folder.iterdir() if each.is_file())
    for sentence in open_to_others(folder, *files):
        yield warning(sentence)
