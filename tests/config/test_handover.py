"""The table `[dialects.NAME.handover]`: what it accepts, and what is wrong with others."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from reticket.core.errors import SettingError
from reticket.core.handover import Confirmed
from reticket.directory.marks import HANDOVER
from reticket.runtime.handovers import handovers_of, is_any_set, ways
from reticket.runtime.opening import Builder
from reticket.settings import Settings, loading
from reticket.settings.handovers import handover_of

SECRET = "whsec_" + "A" * 43 + "="
URL = 'url = "https://old.example.com"\n'
VENDOR = f'by = "vendor"\n{URL}'
ADDRESS = "an https:// URL, or an ldaps:// URL without a path"
LDAP = 'by = "ldap"\nurl = "ldaps://old.example.com"\n'
ACME = 'part = { name = "Acme" }\n'
WHO = Confirmed("bob@example.com", "Bob", None, "bobby")


@pytest.fixture
def said(toml: Callable[[str], Path], tmp_path: Path) -> Callable[..., Settings]:
    """Settings with this table for a dialect; FILE in it is a file with a secret."""
    secret = tmp_path / "secret"
    secret.write_text(SECRET)

    def load(text: str, dialect: str = "akinon") -> Settings:
        table = text.replace("FILE", str(secret))
        return loading.load(toml(f"[dialects.{dialect}.handover]\n{table}"))

    return load


def handovers(settings: Settings):
    return handovers_of(settings, Builder().dialects(settings), lambda: 0)


def test_without_a_table_nothing_is_handed_over() -> None:
    settings = loading.load()
    assert not is_any_set(settings)
    assert handovers(settings) == {}


def test_a_table_has_defaults(said) -> None:
    settings = said(VENDOR + ACME)
    table = handover_of(settings, "akinon")
    assert (table.timeout, table.failures, table.pause, table.keeps_unknown) == (5.0, 5, 30, True)
    assert is_any_set(settings)
    handover = handovers(settings)["akinon"]
    assert (handover.way, handover.failures, handover.pause) == ("vendor", 5, 30)


@pytest.mark.parametrize(
    ("text", "of_each"),
    [
        (f'by = "webhook"\nsecret_file = "FILE"\n{URL}{ACME}', 4.0),
        (VENDOR + ACME, 2.0),
        (f'{LDAP}base = "dc=example"\n{ACME}', 4.0),
    ],
    ids=["webhook", "vendor with two requests", "ldap"],
)
def test_a_whole_question_takes_the_time_of_the_table(said, monkeypatch, text, of_each) -> None:
    times: list[float] = []
    monkeypatch.setattr(ways, "exchange_of", lambda settings, timeout: times.append(timeout))
    monkeypatch.setattr(ways, "SafeTalk", lambda url, reach, seconds, time: times.append(time))
    handovers(said(f"timeout = 4\n{text}"))
    assert times == [of_each]


def test_a_table_comes_from_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    prefix = "RETICKET_DIALECTS__CLOUDREVE__HANDOVER__"
    monkeypatch.setenv(f"{prefix}BY", "vendor")
    monkeypatch.setenv(f"{prefix}URL", "https://old.example.com/api/v4")
    monkeypatch.setenv(f"{prefix}PAUSE", "60")
    monkeypatch.setenv(f"{prefix}PART__GROUP__NAME", "User")
    handover = handovers(loading.load())["cloudreve"]
    assert handover.pause == 60
    assert handover.parts(WHO)["cloudreve"] == {"nickname": "bobby", "group": {"name": "User"}}


def test_a_table_marks_the_directory_once_and_for_all(said, tmp_path: Path) -> None:
    for settings in (said(VENDOR + ACME), loading.load()):
        here = settings.model_copy(
            update={
                "data": tmp_path / "data",
                "directory": f"sqlite:///{tmp_path}/data/directory.sqlite",
                "sessions": "memory:",
                "audit_file": tmp_path / "data" / "audit.jsonl",
            }
        )
        with closing(Builder().open(here)) as instance:
            assert instance.directory.marks.has(HANDOVER)


def test_the_table_of_a_dialect_that_is_off_counts_for_former_names_alone(toml) -> None:
    file = toml(f"[dialects.kibo]\nenabled = false\n[dialects.kibo.handover]\n{VENDOR}")
    settings = loading.load(file)
    assert is_any_set(settings)
    assert handovers(settings) == {}


@pytest.mark.parametrize(
    ("dialect", "text", "keys"),
    [
        ("akinon", ACME, {"organization", "claims"}),
        ("akinon", "keeps_unknown = false", {"claims"}),
        ("cloudreve", 'part = { group = { name = "User" } }', {"cloudreve", "claims"}),
        ("kibo", "secret_file = 'FILE'", {"claims"}),
    ],
)
def test_a_new_person_gets_the_part_of_the_table_and_an_unverified_address(
    said, dialect: str, text: str, keys: set[str]
) -> None:
    parts = handovers(said(VENDOR + text, dialect))[dialect].parts(WHO)
    assert parts.keys() == keys
    assert parts["claims"] == {"email_verified": False}


def test_an_operator_may_vouch_for_addresses(said) -> None:
    text = f'by = "webhook"\n{URL}secret_file = "FILE"\npart = {{ email_verified = true }}'
    assert handovers(said(text, "oauth"))["oauth"].parts(WHO) == {
        "claims": {"email_verified": True}
    }


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (URL, "dialects.akinon.handover.by must be webhook, ldap or vendor"),
        (
            'by = "vendor"',
            f"dialects.akinon.handover.url must be {ADDRESS}",
        ),
        (
            'by = "vendor"\nurl = "http://old.example.com"',
            f"dialects.akinon.handover.url must be {ADDRESS}",
        ),
        (
            f'by = "webhook"\n{URL}',
            "dialects.akinon.handover: secret_file must be set where by is webhook",
        ),
        (
            f"{VENDOR}secret_file = '/nowhere'",
            "dialects.akinon.handover.secret_file must be the path of a file that exists",
        ),
        (
            'by = "ldap"\nurl = "https://old.example.com"',
            "dialects.akinon.handover: url must begin with ldaps:// where by is ldap",
        ),
        (
            'by = "vendor"\nurl = "ldaps://old.example.com"',
            "dialects.akinon.handover: url must begin with https:// where by is vendor",
        ),
        (LDAP, "dialects.akinon.handover: base must be set where by is ldap"),
        (
            f"{LDAP}bind_dn = 'cn=a'\nbase = 'dc=b'",
            "dialects.akinon.handover: bind_dn and secret_file must be set together where by is "
            "ldap",
        ),
        (
            f"{LDAP}base = 'dc=b'\nfilter = '(mail=*)'",
            "dialects.akinon.handover: filter must contain {name}",
        ),
        (
            f"{LDAP}base = 'dc=b'\nfilter = '(mail={{name}}'",
            "dialects.akinon.handover.filter must be a filter of RFC 4515: a filter ends with a "
            "parenthesis",
        ),
        (
            f"{VENDOR}timeout = 11",
            "dialects.akinon.handover.timeout must be seconds, more than 0 and at most 10",
        ),
        (
            f"{VENDOR}pauze = 9",
            "dialects.akinon.handover.pauze is not a setting; did you mean "
            "dialects.akinon.handover.pause?",
        ),
        (VENDOR, "dialects.akinon.handover.part: organization needs the key name"),
        (
            f"{VENDOR}part = {{ name = 1 }}",
            "dialects.akinon.handover.part: organization.name must be text, in quotes if it looks "
            "like something else",
        ),
    ],
)
def test_a_fault_is_one_sentence(said, text: str, sentence: str) -> None:
    with pytest.raises(SettingError) as refused:
        handovers(said(text))
    assert str(refused.value).rstrip(".") == sentence


@pytest.mark.parametrize(
    ("dialect", "text", "sentence"),
    [
        (
            "oauth",
            VENDOR,
            "dialects.oauth.handover.by must be webhook or ldap: oauth has no such route",
        ),
        (
            "kibo",
            VENDOR,
            "dialects.kibo.handover.secret_file must be set, with the id of an application, a "
            "colon and its shared secret",
        ),
        (
            "kibo",
            f"{VENDOR}secret_file = 'FILE'\npart = {{ tenants = [1000] }}",
            "dialects.kibo.handover.part must be left out: kibo keeps no such part",
        ),
    ],
)
def test_a_table_must_fit_its_dialect(said, dialect: str, text: str, sentence: str) -> None:
    with pytest.raises(SettingError) as refused:
        handovers(said(text, dialect))
    assert str(refused.value) == sentence


def test_a_secret_of_another_form_stops_the_start_and_is_not_shown(said, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hunter2")
    with pytest.raises(SettingError) as refused:
        handovers(said(f'by = "webhook"\n{URL}secret_file = "FILE"\n{ACME}'))
    assert "secret_file is not whsec_ and the base64" in str(refused.value)
    assert "hunter2" not in str(refused.value)
