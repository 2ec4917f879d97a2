"""msgspec 0.22 crashes when several threads are the first to use a type, so that rooms whose code
runs on threads make their decoders while they are imported.
"""

import re
from pathlib import Path

SRC = Path(__file__).parents[2] / "src/reticket"

ON_THREADS = ("audit", "core", "crypto", "directory", "oauth", "stores", "verify")
FIRST_USE = re.compile(r"decode\([^()]*(?:\([^()]*\))?[^()]*, type=[A-Z_]\w*\)")


def first_uses(text: str) -> list[str]:
    return FIRST_USE.findall(text)


def test_no_room_on_threads_decodes_a_struct_by_its_type() -> None:
    found = {
        str(file): uses
        for room in ON_THREADS
        for file in sorted((SRC / room).rglob("*.py"))
        if (uses := first_uses(file.read_text("utf-8")))
    }
    allowed = {"client_documents.py"}  # read where a request is answered: on the event loop
    assert [file for file in found if file.rpartition("/")[2] not in allowed] == []


def test_the_check_finds_such_a_use() -> None:
    assert first_uses('msgspec.json.decode(row.terms or "", type=LoginTerms)')
    assert first_uses("msgspec.json.decode(text, type=Terms) if text else Terms(0)")
    assert not first_uses("msgspec.json.decode(text, type=dict[str, str])")
