"""A vendor's name is only in its dialect, in readers of its data, migrations, benchmarks, documents
and tests.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from reticket import dialects

PACKAGE = Path(dialects.__file__).parents[1]
STANDARDS = {"oauth"}
"""Dialects that no vendor owns."""
OLDER_DATA = "directory/engines/migrations/"
FOREIGN_DATA = ("adoption/systems/", "crypto/hashes/systems/", "moving/readers/")
"""Folders with a file for each system from which people move in; a vendor may be one."""


def vendors() -> set[str]:
    return set(dialects.modules()) - STANDARDS


def named(folder: Path, names: set[str]) -> Iterator[str]:
    """The places of a vendor's name outside the dialect of that vendor."""
    for file in sorted(folder.rglob("*")):
        place = file.relative_to(folder).as_posix()
        if file.suffix not in {".py", ".yaml", ".html", ".css"} or place.startswith(OLDER_DATA):
            continue
        found = set(re.findall("|".join(sorted(names)), file.read_text("utf-8").lower()))
        for name in sorted(found - {home_of(place)}):
            yield f"{place}: {name}"


def home_of(place: str) -> str:
    """The dialect, or the system, that a file belongs to; or nothing."""
    for folder in ("dialects/", *FOREIGN_DATA):
        if place.startswith(folder):
            return re.split(r"[/.]", place.removeprefix(folder))[0]
    return ""


def test_no_vendor_is_named_outside_its_dialect() -> None:
    assert list(named(PACKAGE, vendors())) == []


def test_the_check_finds_a_vendor_name(tmp_path: Path) -> None:
    kept = ("dialects/kibo/b.py", f"{OLDER_DATA}c.py", *(f"{each}kibo.py" for each in FOREIGN_DATA))
    for place in ("core/a.py", "dialects/acme.py", "moving/readers/acme.py", *kept):
        file = tmp_path / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text('x = "Kibo"')
    assert list(named(tmp_path, {"kibo", "acme"})) == [
        "core/a.py: kibo",
        "dialects/acme.py: kibo",
        "moving/readers/acme.py: kibo",
    ]
