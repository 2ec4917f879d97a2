"""The terms of a session beside its scope, and the claims of its tokens.

RFC 9068 §2.2 for access tokens, OpenID Connect Core §2 for ID tokens.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from reticket.core.adoption.imported_end import own_terms
from reticket.core.model import Asked
from reticket.core.people import User
from reticket.core.policy import SECOND
from reticket.core.tokens.kinds import Facts
from reticket.oauth.actors import ACT, acting_claims
from reticket.oauth.lists import split_list
from reticket.oauth.mapped_claims import MAPPED, declared_in, mapped_claims
from reticket.oauth.provider import USER, Provider
from reticket.oauth.requested_claims import LEVELS
from reticket.oauth.standard_claims import OF_SCOPE, standard_claims

AMR_PASSWORD, AMR_OTP = "pwd", "otp"
"""Members of `amr` (RFC 8176 §2)."""

OPENID = "openid"
SCOPE, AUDIENCE, NONCE, NO_ID_TOKEN, JKT = "scope", "aud", "nonce", "alone", "jkt"
ID_CLAIMS, ID_ALGORITHM, ID_SESSION = "id_claims", "id_alg", "id_sid"
ACCESS_ALGORITHM = "access_alg"
"""Names of what a request asks for one response only.

Fewer scopes, audiences (space-separated), and the nonce of the ID token. `alone` omits the ID
token, and `jkt` binds the access token to the key of the proof. `id_claims` are the claims that the
client's registration wants in the ID token, space-separated, and `id_alg` is its algorithm.
`access_alg` is that of the access token. `id_sid` puts the session into the ID token.
"""


def level_of(amr: Collection[str]) -> int:
    """The place in `LEVELS` of a sign-in with these methods."""
    return 1 if AMR_OTP in amr else 0


def highest_level_of(user: User) -> int:
    """The place in `LEVELS` of the best sign-in that the person can do."""
    return 1 if user.second_factor else 0


class Terms(msgspec.Struct, frozen=True, omit_defaults=True, array_like=True):
    """Terms that the session stores as text and never changes.

    Args:
        auth_time: seconds; when the person authenticated. 0 where that is not known, as for the
            session of another system.
        amr: the authentication methods (RFC 8176).
        jkt: thumbprint of the key to which the refresh token is bound (RFC 9449 §6.1), or None.
        audiences: the audiences of access tokens when a request names none.
        login: the id of the login session in which the person consented: 32 hex digits. None in
            rows of an older version, and for a session that an operator started.
        userinfo / id_token: the claims that the request has asked for beside its scopes (OpenID
            Connect Core §5.5).
    """

    auth_time: int
    amr: tuple[str, ...] = ()
    jkt: str | None = None
    audiences: tuple[str, ...] = ()
    login: str | None = None
    userinfo: tuple[str, ...] = ()
    id_token: tuple[str, ...] = ()

    @property
    def acr(self) -> str:
        """The authentication context class (OpenID Connect Core §2)."""
        return LEVELS[level_of(self.amr)]

    def to_json(self) -> str:
        """The text that the session stores."""
        return msgspec.json.encode(self).decode()


_decode = msgspec.json.Decoder(Terms).decode
"""Made here, since msgspec 0.22 crashes when several threads are the first to use a type."""


@lru_cache(10_000)
def terms_of(text: str | None) -> Terms:
    """The terms from the text of `to_json`."""
    own = own_terms(text)
    return _decode(own) if own else Terms(0)


def session_of(family: bytes, terms: Terms) -> str:
    """`sid` of ID tokens (Back-Channel Logout §2.1): the login session in which the person
    consented, or else the family. All clients of a sign-in have the same one.
    """
    return terms.login or family.hex()


def granted_scopes(facts: Facts) -> tuple[str, ...]:
    """The scopes of the tokens that are being issued."""
    return _scopes_of(facts, _by_name(facts.asked))


def _scopes_of(facts: Facts, asked: Mapping[str, str]) -> tuple[str, ...]:
    return split_list(asked[SCOPE]) if SCOPE in asked else _stored_scopes(facts.family.scope)


@lru_cache(1000)
def _stored_scopes(text: str | None) -> tuple[str, ...]:
    """The scopes of a session; many sessions have the same ones."""
    return split_list(text or "")


def _requested(facts: Facts, name: str) -> str | None:
    return _by_name(facts.asked).get(name)


def _by_name(asked: Asked) -> Mapping[str, str]:
    """What a request asks for; of two values with one name, the first is taken."""
    return dict(reversed(asked))


def access_algorithm(asked: Asked) -> str | None:
    """The signature algorithm that the client's registration wants for an access token."""
    return _by_name(asked).get(ACCESS_ALGORITHM) if asked else None


def _mapped(declared: str | None, facts: Facts) -> dict[str, object]:
    """The claims that the client's registration declares."""
    return mapped_claims(declared_in(declared), facts.holder, facts.context)


class Claims:
    """The claims of the tokens of a provider."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def access_token(self, facts: Facts) -> Mapping[str, object]:
        """The claims of an access token beside those of the mint (RFC 9068 §2.2)."""
        terms, asked = terms_of(facts.family.terms), _by_name(facts.asked)
        scopes = _scopes_of(facts, asked)
        claims: dict[str, object] = {
            "iss": self._provider.issuer,
            "aud": self._audience(facts, terms, asked.get(AUDIENCE), scopes),
            "client_id": facts.family.client,
            "scope": " ".join(scopes),
        }
        if terms.auth_time:
            claims["auth_time"] = terms.auth_time
            claims["acr"] = terms.acr
            claims["amr"] = terms.amr
        jkt = asked.get(JKT) or terms.jkt
        if jkt:
            claims["cnf"] = {JKT: jkt}
        if ACT in asked:
            claims |= acting_claims(asked[ACT])
        if MAPPED in asked:
            claims |= _mapped(asked[MAPPED], facts)
        return claims

    def _audience(
        self, facts: Facts, terms: Terms, wanted: str | None, scopes: tuple[str, ...]
    ) -> str | tuple[str, ...]:
        """One audience, or several. The issuer is among them when `/userinfo` accepts the token."""
        issuer = self._provider.issuer
        is_for_userinfo = facts.family.resource == USER and OPENID in scopes
        audiences = split_list(wanted) if wanted else terms.audiences
        if not audiences:
            return issuer
        if is_for_userinfo and issuer not in audiences:
            return (*audiences, issuer)
        return audiences[0] if len(audiences) == 1 else audiences

    def id_token(self, facts: Facts) -> Mapping[str, object] | None:
        """The claims of an ID token, or None when the response has none.

        A refresh keeps the subject and the `auth_time` (OpenID Connect Core §12.2).
        """
        asked = _by_name(facts.asked)
        if OPENID not in _scopes_of(facts, asked) or NO_ID_TOKEN in asked:
            return None
        terms = terms_of(facts.family.terms)
        claims: dict[str, object] = {
            "iss": self._provider.issuer,
            "sub": facts.family.subject,
            "aud": facts.family.client,
            "iat": facts.issued_at // SECOND,
            "exp": facts.expires_at // SECOND,
        }
        if terms.auth_time:
            claims |= {"auth_time": terms.auth_time, "acr": terms.acr, "amr": terms.amr}
        if ID_SESSION in asked:
            claims["sid"] = session_of(facts.family.id, terms)
        if NONCE in asked:
            claims["nonce"] = asked[NONCE]
        return claims | self._of_person(facts, terms) | _mapped(asked.get(MAPPED), facts)

    def id_algorithm(self, facts: Facts) -> str | None:
        """The signature algorithm of an ID token; None is that of the service."""
        return _requested(facts, ID_ALGORITHM)

    def _of_person(self, facts: Facts, terms: Terms) -> dict[str, object]:
        """The claims of the person that the client's registration or its request wants there."""
        registered = split_list(_requested(facts, ID_CLAIMS) or "")
        permitted = permitted_claims(granted_scopes(facts))
        names = {name for name in registered if name in permitted}.union(terms.id_token)
        if not names or not isinstance(facts.holder, User):
            return {}
        return _chosen(facts.holder, names)

    def accepts_user_claims(self, claims: Mapping[str, Any]) -> bool:
        """Whether verified claims are those of an access token with a person's consent."""
        return self._are_own(claims) and "sid" in claims

    def accepts_client_claims(self, claims: Mapping[str, Any]) -> bool:
        """Whether verified claims are those of a client's own access token."""
        return self._are_own(claims) and "sid" not in claims

    def _are_own(self, claims: Mapping[str, Any]) -> bool:
        """Whether `access_token` has made them. The vendors' tokens may have the same issuer and
        the same keys, but have no `scope`.
        """
        is_issuer = claims.get("iss") == self._provider.issuer
        return is_issuer and "client_id" in claims and "scope" in claims


def userinfo_claims(
    user: User, scopes: tuple[str, ...], requested: tuple[str, ...] = ()
) -> dict[str, object]:
    """The claims of a person that the scopes permit (OpenID Connect Core §5.4), and those that the
    request has asked for (§5.5).
    """
    return {"sub": user.id} | _chosen(user, permitted_claims(scopes).union(requested))


def permitted_claims(scopes: tuple[str, ...]) -> set[str]:
    """The names of the standard claims that these scopes give."""
    return {name for scope in scopes for name in OF_SCOPE.get(scope, ())}


def _chosen(user: User, names: Collection[str]) -> dict[str, object]:
    claims = standard_claims(user)
    return {name: claims[name] for name in claims if name in names}
