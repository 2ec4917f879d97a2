"""The examples that the demo prints work unchanged."""

import json
import subprocess
from shlex import quote

import pytest
from tests.dialects.every import BUILT

from reticket.cli.demo_lines import lines, sed_program
from reticket.testing.waiting import PATIENCE
from reticket.wire_examples import Example

DIALECTS = list(BUILT.values())
EXAMPLES = [each for dialect in DIALECTS for each in dialect.examples]
PLACE = ("POST", "/place")


def pasted(line):
    """The status and the body that a line of curl prints."""
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", line + r" -w '\n%{http_code}'"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    body, _, status = ran.stdout.rpartition("\n")
    return int(status), body


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_the_examples_of_a_dialect_work_as_they_are_printed(server, dialect):
    said = [line for line in lines(server.url, server.url, [dialect]) if line.startswith("curl ")]
    assert len(said) == 2 * len(dialect.examples) > 0
    for line in said:
        status, body = pasted(line)
        assert status in (200, 201, 204), body
        answer = json.loads(body) if body else {}
        assert answer.get("code", 0) == 0
        assert answer.get("active", True)


def sent(example, text, answer):
    program = sed_program(example, text)
    answer = json.dumps(answer, separators=(",", ":"))
    ran = subprocess.run(["sed", program], input=answer, capture_output=True, text=True, check=True)
    return ran.stdout


@pytest.mark.parametrize("member", ["access_token", "accessToken"])
def test_a_token_of_an_answer_is_put_into_a_body(member):
    example = Example("any", PLACE, "{}", PLACE)
    said = sent(example, "to=a/b&token=ACCESS_TOKEN", {member: "x.y", "more": "z"})
    assert said == "to=a/b&token=x.y"


def test_a_token_is_found_by_the_name_that_an_example_gives():
    example = Example("any", PLACE, "{}", PLACE, tokens={"REFRESH_TOKEN": "token"})
    said = sent(example, "Authorization: REFRESH_TOKEN", {"token": "x.y", "record": {"a": "b"}})
    assert said == "Authorization: x.y"


def printed(**said):
    example = Example("any", PLACE, "{}", PLACE, **said)
    dialect = type("Any", (), {"examples": (example,)})
    return list(lines("http://a", "http://b", [dialect]))[-1]


def test_a_second_call_has_the_headers_of_its_example_and_no_body_when_that_is_empty():
    said = printed(then_body="", then_headers={"X-Version": "1", "Authorization": "ACCESS_TOKEN"})
    sign_in = "curl -sS -X POST 'http://a/place' -H 'Content-Type: application/json' -d '{}'"
    program = quote(sed_program(Example("any", PLACE, "{}", PLACE), "Authorization: ACCESS_TOKEN"))
    assert said == (
        f"curl -sS -X POST 'http://b/place' -H 'X-Version: 1' -H \"$({sign_in} | sed {program})\""
    )


def test_a_body_without_a_word_is_sent_as_it_is():
    assert printed(then_body='{"a": 1}').endswith("""-d '{"a": 1}'""")
