"""Client ID metadata documents (draft-ietf-oauth-client-id-metadata-document-01). Pure.

The id of such a client is the https URL of its metadata, and these metadata name that very URL.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from reticket.oauth.client_metadata import (
    LONGEST_METADATA,
    NONE,
    ClientMetadata,
    MetadataFault,
    registration_from,
)
from reticket.oauth.self_registration import (
    DOCUMENT,
    REGISTERED_BY,
    DocumentRules,
    RegistrationRules,
)

ACCEPT = ("application/json", "+json")
"""Media types of a document (§4.1)."""

LONGEST_ID = 255
"""Characters of a client id, as the directory has them."""

_SCHEME = "https://"
_VISIBLE = re.compile(r"[!-~]+")
_DOTS = frozenset({".", ".."})
_SECRETS = ("client_secret", "client_secret_expires_at")


class _Document(ClientMetadata, frozen=True, kw_only=True):
    """§4.1: the metadata, the URL itself, and what a document must not have."""

    client_id: str
    client_secret: Any = UNSET
    client_secret_expires_at: Any = UNSET


def is_document_id(client_id: str) -> bool:
    """Whether a client id is the URL of a document."""
    return client_id.startswith(_SCHEME)


def host_of(client_id: str) -> str:
    """The host of a document, as people are shown it."""
    return urlsplit(client_id).hostname or ""


def id_fault(client_id: str, rules: DocumentRules) -> str | None:
    """A sentence why no client can have this URL as its id (§3), or None."""
    parts = _split(client_id)
    if parts is None or len(client_id) > LONGEST_ID or not _VISIBLE.fullmatch(client_id):
        return f"client_id must be a URL of at most {LONGEST_ID} visible characters."
    if "@" in parts.netloc or "#" in client_id or "\\" in client_id:
        return "client_id must have neither user information nor a fragment."
    if not parts.path or any(unquote(each) in _DOTS for each in parts.path.split("/")):
        return "client_id must have a path, without the segments . and .. in it."
    if rules.hosts and (parts.hostname or "").rstrip(".") not in rules.hosts:
        return "The host of client_id is not allowed here."
    return None


def is_document_of(client_id: str, rules: RegistrationRules, body: bytes) -> bool:
    """Whether the bytes describe the client. No others may be cached (§4.4)."""
    try:
        registration_of_document(client_id, body, rules)
    except MetadataFault:
        return False
    return True


def registration_of_document(
    client_id: str, body: bytes, rules: RegistrationRules
) -> Mapping[str, Any]:
    """The registration of the client whose document has these bytes. MetadataFault.

    PKCE stays required, also for a client that authenticates.
    """
    document = _read(client_id, body)
    metadata = replace(
        document,
        token_endpoint_auth_method=document.token_endpoint_auth_method or NONE,
        client_name=document.client_name or host_of(client_id),
    )
    registration = {**registration_from(metadata, rules), REGISTERED_BY: DOCUMENT}
    return {name: value for name, value in registration.items() if name != "pkce"}


def _read(client_id: str, body: bytes) -> _Document:
    if len(body) > LONGEST_METADATA:
        raise _invalid(f"it is longer than {LONGEST_METADATA} bytes")
    try:
        document = msgspec.json.decode(body, type=_Document)
    except msgspec.ValidationError as error:
        raise _invalid(f"it is not valid: {error}") from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise _invalid("it is no JSON") from None
    if document.client_id != client_id:
        raise _invalid("its client_id is not the URL of the document")
    if any(getattr(document, name) is not UNSET for name in _SECRETS):
        raise _invalid("it has a secret, which nobody can share with it")
    _expect_no_shared_secret(document)
    return document


def _expect_no_shared_secret(document: _Document) -> None:
    method = document.token_endpoint_auth_method
    if method is not UNSET and str(method).startswith("client_secret"):
        raise _invalid("its token_endpoint_auth_method needs a shared secret")


def _invalid(fault: str) -> MetadataFault:
    return MetadataFault("invalid_client_metadata", f"The metadata document is refused: {fault}.")


def _split(client_id: str) -> SplitResult | None:
    try:
        parts = urlsplit(client_id)
        return parts if parts.hostname and parts.port != 0 else None
    except ValueError:
        return None
