"""People of a realm: at the shell, in directory files, and by the commands of dialects."""

from __future__ import annotations

from contextlib import closing

import pytest
from tests.cli.conftest import SEED

from reticket.core.commands import (
    BeginSession,
    ChangePassword,
    FindUser,
    FindUserById,
    FindUserByNumber,
    FindUserByShortId,
    IssueResetCode,
    ReadAccess,
    RedeemResetCode,
    Refresh,
    SetPassword,
    SignIn,
    SignUp,
)
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.model import Place
from reticket.core.people import NewPerson
from reticket.core.policy import BROWSER_2026
from reticket.core.realms import Realms, SignInName
from reticket.core.storage.budget import of_client
from reticket.core.tokens.kinds import TokenKind
from reticket.dialects import akinon
from reticket.runtime.opening import Builder

SHOPPERS = Realms("sample.shopper", "shoppers of a tenant", Place.TENANT)
SHOP, OTHER = SHOPPERS.of(1000), SHOPPERS.of(1001)
KIND = TokenKind("sample.shopper", BROWSER_2026, registers_clients=False, realms=SHOPPERS)
BOB, PASSWORD, ANOTHER = "bob@example.com", "a good password", "another password"
USUAL_KIND = "oauth.user"


@pytest.fixture(autouse=True)
def sample(monkeypatch):
    """A dialect with people of its own, and with a token kind for them."""
    build = akinon.build

    def with_shoppers(*options):
        made = build(*options)
        made.realms, made.kinds = (SHOPPERS,), (*made.kinds, KIND)
        return made

    monkeypatch.setattr(akinon, "build", with_shoppers)


def add(shell, *words, realm=SHOP, email=BOB):
    said = ("user", "add", email, "--password-stdin", "--realm", realm, *words)
    return shell.run(*said, said=f"{PASSWORD}\n").strip()


def test_a_person_of_a_realm_is_added_listed_changed_and_removed(shell):
    bob = add(shell, "--user-name", "bobby")
    other = add(shell, "--number", "1042", realm=OTHER)
    rows = {row["id"]: row for row in shell.rows("user", "list")}
    assert (rows[bob]["realm"], rows[bob]["user_name"], rows[bob]["number"]) == (SHOP, "bobby", 1)
    assert rows[other]["number"] == 1042
    assert [row["id"] for row in shell.rows("user", "list", "--realm", SHOP)] == [bob]
    assert {row["realm"] for row in shell.rows("user", "list", "--realm", "")} == {""}
    shell.run("user", "disable", f"{SHOP}/{BOB}")
    shell.run("user", "disable", other)
    assert all(row["disabled"] for row in shell.rows("user", "list") if row["realm"])
    shell.run("user", "delete", f"{SHOP}/bobby")
    assert shell.rows("user", "list", "--realm", SHOP) == []
    assert "there is no user" in shell.run("user", "delete", BOB, ok=False)


@pytest.mark.parametrize(
    ("realm", "words"),
    [
        ("nonsense", "sample.shopper:TENANT (shoppers of a tenant)"),
        ("sample.shopper", "is no realm"),
        ("sample.shopper:7", "there is no tenant 7"),
    ],
)
def test_a_realm_that_cannot_be_is_refused_with_the_reason(shell, realm, words):
    said = ("user", "add", BOB, "--password-stdin", "--realm", realm)
    output = " ".join(shell.run(*said, said=f"{PASSWORD}\n", ok=False).split())
    assert words in output


def test_a_tenant_whose_realm_has_people_is_not_removed(shell):
    bob = add(shell)
    output = " ".join(shell.run("tenant", "remove", "1000", ok=False).split())
    assert f"the realm {SHOP} has people" in output
    shell.run("user", "delete", bob)
    shell.run("tenant", "remove", "1000")


def test_a_directory_file_has_people_of_realms(shell, tmp_path):
    entry = "  - {{email: {email}, password: {password}, realm: '{realm}', {more}}}\n"
    said = {"email": BOB, "password": PASSWORD}
    people = entry.format(**said, realm=SHOP, more="user_name: bobby, number: 7")
    people += entry.format(**said, realm=OTHER, more="first_name: Bob")
    file = tmp_path / "more.yaml"
    file.write_text(SEED + people)
    for _ in range(2):
        shell.run("seed", str(file))
        rows = [row for row in shell.rows("user", "list") if row["realm"]]
        assert sorted((row["realm"], row["user_name"], row["number"]) for row in rows) == [
            (SHOP, "bobby", 7),
            (OTHER, None, 1),
        ]
    file.write_text(SEED + people + entry.format(**said, realm=SHOP, more="number: 9"))
    assert "as one before it has" in shell.run("seed", str(file), ok=False)
    file.write_text(SEED + entry.format(**said, realm="elsewhere", more="number: 9"))
    output = " ".join(shell.run("seed", str(file), ok=False).split())
    assert "'elsewhere' is no realm" in output
    assert "line" in output


class Service:
    """Performs commands, each in a service of its own."""

    def __init__(self, shell):
        self.shell = shell

    def __call__(self, command):
        def operation():
            return (yield from command)

        builder = Builder()
        with closing(self.shell.instance()) as instance:
            return builder.perform(instance, operation())

    def cause_of(self, command):
        with pytest.raises(Refusal) as refused:
            self(command)
        return refused.value.code, refused.value.cause

    def events(self):
        return (self.shell.data / "audit.jsonl").read_text()


@pytest.fixture
def ask(shell):
    return Service(shell)


UNKNOWN = (Code.INVALID_CREDENTIALS, Cause.UNKNOWN_SUBJECT)


def test_somebody_signs_up_signs_in_and_gets_tokens_of_that_realm_alone(ask):
    bob = ask(SignUp(KIND.name, SHOP, NewPerson(BOB, "bobby"), PASSWORD))
    assert (bob.realm, bob.number) == (SHOP, 1)
    for name in (BOB, "BOBBY"):
        assert ask(SignIn(KIND.name, name, PASSWORD, realm=SHOP)).id == bob.id
        for realm in ("", OTHER, "nonsense"):
            assert ask.cause_of(SignIn(USUAL_KIND, name, PASSWORD, realm=realm)) == UNKNOWN
    issued = ask(BeginSession(KIND.name, bob))
    refreshed = ask(Refresh(KIND.name, issued.refresh_token))
    assert ask(ReadAccess((KIND.name,), refreshed.access_token))[1].id == bob.id
    begin = BeginSession("akinon.user", bob)
    assert ask.cause_of(begin) == (Code.INVALID_CREDENTIALS, Cause.SUBJECT_GONE)
    ada = ask(FindUser("ada@example.com"))
    assert ask.cause_of(BeginSession(KIND.name, ada))[0] is Code.INVALID_CREDENTIALS
    assert '"signed_up"' in ask.events()
    assert PASSWORD not in ask.events()


@pytest.mark.parametrize(
    ("through", "place"), [(None, ""), (of_client("app.one"), f"client:{SHOP}:app.one")]
)
def test_whoever_signs_up_or_chooses_a_new_password_is_known_there(ask, through, place):
    """Otherwise guesses at other names in a shop's form would shut its new people out."""
    by = {"through": through}

    def is_known():
        with closing(ask.shell.instance()) as instance:
            return instance.directory.recognise([(SignInName(SHOP, BOB), place)])[0].known

    person, name = NewPerson(BOB), SignInName(SHOP, BOB)
    bob = ask(SignUp(KIND.name, SHOP, person, PASSWORD, **by))
    assert is_known()
    bob = ask(ChangePassword(KIND.name, bob, PASSWORD, ANOTHER, **by))
    assert is_known()
    ask(SetPassword(KIND.name, bob, PASSWORD))
    assert not is_known()
    ask(RedeemResetCode(KIND.name, name, ask(IssueResetCode(KIND.name, name)).code, ANOTHER, **by))
    assert is_known()


def test_look_ups_find_nobody_of_another_realm(ask):
    bob = ask(SignUp(KIND.name, SHOP, NewPerson(BOB), PASSWORD))
    assert ask(FindUser(BOB)) is None
    assert ask(FindUserById(bob.id)) is None
    assert ask(FindUserByShortId(bob.short_id)) is None
    assert ask(FindUserById(bob.id, OTHER)) is None
    assert ask(FindUserByNumber(OTHER, bob.number)) is None
    found = (FindUser(BOB, SHOP), FindUserById(bob.id, SHOP), FindUserByNumber(SHOP, bob.number))
    assert {ask(look_up).id for look_up in found} == {bob.id}


@pytest.mark.parametrize(
    ("person", "password", "parameter"),
    [
        (NewPerson("bob"), PASSWORD, "email"),
        (NewPerson(BOB, " "), PASSWORD, "user_name"),
        (NewPerson(BOB), "seven77", "password"),
        (NewPerson(BOB), "x" * 1025, "password"),
        (NewPerson(BOB), BOB.upper(), "password"),
    ],
)
def test_a_sign_up_that_cannot_be_is_refused_with_its_member(ask, person, password, parameter):
    with pytest.raises(Refusal) as refused:
        ask(SignUp(KIND.name, SHOP, person, password))
    assert refused.value.code is Code.INVALID_PARAMETER
    assert refused.value.parameter == parameter


def test_one_owner_signs_up_so_many_people_in_an_hour(ask):
    def sign_up(number, owner=None):
        person = NewPerson(f"{number}@example.com")
        return SignUp(KIND.name, SHOP, person, PASSWORD, most=2, owner=owner)

    for number in range(2):
        ask(sign_up(number))
    assert ask.cause_of(sign_up(2)) == (Code.TOO_MANY_ATTEMPTS, Cause.LIMITED)
    ask(sign_up(3, of_client("app.one")))


def test_a_changed_password_ends_all_sessions(ask):
    bob = ask(SignUp(KIND.name, SHOP, NewPerson(BOB), PASSWORD))
    issued = ask(BeginSession(KIND.name, bob))
    wrong = ChangePassword(KIND.name, bob, "not that one", ANOTHER)
    assert ask.cause_of(wrong) == (Code.INVALID_CREDENTIALS, Cause.WRONG_SECRET)
    assert ask(Refresh(KIND.name, issued.refresh_token))
    changed = ask(ChangePassword(KIND.name, bob, PASSWORD, ANOTHER))
    assert changed.credential_version == bob.credential_version + 1
    refresh = Refresh(KIND.name, issued.refresh_token)
    assert ask.cause_of(refresh) == (Code.INVALID_TOKEN, Cause.REVOKED)
    assert ask(SignIn(KIND.name, BOB, ANOTHER, realm=SHOP)).id == bob.id
    assert '"password_changed"' in ask.events()


def test_a_password_is_set_without_the_old_one(ask):
    bob = ask(SignUp(KIND.name, SHOP, NewPerson(BOB), PASSWORD))
    ask(SetPassword(KIND.name, bob, ANOTHER))
    assert ask(SignIn(KIND.name, BOB, ANOTHER, realm=SHOP)).id == bob.id
    assert '"password_set"' in ask.events()


def test_a_forgotten_password_is_replaced_by_a_code(ask):
    bob, name = ask(SignUp(KIND.name, SHOP, NewPerson(BOB), PASSWORD)), SignInName(SHOP, BOB)
    issued = ask(BeginSession(KIND.name, bob))
    code = ask(IssueResetCode(KIND.name, name)).code
    for elsewhere in (SignInName("", BOB), SignInName(OTHER, BOB)):
        assert ask(IssueResetCode(KIND.name, elsewhere)) is None
    assert ask(RedeemResetCode(KIND.name, name, code, ANOTHER)).id == bob.id
    again = RedeemResetCode(KIND.name, name, code, PASSWORD)
    assert ask.cause_of(again) == (Code.INVALID_CREDENTIALS, Cause.WRONG_CODE)
    refresh = Refresh(KIND.name, issued.refresh_token)
    assert ask.cause_of(refresh) == (Code.INVALID_TOKEN, Cause.REVOKED)
    assert ask(SignIn(KIND.name, BOB, ANOTHER, realm=SHOP)).id == bob.id
    assert code not in ask.events()
    assert '"password_reset"' in ask.events()


def test_one_owner_asks_for_so_many_codes_in_an_hour(ask):
    asked = IssueResetCode(KIND.name, SignInName(SHOP, "nobody@example.com"), most=1)
    assert ask(asked) is None
    assert ask.cause_of(asked) == (Code.TOO_MANY_ATTEMPTS, Cause.LIMITED)
