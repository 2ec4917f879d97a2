from __future__ import annotations

import tracemalloc

import pytest

from reticket.moving.streams import SourceError, Unreadable, files_of, lines
from reticket.moving.streams.lines import LONGEST


def test_a_broken_line_does_not_stop_the_others(tmp_path):
    path = tmp_path / "people.ndjson"
    deep = b"[" * 100_000
    path.write_bytes(b'{"a": 1}\n\n{"a": s3cret}\r\n{"a": "\xff"}\n' + deep + b'\n {"a": 2}')
    broken = Unreadable("the row is not JSON")
    assert list(lines(path)) == [
        ("line 1", {"a": 1}),
        ("line 3", broken),
        ("line 4", broken),
        ("line 5", broken),
        ("line 6", {"a": 2}),
    ]


def test_a_line_without_end_costs_no_memory_and_is_reported(tmp_path):
    path = tmp_path / "people.ndjson"
    with path.open("wb") as file:
        file.write(b"1\n")
        file.writelines(b"x" * LONGEST for _ in range(20))
        file.write(b"\n2\n" + b"y" * 2 * LONGEST)
    tracemalloc.start()
    found = list(lines(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    long = Unreadable(f"the line has more than {LONGEST} bytes")
    assert found == [("line 1", 1), ("line 2", long), ("line 3", 2), ("line 4", long)]
    assert peak < 6 * LONGEST


def test_a_file_of_utf16_is_refused_at_once(tmp_path):
    path = tmp_path / "people.ndjson"
    path.write_text('{"a": 1}\n', "utf-16")
    with pytest.raises(SourceError, match=r"^people\.ndjson is not UTF-8"):
        list(lines(path))


def test_files_of_a_folder_are_in_the_order_of_their_numbers(tmp_path):
    for name in ("page-10.json", "page-2.json", "page-1.json", "other.txt"):
        (tmp_path / name).touch()
    found = [path.name for path in files_of(tmp_path, "*.json")]
    assert found == ["page-1.json", "page-2.json", "page-10.json"]
    assert files_of(tmp_path / "other.txt", "*.json") == [tmp_path / "other.txt"]


def test_a_folder_without_such_files_is_refused(tmp_path):
    (tmp_path / "pages").mkdir()
    with pytest.raises(SourceError, match=r"^pages has no file \*\.json\.$"):
        files_of(tmp_path / "pages", "*.json")
