"""Describes valid tokens of any dialect, for introspection. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from reticket.core.commands import DescribeToken, DryRunRefresh, Refresh
from reticket.core.entitlement import entitled
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.model import Caller, Family, Holder, RefreshToken, TokenDescription
from reticket.core.policy import SECOND
from reticket.core.ports import Clock
from reticket.core.sessions.engine import Engine
from reticket.core.sessions.inspection import Inspection
from reticket.core.tokens.accepting import CREDENTIAL_VERSION
from reticket.core.tokens.kinds import Facts, TokenKind
from reticket.core.tokens.mint import Mint, access_claims

_NOT_OURS = frozenset({Cause.FORGED, Cause.WRONG_USE})
_OF_EVERY_KIND = ("aud", "sub", "uid", "iat", "nbf", "exp", "jti", "sid", "tid")
_OF_ONE_ACCESS_TOKEN = ("jti", "aud")
"""Claims that a refresh token does not have."""


class Describing:
    """Performs `DescribeToken`.

    Args:
        kinds: by name.
    """

    def __init__(
        self,
        kinds: Mapping[str, TokenKind],
        engine: Engine,
        inspection: Inspection,
        mint: Mint,
        clock: Clock,
    ) -> None:
        self._kinds = kinds
        self._engine = engine
        self._inspection = inspection
        self._mint = mint
        self._clock = clock

    async def describe(self, command: DescribeToken, caller: Caller) -> TokenDescription:
        """The description of a valid token. INVALID_ACCESS_TOKEN, INVALID_TOKEN, ACCESS_DENIED."""
        kinds = list(self._inspected(command.resources))
        try:
            return await self._access(command, kinds)
        except Refusal as refusal:
            if refusal.cause not in _NOT_OURS:
                raise
        return await self._refresh(command, kinds, caller)

    def _inspected(self, names: Sequence[str]) -> Iterator[TokenKind]:
        known = (self._kinds.get(name) for name in names)
        return (kind for kind in known if kind is not None and kind.is_inspected)

    async def _access(self, command: DescribeToken, kinds: Sequence[TokenKind]) -> TokenDescription:
        access = self._mint.read_access(kinds, command.token, self._clock())
        holder, family = await self._inspection.live(access, command.void(access))
        kind = self._kinds[access.resource]
        if not entitled(holder, access.context, kind.place, kind.part):
            raise Refusal(Code.ACCESS_DENIED, Cause.NO_ACCESS)
        said = TokenDescription(kind.name, True, holder, family, _registered(access.claims))
        if family is None:
            return said
        issued_at = int(str(access.claims["iat"])) * SECOND
        facts = Facts(family, holder, access.context, issued_at, access.expires_at)
        made = kind.access_claims(facts) if kind.access_claims else {}
        return _told(kind, replace(said, members={**said.members, **made}), facts)

    async def _refresh(
        self, command: DescribeToken, kinds: Sequence[TokenKind], caller: Caller
    ) -> TokenDescription:
        kind = await self._kind_of_refresh(kinds, command.token, caller)
        refresh = Refresh(kind.name, command.token, place=kind.place, part=kind.part)
        token, row = await self._engine.rehearse(DryRunRefresh(refresh), caller)
        holder = self._engine.holder_of(row.resource, row.subject)
        if holder is None:
            raise Refusal(Code.INVALID_TOKEN, Cause.SUBJECT_GONE)
        facts = _facts_of_refresh(token, row, holder)
        claims = _without_own(access_claims(kind, facts))
        return _told(kind, TokenDescription(kind.name, False, holder, row, claims), facts)

    async def _kind_of_refresh(
        self, kinds: Sequence[TokenKind], text: str, caller: Caller
    ) -> TokenKind:
        """The kind whose key made the token, or to which it is adopted. INVALID_TOKEN, cause
        FORGED.
        """
        for kind in kinds:
            try:
                await self._engine.open(kind.name, text, caller)
            except Refusal:
                continue
            return kind
        raise Refusal(Code.INVALID_TOKEN, Cause.FORGED)


def _told(kind: TokenKind, said: TokenDescription, facts: Facts) -> TokenDescription:
    """The description with what the dialect tells now, if it still gives tokens to the family.
    INVALID_TOKEN.
    """
    if kind.serves is not None and not kind.serves(facts.family):
        raise Refusal(Code.INVALID_TOKEN, Cause.WRONG_CLIENT)
    told = kind.told(facts) if kind.told else {}
    return replace(said, members={**said.members, **told})


def _registered(claims: Mapping[str, object]) -> Mapping[str, object]:
    """The claims whose meaning is that of every kind. All others are made anew from the session,
    since a holder of a shared key may have claimed anything (ADR 0024).
    """
    return {name: claims[name] for name in _OF_EVERY_KIND if name in claims}


def _without_own(claims: Mapping[str, object]) -> Mapping[str, object]:
    """The claims that a refresh token has, and that are not for this service alone."""
    kept = claims.keys() - {CREDENTIAL_VERSION, *_OF_ONE_ACCESS_TOKEN}
    return {name: value for name, value in claims.items() if name in kept}


def _facts_of_refresh(token: RefreshToken, row: Family, holder: Holder) -> Facts:
    """The facts of the next access token, with the times of this token. A token of an older
    version, which does not state its end, ends with its family.
    """
    ends = min(token.expires_at or row.expires_at, row.ends_at)
    return Facts(row, holder, token.context, token.issued_at, ends)
