"""`reticket compare` in the shell."""

import json

import pytest
from click.testing import CliRunner

from reticket import cli
from reticket.runtime.opening import Builder
from reticket.testing import running_server


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with running_server(tmp_path_factory.mktemp("service")) as running:
        yield running.url


@pytest.fixture
def compare(shell, service):
    """Runs the command with this service on both sides, unless another one is given."""

    def run(*words, code=0, url=service, read=None):
        said = ["compare", "--to", service, "--with", url, "--data", str(shell.data), *words]
        result = CliRunner().invoke(cli.command(Builder), said, input=read)
        assert result.exit_code == code, result.output
        return result.output

    return run


def test_a_service_is_like_itself(compare):
    last = compare("--dialect", "akinon").splitlines()
    assert last == ["26 requests compared, 0 differences"]


def test_differences_are_lines_and_exit_code_1(compare, tmp_path, service):
    sample = tmp_path / "sample.jsonl"
    sample.write_text('{"method": "GET", "path": "/api/v1/profile/me"}\n')
    elsewhere = f"{service}/api/v4"
    said = compare("--sample", str(sample), "--ignore", "body", url=elsewhere, code=1).splitlines()
    assert said[0].split() == ["REQUEST", "PLACE", "OURS", "THEIRS"]
    assert said[1].split("  ")[:1] == ["GET /api/v1/profile/me (recorded)"]
    assert said[-1].startswith("1 requests compared, ")


def test_json_has_the_same(compare, tmp_path, service):
    sample = tmp_path / "sample.jsonl"
    sample.write_text(
        '{"method": "GET", "path": "/api/v1/profile/me"}\n'
        '{"method": "GET", "path": "/assets/a.js"}\n'
        '{"method": "POST", "path": "/api/v1/auth/login", "body": "<a/>"}\n'
    )
    words = ("--dialect", "akinon", "--sample", str(sample), "--json")
    said = json.loads(compare(*words, url=f"{service}/api/v4", code=1))
    assert {each["request"] for each in said["differences"]} == {
        "GET /api/v1/profile/me (recorded)"
    }
    assert {"place": "status", "ours": "401", "theirs": "404"}.items() <= next(
        each for each in said["differences"] if each["place"] == "status"
    ).items()
    assert said["compared"], said["elsewhere"] == (1, 1)
    assert said["left_out"] == ["sample.jsonl, line 3"]


def test_given_passwords_sign_in_and_are_not_shown(compare, tmp_path):
    people = tmp_path / "people.jsonl"
    people.write_text(
        '{"example": "Akinon", "username": "ada@example.com", "password": "correct horse"}\n'
        '{"example": "Akinon", "username": "ada@example.com", "password": "Zq7SecretMark"}\n'
    )
    said = compare("--dialect", "akinon", "--with-passwords", str(people))
    assert "not compared: POST /api/v1/auth/refresh-token (Akinon: refresh)" in said
    assert said.splitlines()[-1] == "32 requests compared, 0 differences"
    assert "Zq7SecretMark" not in said
    assert "ada@" not in said


@pytest.mark.parametrize(
    ("words", "url", "reason"),
    [
        ((), "ftp://Zq7", "--with: an address must be http"),
        (("--dialect", "none"), None, "--dialect must be one of akinon"),
        ((), "http://127.0.0.1:1", "does not answer: unreachable"),
    ],
)
def test_what_cannot_be_compared_is_exit_code_2(compare, service, words, url, reason):
    assert reason in compare(*words, url=url or service, code=2)


def test_no_password_goes_over_http_to_another_machine(compare, tmp_path):
    people = tmp_path / "people.jsonl"
    people.write_text('{"example": "Akinon", "username": "a", "password": "b"}\n')
    said = compare("--with-passwords", str(people), url="http://192.0.2.1", code=2)
    assert "is not https, so no password is sent there" in said


def test_a_path_of_the_sample_may_be_one_of_no_dialect(compare, tmp_path):
    sample = tmp_path / "sample.jsonl"
    sample.write_text(
        '{"method": "GET", "path": "/realms/shop/protocol/openid-connect/certs"}\n'
        '{"method": "GET", "path": "/realms/other"}\n'
        '{"method": "GET", "path": "/api/v1/profile/me"}\n'
    )
    said = compare("--sample", str(sample), "--path", "/realms/shop/").splitlines()
    assert said == [
        "not compared: 2 requests below other paths",
        "1 requests compared, 0 differences",
    ]


def test_a_sample_is_read_from_standard_input(compare):
    lines = '{"method": "GET", "path": "/api/v1/profile/me"}\n' * 3
    said = compare("--sample", "-", read=lines).splitlines()
    assert said == ["1 requests compared, 0 differences"]
    assert "standard input, line 2: the row is not JSON" in compare(
        "--sample", "-", read=f"{lines[:48]}Zq7", code=2
    )
