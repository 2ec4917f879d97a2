"""Who may go on without a sign-in: what a request demands, against the accounts of a browser.

OpenID Connect Core §3.1.2.1 and §3.1.2.3. Knows no page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reticket.core.commands import Asking, FindUser, Now
from reticket.core.people import User
from reticket.core.policy import SECOND
from reticket.dialects.oauth.errors import OAuthError
from reticket.dialects.oauth.inputs import Form
from reticket.dialects.oauth.pages.interaction import Interaction, Person
from reticket.dialects.oauth.pages.login_session import Account, keep_alive, signed_in_accounts
from reticket.oauth.lists import split_list
from reticket.oauth.provider import Provider
from reticket.oauth.requested_claims import LEVELS, preferred_class
from reticket.oauth.standard_claims import user_name_of
from reticket.oauth.terms import highest_level_of, level_of
from reticket.wire import WireRequest

NONE, LOGIN, CONSENT, SELECT_ACCOUNT = "none", "login", "consent", "select_account"
PROMPTS = frozenset({NONE, LOGIN, CONSENT, SELECT_ACCOUNT})
"""The values of `prompt`."""

SECONDS = re.compile(r"[0-9]{1,10}")
"""The values of `max_age`."""


@dataclass(frozen=True, slots=True)
class Demands:
    """What a request says about the sign-in. The default demands nothing.

    Args:
        prompts: the values of `prompt`.
        max_age: seconds since the person last authenticated, at most; None for any number.
        subject: the only person who may go on, or None.
        login_hint: a name of the person, or empty. `find_entry` looks it up.
        level: the place in `LEVELS` that the sign-in must have.
        wanted: the one that it has to have if the person can reach it.
    """

    prompts: frozenset[str] = frozenset()
    max_age: int | None = None
    subject: str | None = None
    login_hint: str = ""
    level: int = 0
    wanted: int = 0

    @property
    def limit_of_age(self) -> int | None:
        """`max_age`, which is 0 for `prompt=login`: only a sign-in for this request counts."""
        return 0 if LOGIN in self.prompts else self.max_age

    def expects(self, person: Person) -> bool:
        """Whether no other person is expected."""
        return self.subject in (None, person.subject)

    def admits(self, account: Account, now: int) -> bool:
        """Whether the person of an account may go on, at a time in milliseconds."""
        is_recent = _is_recent(account.person, self.max_age, now)
        return self.expects(account.person) and is_recent and self._is_strong(account)

    def _is_strong(self, account: Account) -> bool:
        """Whether no other sign-in is asked for. What is only wanted is asked for once: after a
        sign-in of the best kind the person goes on.
        """
        reached = min(self.wanted, highest_level_of(account.user))
        return level_of(account.person.amr) >= max(self.level, reached)


@dataclass(frozen=True, slots=True)
class Entry:
    """Who may go on. Without an account and without choices, the person has to sign in.

    Args:
        account: who goes on without a sign-in.
        choices: the accounts that the person chooses from.
    """

    account: Account | None = None
    choices: tuple[Account, ...] = ()


SIGN_IN_FIRST = Entry()


def demands_of(form: Form, subject: str | None, level: int = 0) -> Demands:
    """The demands of a valid authorization request.

    Args:
        form: the request.
        subject: of its `id_token_hint`, or None.
        level: the place in `LEVELS` of its essential `acr`. One that no sign-in has is no reason
            for a sign-in: it is refused when the person is known.
    """
    prompts = frozenset(split_list(form.get("prompt", "")))
    return Demands(
        prompts,
        int(form["max_age"]) if "max_age" in form else None,
        subject,
        form.get("login_hint", ""),
        level if level < len(LEVELS) else 0,
        0 if NONE in prompts else _wanted(form),
    )


def _wanted(form: Form) -> int:
    """The place in `LEVELS` of the voluntary `acr_values` (OpenID Connect Core §3.1.2.1)."""
    known = preferred_class(form.get("acr_values", ""))
    return LEVELS.index(known) if known else 0


def demands_of_interaction(interaction: Interaction) -> Demands:
    """What the request of an interaction still demands when the person chooses an account."""
    return Demands(
        max_age=interaction.max_age,
        subject=interaction.subject,
        level=interaction.level,
        wanted=interaction.wanted,
    )


def find_entry(request: WireRequest, provider: Provider, demands: Demands) -> Asking[Entry]:
    """Who may go on in this browser. The use of a login session is counted.

    Raises:
        OAuthError: `login_required` or `account_selection_required`, when the person must not be
            asked.
    """
    if LOGIN in demands.prompts:
        return SIGN_IN_FIRST
    accounts = yield from expected_accounts(request, provider, demands)
    now: int = yield from Now()
    fitting = tuple(each for each in accounts if demands.admits(each, now))
    if NONE in demands.prompts:
        _expect_one(fitting)
    if SELECT_ACCOUNT in demands.prompts or len(fitting) > 1:
        return Entry(choices=fitting)
    for account in fitting:
        if (yield from keep_alive(account, provider)):
            return Entry(account)
    if NONE in demands.prompts:
        _expect_one(())
    return SIGN_IN_FIRST


def expected_accounts(
    request: WireRequest, provider: Provider, demands: Demands
) -> Asking[tuple[Account, ...]]:
    """The signed-in accounts of whom the request can mean, whenever and however they signed in."""
    signed_in = yield from signed_in_accounts(request, provider)
    accounts = yield from _hinted(signed_in, demands.login_hint)
    return tuple(each for each in accounts if demands.expects(each.person))


def other_choices(
    request: WireRequest, provider: Provider, demands: Demands, person: Person
) -> Asking[Entry]:
    """The accounts that may take the place of a person."""
    accounts = yield from signed_in_accounts(request, provider)
    now: int = yield from Now()
    return Entry(
        choices=tuple(
            account
            for account in accounts
            if demands.admits(account, now) and account.person.subject != person.subject
        )
    )


def _hinted(accounts: tuple[Account, ...], name: str) -> Asking[tuple[Account, ...]]:
    """The accounts of the person with that e-mail address, compared as a sign-in compares it, or
    with that `preferred_username`; all of them without a name.
    """
    if not name or not accounts:
        return accounts
    found: User | None = yield from FindUser(name)
    subject = found.id if found else None
    return tuple(
        each for each in accounts if each.user.id == subject or user_name_of(each.user) == name
    )


def _is_recent(person: Person, max_age: int | None, now: int) -> bool:
    """Whether the person has authenticated within `max_age` seconds; never within 0."""
    return max_age is None or (max_age > 0 and now // SECOND - person.auth_time <= max_age)


def _expect_one(accounts: tuple[Account, ...]) -> None:
    if not accounts:
        raise OAuthError("login_required", "Nobody who may go on is signed in.")
    if len(accounts) > 1:
        sentence = "Several people who may go on are signed in: send id_token_hint or login_hint."
        raise OAuthError("account_selection_required", sentence)
