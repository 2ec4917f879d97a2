"""The options of a client's registration, for `reticket client add` and `edit`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

import click

from reticket.oauth.client_metadata import AUTH_METHODS
from reticket.oauth.registration import GRANTS, PKCE
from reticket.oauth.signing import ALGORITHMS, CLIENT_ALGORITHMS

SHORT_GRANTS = {name.rpartition(":")[2].replace("-", "_"): name for name in GRANTS}


class PolicySpec(click.ParamType[Mapping[str, Any]]):
    """`PRESET` or `PRESET,window=5,access=600`; the directory checks names and numbers."""

    name = "PRESET[,MEMBER=VALUE]"

    def convert(self, value: Any, param: Any, ctx: Any) -> Mapping[str, Any]:
        preset, *changes = str(value).split(",")
        pairs = [change.partition("=") for change in changes]
        for name, equals, _ in pairs:
            if not name or not equals:
                self.fail(f"{value!r} is not like BROWSER,window=5", param, ctx)
        return {"preset": preset, **{name: _plain(text) for name, _, text in pairs}}


class Grant(click.Choice[str]):
    """A grant type by its name, or by the last word of its URN."""

    name = "GRANT"

    def __init__(self) -> None:
        super().__init__(tuple(SHORT_GRANTS))

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        if value in GRANTS:
            return str(value)
        return SHORT_GRANTS[super().convert(value, param, ctx)]


class DeclaredClaim(click.ParamType[tuple[str, str]]):
    """A claim and the path of its value; the directory checks both."""

    name = "NAME=PATH"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        name, equals, path = str(value).partition("=")
        if not equals:
            self.fail(f"{value!r} is not like groups=user.groups", param, ctx)
        return name, path


class KeySet(click.Path):
    """A file with public keys, as JSON (RFC 7517 §5)."""

    name = "FILE"

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        try:
            return json.loads(Path(value).read_text("utf-8"))
        except OSError as error:
            self.fail(f"{value} cannot be read: {error.strerror}", param, ctx)
        except (ValueError, RecursionError):
            self.fail(f"{value} is not JSON", param, ctx)


class Member(NamedTuple):
    """A member of a registration as an option.

    Args:
        name: of the member.
        option: as click declares it.
        meaning: its help.
        default: what a new client has without the option.
        attributes: what else click must know of the option.
    """

    name: str
    option: str
    meaning: str
    default: str
    attributes: Mapping[str, Any]


_SEVERAL = {"multiple": True}
_SWITCH = {"default": None}
_PKCE = {"type": click.Choice(PKCE)}
_ID_TOKEN_ALG = {"type": click.Choice(ALGORITHMS)}
MEMBERS = (
    Member("name", "--name", "The name that people see.", "the id", {}),
    Member(
        "redirect_uris",
        "--redirect-uri",
        "An address of the client to which a sign-in returns; may be repeated.",
        "none",
        _SEVERAL,
    ),
    Member(
        "post_logout_redirect_uris",
        "--post-logout-redirect-uri",
        "An address of the client to which a browser goes after a log-out; may be repeated.",
        "none",
        _SEVERAL,
    ),
    Member(
        "backchannel_logout_uri",
        "--backchannel-logout-uri",
        "The https URL that is told when a session of a person has ended.",
        "none",
        {},
    ),
    Member(
        "backchannel_logout_session_required",
        "--backchannel-logout-session-required/--no-backchannel-logout-session-required",
        "It needs `sid` in logout tokens, which always have it.",
        "no",
        _SWITCH,
    ),
    Member(
        "allowed_origins",
        "--allowed-origin",
        "An origin of its pages that no redirect URI has; may be repeated.",
        "none",
        _SEVERAL,
    ),
    Member(
        "scopes", "--scope", "A scope that it may be granted; may be repeated.", "none", _SEVERAL
    ),
    Member(
        "grants",
        "--grant",
        "A grant type that it may use; may be repeated.",
        "those of the preset",
        _SEVERAL | {"type": Grant()},
    ),
    Member(
        "resources",
        "--resource",
        "An audience of its access tokens; may be repeated.",
        "the issuer",
        _SEVERAL,
    ),
    Member(
        "exchange_resources",
        "--exchange-resource",
        "An audience for which it may exchange tokens that were sent to it; may be repeated.",
        "none",
        _SEVERAL,
    ),
    Member(
        "inspects",
        "--inspects",
        "A kind of token, such as oauth.user, that it may inspect; may be repeated.",
        "none",
        _SEVERAL,
    ),
    Member(
        "policy",
        "--policy",
        "The lifetimes of its tokens: a preset, or a preset with changes, as SERVICE,window=5.",
        "BROWSER",
        {"type": PolicySpec()},
    ),
    Member(
        "dpop_required",
        "--dpop/--no-dpop",
        "Its tokens must be bound to a key (DPoP).",
        "as the preset says",
        _SWITCH,
    ),
    Member(
        "par_required",
        "--par/--no-par",
        "It must push its authorization requests (PAR).",
        "as the preset says",
        _SWITCH,
    ),
    Member(
        "pkce",
        "--pkce",
        "Whether its authorization requests need PKCE.",
        "optional for a client that can authenticate, but not with a FAPI preset",
        _PKCE,
    ),
    Member(
        "jwks",
        "--jwks",
        "A file with its public keys, for private_key_jwt and for request objects.",
        "none",
        {"type": KeySet()},
    ),
    Member(
        "jwks_uri",
        "--jwks-uri",
        "The https URL of its public keys, instead of --jwks.",
        "none",
        {},
    ),
    Member(
        "token_endpoint_auth_method",
        "--auth-method",
        "How it authenticates, where it has both a secret and keys.",
        "by keys, if it has some",
        {"type": click.Choice(AUTH_METHODS)},
    ),
    Member(
        "request_uris",
        "--request-uri",
        "An https URL of a request object that it has signed; may be repeated.",
        "none",
        _SEVERAL,
    ),
    Member(
        "request_object_signing_alg",
        "--request-object-alg",
        "The only algorithm that signs its request objects.",
        "that of each key",
        {"type": click.Choice(CLIENT_ALGORITHMS)},
    ),
    Member(
        "require_signed_request_object",
        "--signed-requests/--no-signed-requests",
        "Every authorization request of it must be a signed request object.",
        "no",
        _SWITCH,
    ),
    Member("client_uri", "--client-uri", "The https URL of its home page.", "none", {}),
    Member("logo_uri", "--logo-uri", "The https URL of its logo.", "none", {}),
    Member("policy_uri", "--policy-uri", "The https URL of its privacy policy.", "none", {}),
    Member("tos_uri", "--tos-uri", "The https URL of its terms of service.", "none", {}),
    Member(
        "initiate_login_uri",
        "--initiate-login-uri",
        "The https URL where others may begin a sign-in to it.",
        "none",
        {},
    ),
    Member(
        "contacts",
        "--contact",
        "An e-mail address of those who run it; may be repeated.",
        "none",
        _SEVERAL,
    ),
    Member(
        "id_token_claims",
        "--id-token-claim",
        "A claim that its ID tokens have, where a scope gives it; may be repeated.",
        "none",
        _SEVERAL,
    ),
    Member(
        "claims",
        "--claim",
        "A claim of its tokens and the path of its value; may be repeated.",
        "none",
        _SEVERAL | {"type": DeclaredClaim()},
    ),
    Member(
        "groups_allowed",
        "--allowed-group",
        "A group whose people may use it; may be repeated.",
        "everybody may use it",
        _SEVERAL,
    ),
    Member(
        "id_token_signed_response_alg",
        "--id-token-alg",
        "The algorithm that signs its ID tokens.",
        "RS256, or ES256 with a FAPI preset, if people sign in to it",
        _ID_TOKEN_ALG,
    ),
    Member(
        "userinfo_signed_response_alg",
        "--userinfo-alg",
        "The algorithm that signs its userinfo.",
        "no signature",
        {"type": click.Choice(ALGORITHMS)},
    ),
    Member("admin", "--admin/--no-admin", "It may use the admin API.", "no", _SWITCH),
    Member(
        "first_party",
        "--first-party/--no-first-party",
        "It is the operator's own: people are asked for no consent.",
        "no",
        _SWITCH,
    ),
)


CLEARABLE = {
    member.option.removeprefix("--"): member.name
    for member in MEMBERS
    if member.attributes not in (_SWITCH, _PKCE, _ID_TOKEN_ALG)
}
"""Members that `--clear` may remove, by the name of their option: those whose absence means the
default of a new client.
"""


def registering(
    command: Callable[..., Any], helps: Callable[[Member], str] = attrgetter("meaning")
) -> Callable[..., Any]:
    """Adds the options of a registration. The command gets the given ones as one mapping."""

    def run(*arguments: Any, **options: Any) -> Any:
        said = {member.name: options.pop(member.name) for member in MEMBERS}
        said["scopes"] = [word for words in said["scopes"] for word in words.split()]
        said["claims"] = dict(said["claims"])
        given = {key: value for key, value in said.items() if value not in (None, (), [], {})}
        return command(*arguments, said=given, **options)

    run.__name__, run.__doc__ = command.__name__, command.__doc__
    for member in reversed(MEMBERS):
        names = member.option, member.name
        run = click.option(*names, help=helps(member), **member.attributes)(run)
    return run


def registering_anew(command: Callable[..., Any]) -> Callable[..., Any]:
    """The same for a new client: the help of each option has its default."""
    return registering(command, lambda member: f"{member.meaning} Default: {member.default}.")


def _plain(text: str) -> object:
    if text in ("true", "false"):
        return text == "true"
    return int(text) if text.isdecimal() else text
