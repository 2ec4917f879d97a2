from __future__ import annotations

import json
import tracemalloc

import pytest

from reticket.moving.streams import SourceError, elements
from reticket.moving.streams.json_array import PIECE


def written(tmp_path, text: str | bytes):
    path = tmp_path / "people.json"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_the_elements_of_an_array_have_their_places(tmp_path):
    path = written(tmp_path, ' [ {"a": 1} ,\n{"a": [2, {}]}, "text", 12, null ] \n')
    assert list(elements(path)) == [
        ("[0]", {"a": 1}), ("[1]", {"a": [2, {}]}), ("[2]", "text"), ("[3]", 12), ("[4]", None),
    ]  # fmt: skip


def test_arrays_that_follow_each_other_are_counted_on(tmp_path):
    assert list(elements(written(tmp_path, "[1, 2]\n[3]"))) == [("[0]", 1), ("[1]", 2), ("[2]", 3)]


def test_the_array_of_a_member_is_found_between_others(tmp_path):
    text = '{"realm": "r", "roles": {"users": [9]}, "users": [1, 2], "clients": [{"users": [7]}]}'
    assert list(elements(written(tmp_path, text), "users")) == [("users[0]", 1), ("users[1]", 2)]


def test_a_file_without_the_array_has_no_elements(tmp_path):
    assert list(elements(written(tmp_path, '{"users": {"a": 1}, "x": 1}'), "users")) == []


def test_a_byte_order_mark_of_utf8_is_skipped(tmp_path):
    assert list(elements(written(tmp_path, b'\xef\xbb\xbf["\xc3\xa4"]'))) == [("[0]", "ä")]


@pytest.mark.parametrize("more", range(-3, 4))
def test_a_value_may_lie_across_two_pieces_of_the_file(tmp_path, more):
    long = "x" * (PIECE - 8 + more)
    values = [long, "ä€𝄞" * 5, 123456, {"a": "b"}]
    path = written(tmp_path, json.dumps(values, ensure_ascii=False))
    assert [value for _, value in elements(path)] == values


@pytest.mark.parametrize(
    ("text", "member", "words"),
    [
        ('{"users": [{"a": 1}, {"a": s3cret}]}', "users", "users[1] is not JSON, or is cut off"),
        ('{"users": [{"a": 1}, {"a": "s3c', "users", "users[1] is not JSON, or is cut off"),
        ('{"users": [{"a": 1}', "users", "users[0] is not JSON"),
        ('{"users": [{"a": 1}]', "users", "is not JSON"),
        ('{"users": [{"a": 1}]} s3cret', "users", "has text after its end"),
        ("[1] s3cret", "", "has text after its end"),
        ("[1 s3cret]", "", "[0] is not JSON"),
        ('{"s3cret" 1}', "users", "is not JSON"),
        ("", "users", "is not an object in JSON"),
        ("[1]", "users", "is not an object in JSON"),
        ("[" + "[" * 100_000, "", "[0] has too many levels"),
        (b'["\xff"]', "", "is not UTF-8: save it as UTF-8, and try again"),
        (b"\xff\xfe[\0]\0", "", "is not UTF-8: save it as UTF-8, and try again"),
    ],
)
def test_a_fault_has_its_place_and_no_word_of_the_file(tmp_path, text, member, words):
    with pytest.raises(SourceError) as raised:
        list(elements(written(tmp_path, text), member))
    assert str(raised.value) == f"people.json {words}."


def test_the_elements_before_a_fault_come_first(tmp_path):
    found = elements(written(tmp_path, "[1, 2, nothing]"))
    assert [next(found), next(found)] == [("[0]", 1), ("[1]", 2)]
    with pytest.raises(SourceError):
        next(found)


def test_a_value_that_never_ends_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("reticket.moving.streams.json_array.LONGEST", 100_000)
    with pytest.raises(SourceError, match=r"\[0\] is not JSON, or is too long"):
        list(elements(written(tmp_path, '["' + "x" * 300_000 + '"]')))


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(SourceError, match=r"^none\.json cannot be read: No such file"):
        list(elements(tmp_path / "none.json"))


def test_a_big_array_needs_no_more_memory_than_a_small_one(tmp_path):
    path = tmp_path / "big.json"
    with path.open("w") as file:
        file.write('{"users": [')
        file.writelines(f'{{"id": {number}, "a": "{"x" * 300}"}},' for number in range(60_000))
        file.write("{}]}")
    assert path.stat().st_size > 18_000_000
    tracemalloc.start()
    count = sum(1 for _ in elements(path, "users"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 60_001
    assert peak < 2_000_000
