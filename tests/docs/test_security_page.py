"""The page on security has every limit with its value, and names existing tests."""

import importlib
import pkgutil
import re
from dataclasses import fields
from pathlib import Path

import pytest
from tests.docs import tables

from reticket import dialects, wire
from reticket.adoption import keys, reader
from reticket.core import logouts, messenger, people
from reticket.core.access import new_passwords, reset_codes, second_factor
from reticket.core.commands import passwords
from reticket.core.fetching.model import FetchFault
from reticket.core.tokens import faces as tokens
from reticket.crypto.hashes import bounds
from reticket.crypto.hashes.algorithms import phpass
from reticket.dialects.cloudreve import inputs as cloudreve
from reticket.dialects.kibo import fields as fields_of_kibo
from reticket.dialects.oauth import backchannel_logout, inputs
from reticket.dialects.oauth.endpoints import (
    account,
    assertion,
    client_keys,
    device,
    request_object,
)
from reticket.dialects.oauth.grants import codes
from reticket.dialects.oauth.pages import interaction, login_session
from reticket.directory import forms
from reticket.fetching import answer, exchange
from reticket.http import assets, metrics_listener, server
from reticket.http.connection import limits, load
from reticket.http.connection import request_memory as room
from reticket.moving.sessions import adopting
from reticket.oauth import actors, client_metadata, requested_claims
from reticket.settings.catalogue import reference

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text()
ASVS = (ROOT / "docs" / "asvs.md").read_text()

LIMITING = (
    "body_limit", "connections.", "ephemeral.", "sign_in.", "hashing.", "audit.", "fetch.per_"
)  # fmt: skip
NO_LIMITS = {"audit.rotate_age"}

LINES = {
    "2.4": 2, "3.1": 1, "3.2": 3, "3.3": 5, "3.4": 8, "3.5": 8, "3.6": 1, "3.7": 5, "4.2": 5,
    "6.1": 3, "6.2": 12, "6.3": 8, "6.4": 6, "6.5": 8, "6.6": 4, "6.7": 2,
    "6.8": 4, "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 3, "7.6": 2, "9.1": 3, "9.2": 4,
    "10.4": 16, "10.6": 2, "10.7": 3, "11.1": 4, "11.2": 5, "11.3": 5, "11.4": 4, "11.5": 2,
    "11.6": 2, "11.7": 2, "12.1": 5, "12.2": 2, "12.3": 5, "13.1": 4, "13.2": 6, "13.3": 4,
    "13.4": 7, "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 4,
}  # fmt: skip
"""How many lines each part of ASVS 5.0.0 has."""


def rows(page, first):
    return [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in page.splitlines()
        if re.match(first, line)
    ]


def numbers_of_dialects():
    """The options of dialects that are whole numbers, with their defaults."""
    for module in pkgutil.iter_modules(dialects.__path__):
        options = importlib.import_module(f"{dialects.__name__}.{module.name}").Options
        for field in fields(options):
            if type(field.default) is int:
                yield f"dialects.{module.name}.{field.name}", str(field.default)


def test_every_limit_is_on_the_page_with_its_default():
    told = {key.strip("`"): default for key, default, _ in tables.tables(PAGE)["Limits"]}
    of_dialects = dict(numbers_of_dialects())
    known = {entry.key: entry.default for entry in reference()} | of_dialects
    limited = {key for key in known if key.startswith(LIMITING)} - NO_LIMITS
    assert limited - told.keys() == set()
    assert told == {key: known[key] for key in told}


FIXED = {
    "clients that are remembered for the [log-outs](log-out.md) of one person, in all sessions": (
        logouts.MOST_OF_PERSON
    ),
    "clients that are told of log-outs at the same time, by each process": (
        backchannel_logout.AT_ONCE
    ),
    "messages to people that wait for the [mailer](messages.md), in each process": (
        messenger.MOST_WAITING
    ),
    "attempts to deliver a message": len(messenger.PAUSES),
    "attempts to tell a client of a log-out": logouts.MOST_ATTEMPTS,
    "seconds of a logout token": backchannel_logout.LIFETIME,
    "MiB of memory that a hash of another system may take": bounds.MOST_MEMORY // 2**20,
    "MiB of argon2, by its passes": bounds.MOST_ARGON2_WORK // 2**20,
    "N · r · p of scrypt": bounds.MOST_SCRYPT_WORK,
    "iterations of PBKDF2, by the blocks of its digest": bounds.MOST_PBKDF2_WORK,
    "cost of bcrypt": bounds.MOST_BCRYPT_COST,
    "cost of phpass": bounds.MOST_PHPASS_COST,
    "bytes of a password that phpass reads": phpass.LONGEST_SECRET,
    "bytes of a form or a query": wire.LONGEST_FORM,
    "parameters of a form or a query": wire.MOST_PAIRS,
    "percent signs of a form or a query": wire.MOST_ESCAPES,
    "characters of one OAuth parameter, with all its values": inputs.MAX_VALUE_LENGTH,
    "commas of a JSON body": wire.MOST_COMMAS,
    "headers of a request": limits.MOST_HEADERS,
    f"chunks of a body that have fewer than {limits.SMALL_CHUNK} bytes": limits.MOST_SMALL,
    "bytes of the line before a chunk": limits.CHUNK_LINE,
    "characters of a password at Cloudreve": cloudreve.LONGEST_PASSWORD,
    "characters of Kibo's `responseFields`": fields_of_kibo.LONGEST,
    "active adoptions of one kind of tokens": reader.MOST_OF_KIND,
    "days of an adoption": adopting.MOST_DAYS,
    "fewest bytes of another system's secret": keys.SHORTEST_SECRET,
    "bytes of a refresh token": tokens.LONGEST,
    "bytes of a JWT": tokens.LONGEST_JWT,
    "bytes of the parameter `claims`": requested_claims.LONGEST,
    "seconds of a request to another server in all": exchange.TIMEOUT,
    "bytes of an answer of another server": answer.LONGEST_BODY,
    "bytes of the metadata of a client that nobody vouches for": client_metadata.LONGEST_METADATA,
    "clients that a token names in `act`": actors.MOST_ACTORS,
    "seconds for a code": codes.CODE_LIFETIME,
    "seconds of a client's assertion": assertion.MAX_LIFETIME,
    "keys of a client by which one signature is tried": client_keys.MOST_TRIED,
    "seconds from `nbf` to `exp` of a request object, with a FAPI preset": (
        request_object.LONGEST_FAPI
    ),
    "addresses of request objects of a client that registers itself": client_metadata.MOST_URIS,
    "wrong device codes that one network types in ten minutes": device.MAX_WRONG_CODES,
    "sign-in pages that one network opens in ten minutes": interaction.MAX_INTERACTIONS,
    "seconds since the password was typed, when a person opens the page of the account": (
        account.MAX_SIGN_IN_AGE
    ),
    "sessions on the page of the account": account.MAX_SESSIONS,
    "accounts that are signed in in one browser": login_session.MAX_ACCOUNTS,
    "characters of a first or a last name of somebody who signs up": forms.LONGEST_NAME,
    "fewest characters of a password that a person chooses": new_passwords.SHORTEST,
    "characters of a password that a person chooses": new_passwords.LONGEST,
    "people whom one network signs up in a realm in an hour": passwords.SIGN_UPS,
    "reset codes for which one network asks in an hour": passwords.RESETS,
    "reset codes of one person in an hour": reset_codes.CODES,
    "seconds of a reset code": passwords.RESET_LIFETIME,
    "wrong codes in one sign-in": second_factor.FACTOR_TRIES,
    "wrong codes of one person in a row": people.MOST_FAILURES,
    "bytes of each connection that `connections.body_room` does not count": room.FREE,
    "bytes of answers that the system keeps for a connection": server.SEND_BUFFER,
    "bytes of requests that the system keeps for a connection": server.RECEIVE_BUFFER,
    "bytes of a long page or file that wait for a client to read": assets.PIECE,
    "seconds before a busy worker reads a connection again after refused requests": (
        load.LONGEST_PAUSE
    ),
    "connections to `metrics_listen`, of each worker": metrics_listener.MOST,
}


def test_every_fault_of_another_server_is_on_the_page():
    assert [fault.strip("`") for fault, _ in tables.tables(PAGE)["Other servers"]] == [*FetchFault]


def test_limits_without_a_setting_are_on_the_page():
    told = tables.tables(PAGE)["Limits without a setting"]
    assert {what: limit for what, limit, _ in told} == {
        what: str(limit) for what, limit in FIXED.items()
    }


def test_every_requirement_of_the_standard_is_answered_once():
    told = [line for line, *_ in rows(ASVS, r"\| [0-9]+\.[0-9]+\.[0-9]+ \|")]
    assert told == [
        f"{part}.{number + 1}" for part, count in LINES.items() for number in range(count)
    ]


@pytest.mark.parametrize("row", rows(ASVS, r"\| [0-9]+\.[0-9]+\.[0-9]+ \|"), ids=lambda row: row[0])
def test_an_answer_names_an_existing_test_or_a_reason(row):
    _, state, how, test = row
    assert state in {"held", "operator", "design", "no", "n/a"}
    assert how
    assert test or state != "held"
    for named in filter(None, test.split(", ")):
        name, _, function = named.strip("`").partition("::")
        file = ROOT / "tests" / name
        assert file.is_file(), name
        assert not function or f"def {function}(" in file.read_text(), named
