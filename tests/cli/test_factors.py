"""Second factors at the shell."""

import json
import time

import pytest
from tests.cli.test_commands import ADA
from tests.pages.people import one_time_password

KEY = "JBSWY3DPEHPK3PXP"


def standing(shell):
    return shell.rows("user", "factor", "show", ADA)[0]


def events(shell):
    lines = map(json.loads, (shell.data / "audit.jsonl").read_text().splitlines())
    return [
        line["event"] for line in lines if "factor" in line["event"] or "codes" in line["event"]
    ]


def set_key(shell):
    return shell.run("user", "factor", "set", ADA, "--key-stdin", said=f"{KEY.lower()}\n")


def test_a_factor_is_set_with_an_existing_key(shell):
    output = set_key(shell)
    assert len([line for line in output.splitlines() if line.count("-") == 3]) == 10
    assert standing(shell) == {
        "active": True, "pending": False, "locked": False, "failures": 0, "recovery_codes": 10,
        "missing": False,
    }  # fmt: skip
    instance = shell.instance()
    user = instance.directory.user_by_email(ADA)
    assert user.second_factor
    assert instance.directory.factors.factor(user.id).secret == b"Hello!\xde\xad\xbe\xef"
    instance.close()
    assert events(shell) == ["factor_set"]
    assert KEY not in output


def test_a_new_key_is_shown_and_its_first_code_is_requested(shell, monkeypatch):
    typed = []

    def prompt(words):
        instance = shell.instance()
        row = instance.directory.enrolments.standing(ADA)
        instance.close()
        typed.append((words, row.pending, row.active))
        return "wrong" if len(typed) == 1 else one_time_password(shown["key"], int(time.time()))

    shown = {}
    echo = __import__("click").echo

    def note(line="", **more):
        name, _, value = str(line).partition("  ")
        shown[name] = value
        echo(line, **more)

    monkeypatch.setattr("reticket.cli.factor.click.prompt", prompt)
    monkeypatch.setattr("reticket.cli.factor.click.echo", note)
    output = shell.run("user", "factor", "set", ADA)
    assert typed == [("Code that the app shows", True, False)] * 2
    assert f"secret={shown['key']}" in shown["uri"]
    assert "the code is not the one that this key has now" in output
    assert standing(shell)["active"]


def test_a_key_is_not_used_before_a_correct_code(shell):
    output = shell.run("user", "factor", "set", ADA, said="1\n2\n3\n", ok=False)
    assert output.splitlines()[-1] == "Error: the code is not the one that this key has now"
    assert not standing(shell)["active"]
    assert events(shell) == ["factor_begun"]


def test_codes_are_renewed_and_the_factor_unlocked_and_removed(shell):
    set_key(shell)
    instance = shell.instance()
    user = instance.directory.user_by_email(ADA)
    for _ in range(100):
        instance.directory.factors.fail(user.id)
    instance.close()
    assert standing(shell)["locked"]
    assert "warning  second factors: 1 of them locked" in shell.run("doctor")
    assert shell.rows("user", "list")[0]["factor_locked"]
    shell.run("user", "factor", "unlock", ADA)
    assert not standing(shell)["locked"]
    shell.run("user", "factor", "recovery-codes", ADA)
    shell.run("user", "factor", "remove", ADA)
    assert not standing(shell)["active"]
    assert not shell.rows("user", "list")[0]["second_factor"]
    told = ["factor_set", "factor_unlocked", "recovery_codes_renewed", "factor_removed"]
    assert events(shell) == told


@pytest.mark.parametrize(
    ("words", "said", "sentence"),
    [
        (["set", ADA, "--key-stdin"], "not base32!\n", "the key on standard input is not base32"),
        (["set", ADA, "--key-stdin"], "", "the key on standard input is not base32"),
        (["unlock", ADA], None, "the person has no second factor"),
        (["recovery-codes", ADA], None, "the person has no second factor"),
        (["remove", "nobody@x"], None, "there is no user 'nobody@x'"),
    ],
)
def test_mistakes_get_one_sentence(shell, words, said, sentence):
    output = shell.run("user", "factor", *words, said=said, ok=False)
    assert output.splitlines() == [f"Error: {sentence}"]
