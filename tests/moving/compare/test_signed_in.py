"""Sign-ins with given passwords: whole, refreshed twice, and once with a wrong password."""

import io

import pytest
from tests.moving.compare.conftest import DEMO

from reticket import dialects
from reticket.core.errors import StartupError
from reticket.moving.compare.signed_in import read_credentials, signed_in_sample

EXAMPLES = [example for each in dialects.with_defaults() for example in each.examples]


def talks(text):
    return list(signed_in_sample(EXAMPLES, list(read_credentials(io.BytesIO(text), "people"))))


def test_a_line_becomes_a_sign_in_and_what_follows_it():
    (talk,) = talks(b'{"example":"Akinon","username":"eve@example.com","password":"Zq7 mark"}')
    assert [call.title for call in talk.calls] == [
        "Akinon: sign-in", "Akinon: refresh", "Akinon: refresh again with the same token",
        "Akinon: wrong password",
    ]  # fmt: skip
    first, *_, last = talk.calls
    assert first.body == '{"username": "eve@example.com", "password": "Zq7 mark"}'
    assert last.body == '{"username": "eve@example.com", "password": "a wrong word"}'
    assert "Zq7" not in repr(talk)


def test_members_of_queries_and_headers_are_taken_from_the_line():
    one = b'{"example":"Kibo developer","emailAddress":"a","password":"b","developerAccountId":5}'
    shop = b'{"example":"Kibo shop","sharedSecret":"s3cret","x-vol-tenant":"7"}'
    ((developer,), shops) = talks(one), talks(shop)
    assert developer.calls[0].path.endswith("?developerAccountId=5")
    assert [talk.calls[1].headers["x-vol-tenant"] for talk in shops] == ["7", "7"]


def test_every_line_of_the_demo_is_of_an_example():
    titles = {line.example for line in read_credentials(io.BytesIO(DEMO), "demo")}
    assert titles <= {example.title for example in EXAMPLES}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "people, line 1: the row is not JSON"),
        (b'{"password":"Zq7"}', "people, line 1: the member example is missing"),
        (b'{"example":"Zq"}', "people, line 1: example must be one of Akinon, Cloudreve, Kibo"),
        (b'{"example":"Akinon","password":["Zq7"]}', "every member must be a text or a number"),
        (b'{"example":"Akinon","username":"a"}', "people, line 1: Akinon needs password"),
        (b'{"example":"Akinon","password":"Zq7","mail":"Zq7"}', "Akinon has the members password"),
    ],
)
def test_a_bad_line_is_refused_and_its_values_are_not_shown(line, reason):
    with pytest.raises(StartupError, match=reason) as refused:
        talks(line)
    assert "Zq7" not in str(refused.value)
