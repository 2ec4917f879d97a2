"""Users: the verbs that create, change and list them. `who` is a user's id or e-mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, false, func, insert, select, update

from reticket.core.errors import Cause, wrong
from reticket.core.model import Selection
from reticket.core.people import MOST_FAILURES, NO_PASSWORD, NewPerson
from reticket.core.ports import Clock, Entropy
from reticket.core.realms import USUAL, SignInName
from reticket.directory import identifiers
from reticket.directory.drafts import UserChange, UserDraft
from reticket.directory.engines.database import Database
from reticket.directory.errors import Invalid, NameTaken
from reticket.directory.forms import (
    LONGEST_NAME,
    check_email,
    check_texts,
    check_user_name,
    checked_groups,
    checked_roles,
    folded,
    is_email,
    is_sign_in_name,
)
from reticket.directory.intents import Change, demand
from reticket.directory.parts import PartsWriter
from reticket.directory.people.enrolments import Enrolments
from reticket.directory.people.former_names import FormerNames
from reticket.directory.people.memberships import Memberships
from reticket.directory.people.realm_writer import RealmWriter
from reticket.directory.people.user_rows import id_of_name, names_of, require_user
from reticket.directory.rows import record_of
from reticket.directory.tables import second_factors, users

NO_PARTS: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True)
class UserLine:
    """A user in a list."""

    id: str
    email: str
    first_name: str | None
    last_name: str | None
    disabled: bool
    active: bool
    created_at: int
    last_sign_in_at: int | None
    second_factor: bool
    factor_locked: bool
    factor_missing: bool
    groups: tuple[str, ...]
    roles: tuple[str, ...]
    realm: str
    user_name: str | None
    number: int | None


_LINES = select(
    users,
    second_factors.c.totp_sealed.is_not(None).label("second_factor"),
    (func.coalesce(second_factors.c.failures, 0) >= MOST_FAILURES).label("factor_locked"),
    func.coalesce(second_factors.c.missing, false()).label("factor_missing"),
).select_from(users.outerjoin(second_factors, second_factors.c.user_id == users.c.id))


class Users:
    """The verbs. Those that take `who` raise NotFound; any may raise Unavailable."""

    def __init__(
        self,
        database: Database,
        tenants: Memberships,
        accounts: Memberships,
        parts: PartsWriter,
        enrolments: Enrolments,
        realms: RealmWriter,
        former: FormerNames,
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        self._database = database
        self._former = former
        self._realms = realms
        self._tenants = tenants
        self._accounts = accounts
        self._parts = parts
        self._enrolments = enrolments
        self._clock = clock
        self._entropy = entropy

    def add(self, draft: UserDraft, secret_hash: str) -> str:
        """Create a user; returns the id. AlreadyExists, NotFound for a place, Invalid."""
        with self._database.change() as connection:
            return self.insert(connection, draft, secret_hash)

    def insert(self, connection: Connection, draft: UserDraft, secret_hash: str) -> str:
        """`add` inside the caller's transaction."""
        _check_names(draft)
        check_texts(draft, "The user")
        number = self._realms.enter(connection, draft.realm, draft.number)
        _require_free(connection, draft.realm, draft.email, draft.user_name)
        user_id = identifiers.user_id(self._entropy)
        row = self._row(connection, user_id, draft)
        connection.execute(insert(users), {**row, "secret_hash": secret_hash, "number": number})
        for place_id, beside in draft.tenants.items():
            self._tenants.insert(connection, user_id, place_id, beside)
        for place_id, beside in draft.accounts.items():
            self._accounts.insert(connection, user_id, place_id, beside)
        self._parts.insert(connection, user_id, draft.parts)
        if draft.totp_secret is not None:
            self._enrolments.insert(connection, user_id, draft.totp_secret)
        return user_id

    def _row(self, connection: Connection, user_id: str, draft: UserDraft) -> dict[str, object]:
        def taken(short_id: str) -> bool:
            statement = select(users.c.id).where(users.c.short_id == short_id)
            return connection.execute(statement).one_or_none() is not None

        return {
            "id": user_id,
            "short_id": identifiers.short_id(self._entropy, taken),
            "email": draft.email,
            "email_folded": folded(draft.email),
            "realm": draft.realm,
            "user_name": draft.user_name,
            "user_name_folded": None if draft.user_name is None else folded(draft.user_name),
            "first_name": draft.first_name,
            "last_name": draft.last_name,
            "disabled": draft.disabled,
            "group_names": checked_groups(draft.groups),
            "role_names": checked_roles(draft.roles),
            "active": draft.active,
            "credential_version": 1,
            "created_at": (now := self._clock()),
            "updated_at": now,
        }

    def sign_up(self, realm: str, person: NewPerson, secret_hash: str) -> str:
        """As `core.ports.Directory.sign_up`. No record that a process has read changes, so none is
        dropped.
        """
        _check_person(person)
        draft = UserDraft(
            person.email,
            person.first_name,
            person.last_name,
            parts=person.parts,
            realm=realm,
            user_name=person.user_name,
        )
        try:
            with self._database.write() as connection:
                return self.insert(connection, draft, secret_hash)
        except NameTaken as taken:
            fault = "is that of another person"
            raise wrong(taken.member, fault, Cause.NAME_TAKEN) from None

    def page(
        self, after: str = "", limit: int = 100, realm: str | None = None
    ) -> Sequence[UserLine]:
        """At most `limit` users with ids after this one, in the order of their ids; of one realm,
        or of all.
        """
        statement = _LINES.where(users.c.id > after).order_by(users.c.id).limit(limit)
        if realm is not None:
            statement = statement.where(users.c.realm == realm)
        with self._database.read() as connection:
            return [_line(row) for row in connection.execute(statement)]

    def groups(self) -> set[str]:
        """The names of all groups that a person is in."""
        lists = select(users.c.group_names).where(users.c.group_names.is_not(None)).distinct()
        with self._database.read() as connection:
            return {name for names in connection.execute(lists).scalars() for name in names or ()}

    def without_password(self) -> int:
        """How many people have no password here."""
        lacking = select(func.count()).where(users.c.secret_hash == NO_PASSWORD)
        with self._database.read() as connection:
            return int(connection.execute(lacking).scalar_one())

    def realms(self) -> set[str]:
        """The realms that people are in."""
        with self._database.read() as connection:
            return set(connection.execute(select(users.c.realm).distinct()).scalars())

    def change(
        self,
        who: str,
        names: Mapping[str, str | None],
        email: str | None = None,
        disabled: bool | None = None,
        parts: Mapping[str, object | None] = NO_PARTS,
        groups: Sequence[str] | None = None,
        roles: Sequence[str] | None = None,
    ) -> None:
        """Change the given names and parts, the e-mail, `disabled`, the groups and the roles in one
        transaction. None removes a part, and leaves the last four as they are. Sessions end as in
        `set_email` and `disable`. AlreadyExists; Invalid.
        """
        draft = UserChange(names, email, disabled, None, parts, groups, roles)
        with self._database.change() as connection:
            self.apply(connection, require_user(connection, who), draft)

    def apply(self, connection: Connection, user_id: str, draft: UserChange) -> None:
        """`change` inside the caller's transaction."""
        check_texts([draft.names, draft.parts], "The user")
        known = _known_values(draft)
        if known or draft.parts:
            self._update(connection, user_id, **known)
            self._parts.replace(connection, user_id, draft.parts)
        if draft.email is not None:
            self._set_email(connection, user_id, draft.email)
        if draft.disabled is not None:
            self._switch(connection, user_id, disabled=draft.disabled)

    def replace_hash(self, connection: Connection, user_id: str, old: str, new: str) -> None:
        """Replace the password as `set_password` does, if the hash is still the old one. The person
        may sign in meanwhile, and get another one.
        """
        mine = (users.c.id == user_id) & (users.c.secret_hash == old)
        if connection.execute(update(users).where(mine).values(secret_hash=new)).rowcount:
            self._renew(connection, user_id, Change.PASSWORD_CHANGED)

    def set_password(self, who: str, secret_hash: str) -> None:
        """Replace the password and end all sessions."""
        with self._database.change() as connection:
            user_id = require_user(connection, who)
            self._renew(connection, user_id, Change.PASSWORD_CHANGED, secret_hash=secret_hash)

    def replace_password(self, user_id: str, secret_hash: str, version: int) -> bool:
        """As `core.ports.Directory.replace_password`."""
        mine = (users.c.id == user_id) & (users.c.credential_version == version)
        with self._database.change() as connection:
            is_same = connection.execute(select(users.c.id).where(mine)).one_or_none() is not None
            if is_same:
                cause = Change.PASSWORD_CHANGED
                self._renew(connection, user_id, cause, secret_hash=secret_hash)
        return is_same

    def set_email(self, who: str, email: str) -> None:
        """Replace the e-mail and end all sessions. AlreadyExists; Invalid."""
        self.change(who, {}, email)

    def disable(self, who: str) -> None:
        """Disable and end all sessions."""
        self.change(who, {}, disabled=True)

    def enable(self, who: str) -> None:
        """Let in again."""
        self.change(who, {}, disabled=False)

    def delete(self, who: str) -> None:
        """Delete and end all sessions."""
        with self._database.change() as connection:
            user_id = require_user(connection, who)
            self._former.note(connection, names_of(connection, user_id))
            connection.execute(delete(users).where(users.c.id == user_id))
            self._end(connection, user_id, Change.USER_DELETED)

    def _set_email(self, connection: Connection, user_id: str, email: str) -> None:
        check_email(email)
        realm = self._realms.lock(connection, user_id)
        _require_free(connection, realm, email, but_for=user_id)
        self._former.note(connection, names_of(connection, user_id))
        values = {"email": email, "email_folded": folded(email)}
        self._renew(connection, user_id, Change.EMAIL_CHANGED, **values)

    def _switch(self, connection: Connection, user_id: str, *, disabled: bool) -> None:
        self._update(connection, user_id)
        self.follow_block(connection, user_id, disabled=disabled)

    def follow_block(self, connection: Connection, user_id: str, *, disabled: bool) -> None:
        """Block or unblock as another system does. `updated_at` stays: nobody here did it."""
        connection.execute(update(users).where(users.c.id == user_id).values(disabled=disabled))
        if disabled:
            self._end(connection, user_id, Change.USER_DISABLED)

    def _renew(self, connection: Connection, user_id: str, cause: Change, **values: object) -> None:
        version = users.c.credential_version + 1
        self._update(connection, user_id, credential_version=version, **values)
        self._end(connection, user_id, cause)

    def _update(self, connection: Connection, user_id: str, **values: object) -> None:
        mine = update(users).where(users.c.id == user_id)
        connection.execute(mine.values(updated_at=self._clock(), **values))

    def _end(self, connection: Connection, user_id: str, cause: Change) -> None:
        demand(connection, [Selection(subject=user_id)], cause, self._clock)


def _line(row: Row[Any]) -> UserLine:
    groups, roles = tuple(row.group_names or ()), tuple(row.role_names or ())
    return record_of(UserLine, row, groups=groups, roles=roles)


def _known_values(draft: UserChange) -> dict[str, object]:
    known = {name: draft.names[name] for name in ("first_name", "last_name") if name in draft.names}
    values: dict[str, object] = {**known}
    if draft.active is not None:
        values["active"] = draft.active
    if draft.groups is not None:
        values["group_names"] = checked_groups(draft.groups)
    if draft.roles is not None:
        values["role_names"] = checked_roles(draft.roles)
    return values


def _check_person(person: NewPerson) -> None:
    """INVALID_PARAMETER for names that cannot be, which the person has typed."""
    if not is_email(person.email):
        raise wrong("email", "does not look like an e-mail address")
    if person.user_name is not None and not is_sign_in_name(person.user_name):
        raise wrong("user_name", "is too long, or has characters that cannot be seen")
    for member in ("first_name", "last_name"):
        if len(getattr(person, member) or "") > LONGEST_NAME:
            raise wrong(member, f"must have at most {LONGEST_NAME} characters")


def _check_names(draft: UserDraft) -> None:
    check_email(draft.email)
    if draft.user_name is None:
        return
    if draft.realm == USUAL:
        raise Invalid("A user name needs the realm of a dialect; others sign in by e-mail.")
    check_user_name(draft.user_name)


def _require_free(
    connection: Connection,
    realm: str,
    email: str,
    user_name: str | None = None,
    but_for: str | None = None,
) -> None:
    """NameTaken unless both are nobody else's e-mail or user name in that realm."""
    if id_of_name(connection, SignInName(realm, email)) not in (None, but_for):
        raise NameTaken("email", f"There is a user with the e-mail {email!r} already.")
    if user_name and id_of_name(connection, SignInName(realm, user_name)) not in (None, but_for):
        raise NameTaken("user_name", f"There is a user with the name {user_name!r} already.")
