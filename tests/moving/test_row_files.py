"""Rows of files: every kind of bad line is told, and the rest goes on."""

from __future__ import annotations

import io

import pytest

from reticket.core.errors import StartupError
from reticket.moving.rows.csv_rows import csv_rows
from reticket.moving.streams.json_lines import raw_lines
from reticket.moving.streams.lines import LONGEST, Lines
from reticket.moving.streams.source import Unreadable

KNOWN = frozenset(("email", "first_name", "groups", "disabled", "password_hash", "cloudreve"))


def read(data, rows=raw_lines):
    return list(rows(Lines(io.BytesIO(data))))


def read_csv(text):
    return read(text if isinstance(text, bytes) else text.encode(), csv_rows(KNOWN))


def test_each_line_is_a_row_with_its_number():
    assert read(b'{"a": 1}\n\n  \n{"b": 2}\r\n{"c": 3}') == [
        ("line 1", b'{"a": 1}'),
        ("line 4", b'{"b": 2}'),
        ("line 5", b'{"c": 3}'),
    ]


def test_a_line_that_is_too_long_is_skipped():
    long = b"x" * (3 * LONGEST)
    found = read(b"{}\n" + long + b"\n{}\n" + long)
    assert [place for place, _ in found] == ["line 1", "line 2", "line 3", "line 4"]
    assert found[1][1] == found[3][1] == Unreadable("the line has more than 262144 bytes")
    assert found[2][1] == b"{}"


def test_a_line_of_the_greatest_length_is_read():
    assert read(b"x" * LONGEST + b"\n")[0][1] == b"x" * LONGEST


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32"])
def test_a_file_in_another_encoding_is_named(encoding):
    mark = "" if encoding in ("utf-16", "utf-32") else "\ufeff"
    with pytest.raises(StartupError, match="convert it to UTF-8"):
        read(f'{mark}{{"a": 1}}'.encode(encoding))


def test_the_mark_of_utf_8_is_no_part_of_a_row():
    assert read(b"\xef\xbb\xbf{}") == [("line 1", b"{}")]


def test_a_csv_has_texts_and_json():
    found = read_csv(
        "email,first_name,groups,disabled,password_hash,cloudreve\n"
        'a@b,"Ada ""Countess"", L.","[""x""]",true,{SSHA}abc,\n'
        'c@d,7,,,"{""N"": 1}","{""nickname"": ""C""}"\n'
    )
    assert found == [
        (
            "line 2",
            {
                "email": "a@b",
                "first_name": 'Ada "Countess", L.',
                "groups": ["x"],
                "disabled": True,
                "password_hash": "{SSHA}abc",
            },
        ),
        (
            "line 3",
            {
                "email": "c@d",
                "first_name": "7",
                "password_hash": {"N": 1},
                "cloudreve": {"nickname": "C"},
            },
        ),
    ]


def test_a_bad_row_of_csv_does_not_end_the_rest():
    data = (
        b"email,first_name,disabled\n"
        b"a@b\n"
        b"a@b,\xff,\n"
        b"a@b," + b"x" * (2 * LONGEST) + b",\n"
        b"a@b,,maybe\n"
        b'a@b,,"{""a"": 1, ""a"": 2}"\n'
        b'a@b,"x\ny",true\n'
        b'a@b,"x" y,\n'
        b"c@d,,\n"
        b'a@b,"never closed,'
    )
    assert read_csv(data) == [
        ("line 2", Unreadable("the row has 1 columns, and the header 3")),
        ("line 3", Unreadable("the row is not UTF-8")),
        ("line 4", Unreadable("the line has more than 262144 bytes")),
        ("line 5", Unreadable("disabled is not JSON")),
        ("line 6", Unreadable("disabled: a is given twice")),
        ("lines 7-8", {"email": "a@b", "first_name": "x\ny", "disabled": True}),
        ("line 9", Unreadable("the row is not CSV: ',' expected after '\"'")),
        ("line 10", {"email": "c@d"}),
        ("line 11", Unreadable("the row is not CSV: unexpected end of data")),
    ]


def test_a_quote_that_is_never_closed_takes_the_rest_of_the_file():
    """Nobody knows where its row ends."""
    rest = b"a@b,x\n" * (LONGEST // 3)
    (found,) = read_csv(b'email,first_name\na@b,"\n' + rest)
    lines = LONGEST // 3 + 2
    assert found == (f"lines 2-{lines}", Unreadable("the row has more than 262144 bytes"))


@pytest.mark.parametrize(
    "cell",
    [
        b'"Ev\xe9\n%b\n"',
        b'"%b\n%%b\n"' % (b"x" * LONGEST),
        b'"%b\n%%b\n"' % (b'""x' * LONGEST),
        b'"\n%b""\n%%b\n"' % (b"x" * LONGEST),
        b'"' + (b"x" * 1000 + b"\n") * 300 + b'%b\n"',
        b'"a"",""\n\xff\n%b\n"',
        b'a"b,"\n\xff\n%b\n"',
    ],
)
def test_no_line_of_a_cell_that_cannot_be_read_is_taken_for_a_row(cell):
    """The text in the cell is somebody's own, and that person chose it in the old system."""
    row = b"victim@example.com,chosen"
    data = b"email,first_name\nown@example.com," + cell.replace(b"%b", row) + b"\nc@d,D\n"
    first, second = read_csv(data)
    assert isinstance(first[1], Unreadable)
    assert second[1] == {"email": "c@d", "first_name": "D"}


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("", "needs a header with the column email"),
        ("first_name", "needs a header with the column email"),
        ("email,colour", "the column 'colour', which is not known .known are .*email"),
        ("email,email", "the column 'email', twice"),
        ('email,"', "the header cannot be read"),
        (b"\xff", "the header cannot be read: the row is not UTF-8"),
        ("email,password_hash,salt,hash", r"line 1 has password_hash, and also salt, hash"),
        ("email,algorithm,password_algorithm", "'algorithm' twice, once as password_algorithm"),
        ("email,credentialData,salt", "credentialData, salt, which no form of a hash has together"),
    ],
)
def test_a_header_with_a_fault_stops_the_import(header, reason):
    with pytest.raises(StartupError, match=reason):
        read_csv(header)


SCRYPT = "email,algorithm,N,r,p,salt,hash"


def test_the_columns_of_a_hash_are_gathered_into_one():
    found = read_csv(
        f"{SCRYPT}\na@b,scrypt,16384,8,1,c2FsdA==,aGFzaA==\nc@d,,,,,,\ne@f,scrypt,,,,,x\n"
    )
    gathered = {"algorithm": "scrypt", "N": "16384", "r": "8", "p": "1"}
    assert [row for _, row in found] == [
        {"email": "a@b", "password_hash": gathered | {"salt": "c2FsdA==", "hash": "aGFzaA=="}},
        {"email": "c@d"},
        {"email": "e@f", "password_hash": {"algorithm": "scrypt", "hash": "x"}},
    ]


@pytest.mark.parametrize(
    ("header", "cells", "gathered"),
    [
        (
            "password_algorithm,iterations,salt_encoding,salt,hash",
            "pbkdf2-sha256,1000,text,s,ab",
            {
                "algorithm": "pbkdf2-sha256",
                "iterations": "1000",
                "salt_encoding": "text",
                "salt": "s",
                "hash": "ab",
            },
        ),
        (
            "credentialData,secretData",
            '"{""algorithm"": ""argon2""}","{""value"": ""v""}"',
            {"credentialData": '{"algorithm": "argon2"}', "secretData": '{"value": "v"}'},
        ),
        ("passwordHash,salt", "h,s", {"passwordHash": "h", "salt": "s"}),
    ],
)
def test_each_form_of_a_hash_that_has_columns_is_gathered(header, cells, gathered):
    assert read_csv(f"email,{header}\na@b,{cells}\n") == [
        ("line 2", {"email": "a@b", "password_hash": gathered})
    ]
