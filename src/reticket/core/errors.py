"""Every error that reticket raises on purpose, each with a machine word.

ReticketError
├── Refusal                 the caller asked for what it may not have; `code` says which
├── HashRefused             a password's hash has no known form, or costs too much
├── Unavailable             a store or a pool could not answer; nothing was decided
└── StartupError            the service cannot start as it is configured
    └── SettingError        a setting is unknown or has a bad value
"""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    """The refusals that every dialect must have a wire form for; a new member fails each dialect's
    tests.
    """

    MALFORMED = "malformed"
    INVALID_PARAMETER = "invalid_parameter"
    MISSING_TOKEN = "missing_token"  # noqa: S105
    INVALID_CREDENTIALS = "invalid_credentials"
    SUBJECT_DISABLED = "subject_disabled"
    SUBJECT_INACTIVE = "subject_inactive"
    INVALID_TOKEN = "invalid_token"  # noqa: S105
    INVALID_ACCESS_TOKEN = "invalid_access_token"  # noqa: S105
    ACCESS_DENIED = "access_denied"
    NOT_FOUND = "not_found"
    NO_ROUTE = "no_route"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    UNSUPPORTED_ENCODING = "unsupported_encoding"
    TOO_LARGE = "too_large"
    TOO_MANY_ATTEMPTS = "too_many_attempts"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


class Cause(StrEnum):
    """Why a token or a sign-in was refused: for the audit log, never for the caller."""

    FORGED = "forged"
    UNKNOWN = "unknown"
    REVOKED = "revoked"
    EXPIRED = "expired"
    REUSED = "reused"
    WRONG_RESOURCE = "wrong_kind"
    WRONG_USE = "wrong_use"
    WRONG_CLIENT = "wrong_client"
    WRONG_SUBJECT = "wrong_subject"
    SUBJECT_GONE = "subject_gone"
    CREDENTIAL_CHANGED = "credential_changed"
    NO_ACCESS = "no_access"
    GROUP_REQUIRED = "group_required"
    UNKNOWN_SUBJECT = "unknown_subject"
    WRONG_SECRET = "wrong_secret"  # noqa: S105
    DISABLED = "disabled"
    INACTIVE = "inactive"
    LIMITED = "limited"
    WRONG_FACTOR = "wrong_factor"
    FACTOR_REQUIRED = "factor_required"
    FACTOR_LOCKED = "factor_locked"
    FACTOR_MISSING = "factor_missing"
    WRONG_CAPTCHA = "wrong_captcha"
    NO_SESSION = "no_session"
    WRONG_REDIRECT = "wrong_redirect"
    WRONG_VERIFIER = "wrong_verifier"
    WRONG_PROOF = "wrong_proof"
    WRONG_SCOPE = "wrong_scope"
    WRONG_TARGET = "wrong_target"
    WRONG_GRANT = "wrong_grant"
    USED = "used"
    NAME_TAKEN = "name_taken"
    WRONG_CODE = "wrong_code"
    NO_KEYS = "no_keys"
    NO_DOCUMENT = "no_document"


class ReticketError(Exception):
    """The root. Dialects translate `code` into their wire form."""

    code: Code = Code.INTERNAL


class Refusal(ReticketError):
    """A refusal, with its cause for the audit log and the details that the dialect may send.

    Args:
        code: which refusal it is.
        cause: for the audit log; None when the request itself was at fault.
        parameter: the member or parameter at fault, as the dialect spells it.
        detail: one short sentence about that parameter; never a value that was sent.
        retry_after: seconds, for TOO_MANY_ATTEMPTS.
    """

    def __init__(
        self,
        code: Code,
        cause: Cause | None = None,
        *,
        parameter: str | None = None,
        detail: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(code.value)
        self.code = code
        self.cause = cause
        self.parameter = parameter
        self.detail = detail
        self.retry_after = retry_after


def wrong(name: str, fault: str, cause: Cause | None = None) -> Refusal:
    """INVALID_PARAMETER for a parameter. Its name is a known one, never a name that was sent."""
    return Refusal(Code.INVALID_PARAMETER, cause, parameter=name, detail=fault)


class HashRefused(ReticketError, ValueError):
    """A hash of a password has no known form, is damaged, or costs too much. The message is the
    reason, without the hash.
    """

    code = Code.INVALID_PARAMETER


class Unavailable(ReticketError):
    """A store, the directory or a pool could not answer. Nothing was refused and nothing used up.

    Args:
        reason: for the log; never sent to the caller.
        retry_after: seconds.
    """

    code = Code.UNAVAILABLE

    def __init__(self, reason: str, retry_after: int = 1) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class StartupError(ReticketError):
    """The service cannot start; the message is one clear sentence for the operator."""


class SettingError(StartupError):
    """A setting is unknown or has a bad value; the message names the key and what is accepted."""
