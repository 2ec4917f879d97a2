"""`/users`: people. `{id}` is an id or an e-mail."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from msgspec import UNSET

from reticket.admin.context import AdminContext
from reticket.admin.document import CURSOR, ID, KEY, LIMIT, answered, created, described, empty
from reticket.admin.errors import missing
from reticket.admin.guard import Operate, guarded
from reticket.admin.idempotency import once
from reticket.admin.inputs import cursor_of, read_body, read_cursor, read_limit, read_query
from reticket.admin.schemas import Listed
from reticket.admin.user_schemas import (
    NewPassword,
    NewUser,
    UserAnswer,
    UserChanges,
    user_answer,
)
from reticket.core.commands import FindUser, Hash, RunInDirectory
from reticket.core.errors import HashRefused, wrong
from reticket.core.people import NO_PASSWORD, User
from reticket.core.realms import USUAL
from reticket.directory.drafts import UserDraft
from reticket.directory.people.users import Users as Verbs
from reticket.wire import Operation, Parameter, Route, WireRequest

TAG = "users"
_EMAIL = Parameter(
    "email", "query", str, "Only the person with this e-mail, in the usual realm or in `realm`."
)
_REALM = Parameter("realm", "query", str, "Only people of this realm.")
_PAGE = (_EMAIL, _REALM, LIMIT, CURSOR)
FORMER = dict.fromkeys(("organization", "role", "nickname", "group"), "a member of profile")
"""Names of a former version's options, which requests may have; each with its place of today."""


class Users:
    """The operations. Their work on the directory runs on its thread."""

    def __init__(self, context: AdminContext) -> None:
        self._context = context

    @property
    def _verbs(self) -> Verbs:
        return self._context.directory.users

    def page(self, request: WireRequest, operator: str) -> Operation:
        """A page of people in the order of their ids, or only the one with an e-mail."""
        query = read_query(request, ("email", "realm", "limit", "cursor"))
        limit, after, realm = read_limit(query), read_cursor(query), query.get("realm")
        if "email" in query:
            one: User | None = yield from FindUser(query["email"], realm or USUAL)
            return answered(Listed([user_answer(one)] if one else []))
        found = yield from RunInDirectory(lambda: self._verbs.page(after, limit, realm))
        following = cursor_of(found[-1].id) if len(found) == limit else None
        return answered(Listed([user_answer(user) for user in found], following))

    def show(self, request: WireRequest, operator: str) -> Operation:
        """One person."""
        user: User = yield from RunInDirectory(lambda: self._find(request.parameters["id"]))
        return answered(user_answer(user))

    def add(self, request: WireRequest, operator: str) -> Operation:
        """Create a person."""
        said = read_body(request, NewUser, FORMER)
        hashed = self._without_password(said)
        if said.password is not None:
            hashed = yield from Hash(said.password, operator)
        work = partial(self._add, said, hashed)
        user: User = yield from self._changing("user_added", request, operator, work)
        return created(user_answer(user), "users", user.id)

    def change(self, request: WireRequest, operator: str) -> Operation:
        """Replace the given members."""
        said = read_body(request, UserChanges)
        work = partial(self._change, request.parameters["id"], said)
        user: User = yield from self._changing("user_changed", request, operator, work)
        return answered(user_answer(user))

    def set_password(self, request: WireRequest, operator: str) -> Operation:
        """Set a new password and end all sessions."""
        said = read_body(request, NewPassword)
        user: User = yield from RunInDirectory(lambda: self._find(request.parameters["id"]))
        hashed: str = yield from Hash(said.password, operator)
        yield from self._context.changing(
            "user_password_set",
            request,
            operator,
            lambda: self._verbs.set_password(user.id, hashed),
            user=user.id,
        )
        return empty()

    def remove(self, request: WireRequest, operator: str) -> Operation:
        """Delete a person and end all sessions."""
        user: User = yield from RunInDirectory(lambda: self._find(request.parameters["id"]))
        yield from self._context.changing(
            "user_removed", request, operator, lambda: self._verbs.delete(user.id), user=user.id
        )
        return empty()

    def _without_password(self, said: NewUser) -> str:
        """What is stored where no password is given."""
        if said.password_hash is None:
            if said.hash_format is not None:
                raise wrong("hash_format", "needs a password_hash")
            return NO_PASSWORD
        if said.password is not None:
            raise wrong("password_hash", "must not be beside a password")
        try:
            return self._context.hasher.stored_form(said.password_hash, said.hash_format)
        except HashRefused as error:
            raise wrong("password_hash", f"is refused: {error}") from None

    def _changing(
        self, event: str, request: WireRequest, operator: str, work: Callable[[], User]
    ) -> RunInDirectory[User]:
        """As `AdminContext.changing`, for the person that the work returns."""

        def recorded() -> User:
            user = work()
            self._context.write_down(event, request, operator, user=user.id)
            return user

        return RunInDirectory(recorded)

    def _add(self, said: NewUser, hashed: str) -> User:
        draft = UserDraft(
            email=said.email,
            first_name=said.first_name,
            last_name=said.last_name,
            disabled=said.disabled,
            tenants=said.tenants,
            accounts=said.developer_accounts,
            parts=said.profile,
            groups=said.groups,
            roles=said.roles,
            realm=said.realm,
            user_name=said.user_name,
            number=said.number,
        )
        return self._find(self._verbs.add(draft, hashed))

    def _change(self, who: str, said: UserChanges) -> User:
        user = self._find(who)
        names = {"first_name": said.first_name, "last_name": said.last_name}
        email, disabled = said.email, said.disabled
        self._verbs.change(
            user.id,
            {name: value for name, value in names.items() if value is not UNSET},
            email if email is not UNSET and email != user.email else None,
            disabled if disabled is not UNSET and disabled != user.disabled else None,
            said.profile,
            None if said.groups is UNSET else said.groups,
            None if said.roles is UNSET else said.roles,
        )
        return self._find(user.id)

    def _find(self, who: str) -> User:
        return find_user(self._context, who)


def find_user(context: AdminContext, who: str) -> User:
    """The person with that id or e-mail, as of now. NOT_FOUND. Runs on the directory's thread."""
    context.directory.catch_up_now()
    user = context.directory.user_by_email(who) or context.directory.user(who)
    if user is None:
        raise missing("id")
    return user


def routes(context: AdminContext) -> tuple[Route, ...]:
    """The routes."""
    users = Users(context)

    def guard(operate: Operate) -> Callable[[WireRequest], Operation]:
        return guarded(context.provider, operate)

    return (
        Route(
            "GET",
            "/users",
            guard(users.page),
            described("List people", TAG, {200: Listed[UserAnswer]}, None, _PAGE),
        ),
        Route(
            "POST",
            "/users",
            guard(once(context.sealer, users.add)),
            described("Create a person", TAG, {201: UserAnswer}, NewUser, (KEY,)),
        ),
        Route(
            "GET",
            "/users/{id}",
            guard(users.show),
            described("Show a person", TAG, {200: UserAnswer}, None, (ID,)),
        ),
        Route(
            "PATCH",
            "/users/{id}",
            guard(users.change),
            described("Change a person", TAG, {200: UserAnswer}, UserChanges, (ID,)),
        ),
        Route(
            "DELETE",
            "/users/{id}",
            guard(users.remove),
            described("Delete a person", TAG, {204: None}, None, (ID,)),
        ),
        Route(
            "POST",
            "/users/{id}/password",
            guard(users.set_password),
            described("Set a new password", TAG, {204: None}, NewPassword, (ID,)),
        ),
    )
