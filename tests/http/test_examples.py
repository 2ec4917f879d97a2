"""The examples that the demo prints work unchanged."""

import json
import subprocess

import pytest
from tests.dialects.every import BUILT
from tests.http.wire import call

from reticket.cli.demo_lines import lines, sed_program

DIALECTS = list(BUILT.values())
EXAMPLES = [each for dialect in DIALECTS for each in dialect.examples]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_an_example_works(server, example):
    kind = {"Content-Type": example.content_type}
    status, _, answer = call(server.url, *example.sign_in, example.body, kind)
    assert status in (200, 201), answer
    if example.then_body:
        program = sed_program(example.then_body)
        answer = subprocess.run(
            ["sed", program], input=answer, capture_output=True, check=True
        ).stdout
    status, _, answer = call(server.url, *example.refresh, answer, kind)
    assert status in (200, 201), answer
    said = json.loads(answer)
    assert said.get("code", 0) == 0
    assert said.get("active", True)


def test_every_dialect_has_one_and_each_is_two_commands():
    assert all(dialect.examples for dialect in DIALECTS)
    said = [line for line in lines("http://a", "http://b", DIALECTS) if line.startswith("curl ")]
    assert len(said) == 2 * len(EXAMPLES)


@pytest.mark.parametrize("member", ["access_token", "accessToken"])
def test_a_token_of_an_answer_is_put_into_a_body(member):
    program = sed_program("to=a/b&token=ACCESS_TOKEN")
    answer = json.dumps({member: "x.y", "more": "z"}, separators=(",", ":"))
    ran = subprocess.run(["sed", program], input=answer, capture_output=True, text=True, check=True)
    assert ran.stdout == "to=a/b&token=x.y"
